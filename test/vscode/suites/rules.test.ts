import { assert } from "chai";
import {
  type CodeAction,
  CodeActionKind,
  ConfigurationTarget,
  commands,
  DiagnosticSeverity,
  type TextDocument,
  workspace,
} from "vscode";
import { diagnosticsWhen, hotConfig, open } from "../documents.ts";

const setting = "fineTuneLens.rules";

async function actionsOf(document: TextDocument, kind: string): Promise<readonly CodeAction[]> {
  const [finding] = await diagnosticsWhen(document.uri, ({ length }) => length === 1);
  return commands.executeCommand("vscode.executeCodeActionProvider", document.uri, finding?.range, kind);
}

async function take(document: TextDocument, title: string): Promise<void> {
  const action = (await actionsOf(document, "quickfix")).find((offered) => offered.title === title);
  assert.isOk(action, `nobody offers "${title}"`);
  if (action?.edit) await workspace.applyEdit(action.edit);
  const { command, arguments: values = [] } = action?.command ?? {};
  if (command) await commands.executeCommand(command, ...values);
}

describe("rules in VS Code", () => {
  afterEach(async () => {
    for (const name of ["enabled", "severity"]) {
      await workspace.getConfiguration(setting).update(name, undefined, ConfigurationTarget.Workspace);
    }
    await commands.executeCommand("workbench.action.closeAllEditors");
  });

  it("have the severity that the settings give them, at once", async () => {
    const { document } = await open(hotConfig);
    await diagnosticsWhen(document.uri, ([finding]) => finding?.severity === DiagnosticSeverity.Warning);
    const settings = workspace.getConfiguration(setting);
    await settings.update("severity", { "lr/too-high": "error" }, ConfigurationTarget.Workspace);
    await diagnosticsWhen(document.uri, ([finding]) => finding?.severity === DiagnosticSeverity.Error);
    await settings.update("severity", { "lr/too-high": "off" }, ConfigurationTarget.Workspace);
    await diagnosticsWhen(document.uri, ({ length }) => length === 0);
  });

  it("are all off by one switch", async () => {
    const { document } = await open(hotConfig);
    await diagnosticsWhen(document.uri, ({ length }) => length === 1);
    await workspace.getConfiguration(setting).update("enabled", false, ConfigurationTarget.Workspace);
    await diagnosticsWhen(document.uri, ({ length }) => length === 0);
  });

  it("are silenced for a line by a comment that the light bulb writes, and one undo brings them back", async () => {
    const { document } = await open(hotConfig);
    await take(document, "Ignore lr/too-high on this line");
    const comment = "# fine-tune-lens-ignore lr/too-high\n";
    assert.equal(document.getText(), hotConfig.replace("learning_rate", `${comment}learning_rate`));
    await diagnosticsWhen(document.uri, ({ length }) => length === 0);
    await commands.executeCommand("undo");
    assert.equal(document.getText(), hotConfig);
    await diagnosticsWhen(document.uri, ({ length }) => length === 1);
  });

  it("are silenced for a file", async () => {
    const { document } = await open(hotConfig);
    await take(document, "Ignore lr/too-high in this file");
    assert.equal(document.getText(), `# fine-tune-lens-ignore-file lr/too-high\n${hotConfig}`);
    await diagnosticsWhen(document.uri, ({ length }) => length === 0);
  });

  it("are switched off in the settings from JSON, which has no comments", async () => {
    const json =
      '{\n  "model_name_or_path": "meta-llama/Llama-2-7b-hf",\n  "learning_rate": 2e-4,\n  "warmup_steps": 10,\n  "block_size": 512\n}\n';
    const { document } = await open(json, "json");
    await take(document, "Switch off lr/too-high in the settings");
    assert.deepEqual(workspace.getConfiguration(setting).get("severity"), { "lr/too-high": "off" });
    assert.equal(document.getText(), json);
    await diagnosticsWhen(document.uri, ({ length }) => length === 0);
  });

  it("fix nothing by themselves that changes the experiment", async () => {
    const { document } = await open(hotConfig);
    const { value } = CodeActionKind.SourceFixAll.append("fineTuneLens");
    assert.deepEqual(await actionsOf(document, value), []);
  });
});
