import { assert } from "chai";
import { type CodeAction, commands, workspace } from "vscode";
import {
  diagnosticsWhen,
  hintLabels,
  hotConfig,
  hoverTexts,
  open,
  panelTab,
  positionOf,
  testedExtension,
} from "../documents.ts";

/** The command of VS Code that shows the extension's log, which is made when all of it is loaded. */
const showLog = /^workbench\.action\.output\.show\..*\.Fine-Tune Lens(?:\.log)?$/;

describe("the extension in this host", () => {
  const isLoaded = async () => (await commands.getCommands(true)).some((id) => showLog.test(id));

  it("runs no more than its first lines for a YAML file that trains nothing, and all of it for the first config", async () => {
    await open("services:\n  web:\n    image: nginx\n");
    const extension = testedExtension();
    await extension?.activate();
    assert.isTrue(extension?.isActive);
    assert.isFalse(await isLoaded());
    await open(hotConfig);
    while (!(await isLoaded()));
  });

  it("hovers, hints, warns and fixes", async () => {
    const { document } = await open(hotConfig);
    const [hover = ""] = await hoverTexts(document.uri, positionOf(document, "learning_rate"));
    assert.include(hover, "GiB per GPU");
    assert.lengthOf(await hintLabels(document), 3);
    const [warning] = await diagnosticsWhen(document.uri, ({ length }) => length === 1);
    const actions = await commands.executeCommand<readonly CodeAction[]>(
      "vscode.executeCodeActionProvider",
      document.uri,
      warning?.range,
      "quickfix",
    );
    const fix = actions.find(({ isPreferred }) => isPreferred);
    assert.equal(fix?.title, "Set learning_rate to 2e-5 (usual for full fine-tuning)");
    if (fix?.edit) await workspace.applyEdit(fix.edit);
    assert.equal(document.getText(), hotConfig.replace("2e-4", "2e-5"));
  });

  it("opens the panel", async () => {
    await open(hotConfig);
    await commands.executeCommand("fineTuneLens.plotSchedule");
    assert.equal((await panelTab()).label, "Fine-Tune Lens");
  });
});
