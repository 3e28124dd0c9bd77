import { assert } from "chai";
import { commands, window } from "vscode";
import { hotConfig, open } from "../documents.ts";

/** Runs the command, takes ξ as it stands, and of what is offered then what comes first. */
async function preview(): Promise<void> {
  let done = false;
  const command = Promise.resolve(commands.executeCommand("fineTuneLens.previewDiscriminativeRates")).finally(() => {
    done = true;
  });
  while (!done) await commands.executeCommand("workbench.action.acceptSelectedQuickOpenItem");
  await command;
}

describe("Preview Discriminative Rates in VS Code", () => {
  it("shows a rate for each layer of the config's model as Markdown", async () => {
    await open(hotConfig);
    await preview();
    const { languageId, getText } = window.activeTextEditor?.document ?? assert.fail();
    assert.equal(languageId, "markdown");
    // 2e-4 / 2.6
    assert.match(getText(), /^\| block 31 \| 202,383,360 \| 7\.69e-5 \| 38\.5 % \|$/m);
    assert.include(getText(), '    "model.layers.31.": 7.692307692e-5,\n');
  });

  it("opens nothing where the layers of the model are not known", async () => {
    const { document } = await open(hotConfig.replace("meta-llama/Llama-2-7b-hf", "my-org/unknown"));
    await commands.executeCommand("fineTuneLens.previewDiscriminativeRates");
    assert.equal(window.activeTextEditor?.document, document);
    await commands.executeCommand("notifications.clearAll");
  });
});
