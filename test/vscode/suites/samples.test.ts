import { assert } from "chai";
import { commands, type TextDocument, Uri, window, workspace } from "vscode";
import { hoverTextWhen } from "../documents.ts";

const config = `base_model: meta-llama/Llama-2-7b-hf
datasets:
  - path: counted/train.jsonl
    type: completion
micro_batch_size: 2
gradient_accumulation_steps: 4
num_epochs: 3
learning_rate: 2e-5
`;

describe("the samples of a run in VS Code", () => {
  const folder = () => Uri.joinPath(workspace.workspaceFolders?.[0]?.uri ?? Uri.file("/nowhere"), "counted");
  const writeSamples = (count: number) =>
    workspace.fs.writeFile(
      Uri.joinPath(folder(), "train.jsonl"),
      new TextEncoder().encode('{"text": "a"}\n'.repeat(count)),
    );
  let document: TextDocument;

  beforeEach(async () => {
    await writeSamples(1001);
    const uri = Uri.joinPath(folder(), "full.yml");
    await workspace.fs.writeFile(uri, new TextEncoder().encode(config));
    ({ document } = await window.showTextDocument(await workspace.openTextDocument(uri)));
  });

  afterEach(async () => {
    await commands.executeCommand("workbench.action.closeAllEditors");
    await workspace.fs.delete(folder(), { recursive: true });
  });

  it("are counted in the file that the config names, and again when it changes", async () => {
    // ⌈3 · 1001/8⌉ = 376 updates, of which an epoch has ⌈1001/8⌉ = 126.
    await hoverTextWhen(
      document,
      "num_epochs",
      /376 updates \\\(126 per epoch of 1,001 samples, counted in counted\/train/,
    );
    await hoverTextWhen(document, "num_epochs", /30 updates \\\(10 per epoch of 80 samples/, () => writeSamples(80));
  });

  it("are what the hover's link leads to", async () => {
    const hover = await hoverTextWhen(document, "num_epochs", /376 updates/);
    assert.include(hover, "[Set Dataset Size…](command:fineTuneLens.setDatasetSize?");
  });
});
