import { assert } from "chai";
import { commands, DiagnosticSeverity, type DocumentLink, Uri, window, workspace } from "vscode";
import { diagnosticsWhen, hoverTexts, hoverTextWhen, positionOf } from "../documents.ts";

const config = `model_name_or_path: meta-llama/Llama-2-7b-hf
stage: sft
finetuning_type: full
deepspeed: linked/ds_config.json
cutoff_len: 2048
per_device_train_batch_size: 1
learning_rate: 1e-5
bf16: true
`;

const zero = (stage: number) => JSON.stringify({ zero_optimization: { stage } });

describe("linked files in VS Code", () => {
  const folder = () => workspace.workspaceFolders?.[0]?.uri ?? Uri.file("/nowhere");
  const linked = () => Uri.joinPath(folder(), "linked", "ds_config.json");
  const write = (uri: Uri, text: string) => workspace.fs.writeFile(uri, new TextEncoder().encode(text));
  const openConfig = async () => {
    const uri = Uri.joinPath(folder(), "linked", "sft.yaml");
    await write(uri, config);
    return (await window.showTextDocument(await workspace.openTextDocument(uri))).document;
  };

  afterEach(async () => {
    await commands.executeCommand("workbench.action.closeAllEditors");
    await workspace.fs.delete(Uri.joinPath(folder(), "linked"), { recursive: true });
  });

  it("that are missing are said as information and in the hover, until they are there", async () => {
    const document = await openConfig();
    const [finding] = await diagnosticsWhen(document.uri, ({ length }) => length === 1);
    assert.equal(finding?.severity, DiagnosticSeverity.Information);
    assert.equal(document.getText(finding?.range), "linked/ds_config.json");
    const [hover = ""] = await hoverTexts(document.uri, positionOf(document, "linked/"));
    assert.include(hover, "neither beside this file nor in the workspace");
    await write(linked(), zero(3));
    await diagnosticsWhen(document.uri, ({ length }) => length === 0);
    await hoverTextWhen(document, "deepspeed", /is read together with this file\n\n.*ZeRO\\-3/);
  });

  it("refresh the config as they change, in an editor before they are saved and on the disk", async () => {
    await write(linked(), zero(3));
    const document = await openConfig();
    await hoverTextWhen(document, "deepspeed", /ZeRO\\-3/);
    await hoverTextWhen(document, "deepspeed", /ZeRO\\-2/, () => write(linked(), zero(2)));
    const editor = await window.showTextDocument(await workspace.openTextDocument(linked()));
    const stage = positionOf(editor.document, "2", 0);
    await editor.edit((edit) => edit.insert(stage, "1"));
    await editor.edit((edit) => edit.delete(editor.document.getWordRangeAtPosition(stage) ?? editor.selection));
    await editor.edit((edit) => edit.insert(stage, "1"));
    assert.isTrue(editor.document.isDirty);
    await hoverTextWhen(document, "deepspeed", /ZeRO\\-1/);
    await commands.executeCommand("workbench.action.files.revert");
    await hoverTextWhen(document, "deepspeed", /ZeRO\\-2/);
  });

  it("open with a click on their path", async () => {
    await write(linked(), zero(3));
    const document = await openConfig();
    await hoverTextWhen(document, "deepspeed", /ZeRO\\-3/);
    const links = await commands.executeCommand<readonly DocumentLink[]>("vscode.executeLinkProvider", document.uri);
    const ours = links.filter(({ range }) => document.getText(range) === "linked/ds_config.json");
    assert.deepEqual(
      ours.map(({ target }) => target?.toString()),
      [linked().toString()],
    );
  });

  it("are not read outside the workspace", async () => {
    const uri = Uri.joinPath(folder(), "linked", "outside.yaml");
    await write(uri, config.replace("linked/ds_config.json", "../../outside.json"));
    const { document } = await window.showTextDocument(await workspace.openTextDocument(uri));
    const [finding] = await diagnosticsWhen(document.uri, ({ length }) => length === 1);
    assert.equal(document.getText(finding?.range), "../../outside.json");
  });
});
