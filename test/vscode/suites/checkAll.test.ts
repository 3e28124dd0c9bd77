import { assert } from "chai";
import { ConfigurationTarget, commands, languages, type TextDocument, Uri, window, workspace } from "vscode";
import { diagnosticsWhen, hotConfig, replace } from "../documents.ts";

describe("Check All Configs in Workspace in VS Code", () => {
  const folder = () => Uri.joinPath(workspace.workspaceFolders?.[0]?.uri ?? Uri.file("/nowhere"), "checked");
  const file = (name: string) => Uri.joinPath(folder(), name);
  const write = (name: string, text: string) => workspace.fs.writeFile(file(name), new TextEncoder().encode(text));
  const findings = (name: string) =>
    languages
      .getDiagnostics(file(name))
      .filter(({ source }) => source === "fine-tune-lens")
      .map(({ message }) => message);

  const check = async (): Promise<TextDocument> => {
    await commands.executeCommand("fineTuneLens.checkAll");
    const document = window.activeTextEditor?.document;
    assert.equal(document?.languageId, "markdown");
    return document as TextDocument;
  };

  before(async () => {
    await write("hot.yaml", hotConfig);
    await write("right.yaml", hotConfig.replace("2e-4", "2e-5"));
    await write("hidden/hot.yaml", hotConfig);
    await write("service.yaml", "kind: Service\nlearning_rate: none of your business\n");
    await write("linked.yaml", `${hotConfig.replace("2e-4", "2e-5")}deepspeed: ds.json\n`);
    await write("ds.json", '{ "zero_optimization": { "stage": 3 }, "train_micro_batch_size_per_gpu": "auto" }');
    const exclude = { "**/hidden": true };
    await workspace.getConfiguration("search").update("exclude", exclude, ConfigurationTarget.Workspace);
  });

  after(async () => {
    await workspace.getConfiguration("search").update("exclude", undefined, ConfigurationTarget.Workspace);
    await commands.executeCommand("workbench.action.closeAllEditors");
    await workspace.fs.delete(folder(), { recursive: true });
  });

  it("shows the findings of files that nobody has open, and sums up, the worst first", async () => {
    const text = (await check()).getText();
    assert.match(findings("hot.yaml").join(), /^2e-4 is 10 times the usual rate/);
    assert.deepEqual(findings("right.yaml"), []);
    const rows = text.split("\n").filter((line) => line.includes("checked/"));
    assert.match(
      rows[0] ?? "",
      /^\| \[checked\/hot\.yaml\]\(<checked\/hot\.yaml>\) \| LLaMA-Factory \| .* GiB per GPU .* \| 1 warning \|/,
    );
    assert.lengthOf(rows, 4);
    assert.match(text, /^\d+ training configs in \d+ files: 0 with errors, \d+ with warnings, \d+ with neither\.$/m);
  });

  it("leaves out what the settings exclude from search, and files that train nothing", async () => {
    const text = (await check()).getText();
    assert.notInclude(text, "hidden");
    assert.notInclude(text, "service");
  });

  it("reads linked files to the end before it judges", async () => {
    const text = (await check()).getText();
    const [row = ""] = text.split("\n").filter((line) => line.includes("linked"));
    assert.notInclude(row, "neither beside this file");
    assert.match(row, /\| – \|/);
  });

  it("keeps the findings of a file that is opened, mended and closed up to date", async () => {
    await check();
    const document = await workspace.openTextDocument(file("hot.yaml"));
    const editor = await window.showTextDocument(document);
    await diagnosticsWhen(document.uri, ({ length }) => length === 1);
    await replace(editor, "2e-4", "2e-5");
    await document.save();
    await diagnosticsWhen(document.uri, ([finding]) => finding === undefined);
    await commands.executeCommand("workbench.action.closeActiveEditor");
    assert.deepEqual(findings("hot.yaml"), []);
    await write("hot.yaml", hotConfig);
  });
});
