import { ConfigurationTarget, commands, type TextDocument, Uri, window, workspace } from "vscode";
import { hoverTextWhen } from "../documents.ts";

const config = `model_name_or_path: meta-llama/Llama-2-7b-hf
train_file: pinned/train.jsonl
per_device_train_batch_size: 2
gradient_accumulation_steps: 4
num_train_epochs: 3
learning_rate: 2e-5
`;

/** ⌈1001/2⌉ = 501 batches; since transformers 4.52 ⌈501/4⌉ = 126 updates in each of three epochs, before ⌊501/4⌋ = 125. */
const newer = /378 updates/;
const older = /375 updates/;

describe("the releases of the libraries in VS Code", () => {
  const root = () => workspace.workspaceFolders?.[0]?.uri ?? Uri.file("/nowhere");
  const folder = () => Uri.joinPath(root(), "pinned");
  const write = (uri: Uri, text: string) => workspace.fs.writeFile(uri, new TextEncoder().encode(text));
  const requirements = () => Uri.joinPath(root(), "requirements.txt");
  const settings = () => workspace.getConfiguration("fineTuneLens");
  const updates = (pattern: RegExp) => hoverTextWhen(document, "num_train_epochs", pattern);
  let document: TextDocument;

  beforeEach(async () => {
    await write(Uri.joinPath(folder(), "train.jsonl"), '{"text": "a"}\n'.repeat(1001));
    const uri = Uri.joinPath(folder(), "full.yml");
    await write(uri, config);
    ({ document } = await window.showTextDocument(await workspace.openTextDocument(uri)));
  });

  afterEach(async () => {
    await settings().update("versions", undefined, ConfigurationTarget.Workspace);
    await commands.executeCommand("workbench.action.closeAllEditors");
    await workspace.fs.delete(folder(), { recursive: true });
  });

  it("are those that the workspace pins, the nearest first, and follow the files as they change", async () => {
    await updates(newer);
    await write(requirements(), "transformers==4.48.1\n");
    await updates(older);
    await write(Uri.joinPath(folder(), "pyproject.toml"), 'dependencies = ["transformers==4.57.1"]\n');
    await updates(newer);
    await workspace.fs.delete(Uri.joinPath(folder(), "pyproject.toml"));
    await updates(older);
    await workspace.fs.delete(requirements());
    await updates(newer);
  });

  it("are those of the setting first", async () => {
    await write(requirements(), "transformers==4.57.1\n");
    await updates(newer);
    await settings().update("versions", { transformers: "4.48.1" }, ConfigurationTarget.Workspace);
    await updates(older);
    await workspace.fs.delete(requirements());
    await updates(older);
    await settings().update("versions", undefined, ConfigurationTarget.Workspace);
    await updates(newer);
  });
});
