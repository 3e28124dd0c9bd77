import { Uri, window, workspace } from "vscode";
import { hoverTextWhen } from "../documents.ts";
import { configFor, folder, tiny, tinyParameters, write } from "../tinyModel.ts";

describe("models in VS Code", () => {
  it("are read from a config.json in the workspace, and again when it changes", async () => {
    const file = Uri.joinPath(folder(), "own-tiny", "config.json");
    await write(file, tiny);
    const uri = Uri.joinPath(folder(), "own-model.yaml");
    await write(uri, configFor("./own-tiny"));
    const { document } = await window.showTextDocument(await workspace.openTextDocument(uri));
    await hoverTextWhen(document, "model_name_or_path", new RegExp(`${tinyParameters}.*its config.*json`));
    const deeper = tiny.replace('"num_hidden_layers":2', '"num_hidden_layers":4');
    // 131,328 more.
    await hoverTextWhen(document, "model_name_or_path", /390,720 parameters/, () => write(file, deeper));
    await workspace.fs.delete(uri);
  });
});
