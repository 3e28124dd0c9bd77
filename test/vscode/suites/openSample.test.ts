import { assert } from "chai";
import { commands, type TextDocument, window } from "vscode";
import { samples } from "../../../src/features/openSample.ts";
import { diagnosticsWhen, hoverTexts, open, panels, panelTab, positionOf, takeFirst } from "../documents.ts";

describe("Open Sample Config in VS Code", () => {
  afterEach(async () => {
    await window.tabGroups.close(panels());
    await commands.executeCommand("workbench.action.closeQuickOpen");
  });

  const opened = async (path: string): Promise<TextDocument> => {
    await commands.executeCommand("fineTuneLens.openSample", path);
    const document = window.activeTextEditor?.document;
    assert.isTrue(document?.isUntitled, path);
    return document as TextDocument;
  };

  /** What decides the micro batch in the framework of each sample. */
  const microBatch =
    /(?<=^|\s|")(?:per_device_train_batch_size|train_micro_batch_size_per_gpu|micro_batch_size|batch_size)\b/m;

  for (const path of samples) {
    it(`opens ${path} as a document of its language, and says what it needs`, async () => {
      const document = await opened(path);
      assert.equal(document.languageId, path.endsWith(".json") ? "json" : "yaml");
      const [key = ""] = microBatch.exec(document.getText()) ?? [];
      const [hover = ""] = await hoverTexts(document.uri, positionOf(document, key));
      assert.match(hover, /^\*\*\d+\\\.\d+ GiB per GPU · /);
    });
  }

  it("has one whose rate is too high, with the usual rate as the fix", async () => {
    const document = await opened("llama-factory/llama3_8b_full_sft.yaml");
    const [finding] = await diagnosticsWhen(document.uri, ({ length }) => length > 0);
    assert.equal(document.getText(finding?.range), "2.0e-4");
  });

  it("plots the sample that is open", async () => {
    await opened("trl/sft_smollm2_360m.yaml");
    await commands.executeCommand("fineTuneLens.plotSchedule");
    assert.equal((await panelTab()).label, "Fine-Tune Lens");
  });

  it("lets the user pick one where no link names it", async () => {
    const { document: before } = await open("on: push\n");
    await takeFirst("fineTuneLens.openSample");
    const document = window.activeTextEditor?.document;
    assert.notEqual(document, before);
    assert.include(document?.getText(), "meta-llama/Meta-Llama-3-8B-Instruct");
  });
});
