import { assert } from "chai";
import {
  type CodeAction,
  type CodeLens,
  ConfigurationTarget,
  commands,
  type Diagnostic,
  type TextDocument,
  workspace,
} from "vscode";
import { diagnosticsWhen, hotConfig, open, takeFirst } from "../documents.ts";

const settings = () => workspace.getConfiguration("fineTuneLens");

const setGpu = (gpu: string | undefined) => settings().update("gpu", gpu, ConfigurationTarget.Workspace);

const ruleOf = ({ code }: Diagnostic) => (typeof code === "object" ? code.value : code);

const doesNotFit = (found: readonly Diagnostic[]) => found.find((one) => ruleOf(one) === "memory/does-not-fit");

async function lensTitles({ uri }: TextDocument): Promise<readonly string[]> {
  const lenses = await commands.executeCommand<readonly CodeLens[]>("vscode.executeCodeLensProvider", uri);
  return lenses.map(({ command }) => command?.title ?? "");
}

describe("Make It Fit in VS Code", () => {
  afterEach(async () => {
    await commands.executeCommand("workbench.action.closeQuickOpen");
    await commands.executeCommand("notifications.clearAll");
    await settings().update("gpuCount", undefined, ConfigurationTarget.Workspace);
    await setGpu(undefined);
  });

  it("is offered by a light bulb where the run does not fit; the fix makes it fit, and one undo takes it back", async () => {
    const { document } = await open(hotConfig);
    await setGpu("a100-80gb");
    const finding = doesNotFit(await diagnosticsWhen(document.uri, (found) => doesNotFit(found) !== undefined));
    assert.equal(finding && document.getText(finding.range), "1");
    const actions = await commands.executeCommand<readonly CodeAction[]>(
      "vscode.executeCodeActionProvider",
      document.uri,
      finding?.range,
      "quickfix",
    );
    const fixes = actions.filter(({ title }) => title.startsWith("Make it fit: "));
    assert.isNotEmpty(fixes);
    assert.isAtMost(fixes.length, 3);
    for (const { title } of fixes) assert.match(title, / \(\d+\.\d+ GiB\)$/);
    assert.isTrue(actions.some(({ title, command }) => title === "Make It Fit…" && command !== undefined));
    if (fixes[0]?.edit) await workspace.applyEdit(fixes[0].edit);
    assert.notEqual(document.getText(), hotConfig);
    await diagnosticsWhen(document.uri, (found) => doesNotFit(found) === undefined);
    await commands.executeCommand("undo");
    assert.equal(document.getText(), hotConfig);
  });

  it("stands above line 1 while the run does not fit, and only then", async () => {
    const { document } = await open(hotConfig);
    await setGpu("a100-80gb");
    assert.include(await lensTitles(document), "Make It Fit…");
    await setGpu("h200");
    assert.notInclude(await lensTitles(document), "Make It Fit…");
  });

  it("makes the changes that are picked in one undo step", async () => {
    const { document } = await open(hotConfig);
    await setGpu("rtx-4090");
    await takeFirst("fineTuneLens.makeItFit");
    assert.include(document.getText(), "finetuning_type: lora");
    assert.include(document.getText(), "learning_rate: 2e-4   # copied from our LoRA run");
    assert.match((await lensTitles(document))[0] ?? "", /on RTX 4090 · fits/);
    await commands.executeCommand("undo");
    assert.equal(document.getText(), hotConfig);
  });
});
