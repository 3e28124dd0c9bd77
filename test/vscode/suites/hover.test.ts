import { assert } from "chai";
import { hotConfig, hoversAt, hoverTexts, open, positionOf } from "../documents.ts";

describe("the hover in VS Code", () => {
  for (const [key, said] of [
    ["model_name_or_path", "Llama 2\\: 6\\.74B parameters"],
    ["finetuning_type", "Full fine\\-tuning\\: every weight is trained"],
    ["per_device_train_batch_size", "Micro batch 1 × accumulation 8"],
    ["cutoff_len", "2,048 tokens per sequence"],
    ["optim", "8 bytes of state for each of 6\\.74B trainable parameters"],
  ] as const) {
    it(`shows memory per GPU, its breakdown and the GPUs on ${key}`, async () => {
      const { document } = await open(hotConfig);
      const [text = "", ...others] = await hoverTexts(document.uri, positionOf(document, key));
      assert.deepEqual(others, []);
      assert.match(text, /^\*\*\d+\\\.\d GiB per GPU · fits 1× H200 141GB\*\*/);
      // 6,738,415,616 parameters: float32 weights and gradients are 25.1 GiB each, AdamW's two moments 50.2 GiB.
      for (const part of ["Weights **25.1 GiB**", "Gradients **25.1 GiB**", "Optimizer **50.2 GiB**"]) {
        assert.include(text, part);
      }
      assert.include(text, "$(error) A100 80GB from 2×");
      assert.include(text, said);
      assert.include(text, "16 × 7B = 112\\.0 GB");
      assert.include(text, "2048·1·4096·32·12 = 3\\.2 GB");
      assert.include(text, "](command:fineTuneLens.plotSchedule?");
    });
  }

  it("shows the curve of the run and its formula on learning_rate", async () => {
    const { document } = await open(hotConfig);
    const [text = "", ...others] = await hoverTexts(document.uri, positionOf(document, "learning_rate"));
    assert.deepEqual(others, []);
    assert.include(text, "Peak learning rate 2e\\-4; usual here 2e\\-5");
    assert.match(text, /!\[[^\]]*learning rate over the run[^\]]*\]\(data:image\/svg\+xml,/);
    assert.match(text, /`lr\(k\) = P/);
    assert.include(text, "](command:fineTuneLens.plotSchedule?");
    assert.notInclude(text, "Gradients");
  });

  it("highlights the key or the value under the mouse", async () => {
    const { document } = await open(hotConfig);
    for (const text of ["learning_rate", "2e-4"]) {
      const [hover] = await hoversAt(document.uri, positionOf(document, text));
      assert.equal(document.getText(hover?.range), text);
    }
  });

  it("reads JSON of Hugging Face's Trainer too", async () => {
    const json = '{\n  "model_name_or_path": "Qwen/Qwen2.5-0.5B",\n  "block_size": 1024,\n  "learning_rate": 5e-5\n}\n';
    const { document } = await open(json, "json");
    const [text = ""] = await hoverTexts(document.uri, positionOf(document, "Qwen/"));
    assert.match(text, /^\*\*\d+\\\.\d GiB per GPU · fits 1× /);
    assert.include(text, "494M parameters");
  });
});
