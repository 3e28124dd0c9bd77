import { assert } from "chai";
import { ConfigurationTarget, workspace } from "vscode";
import { hintLabels, hotConfig, open } from "../documents.ts";

describe("inlay hints in VS Code", () => {
  const settings = () => workspace.getConfiguration("fineTuneLens.inlayHints");

  it("show parameters, memory per GPU and the effective batch behind their values", async () => {
    const { document } = await open(hotConfig);
    const labels = await hintLabels(document);
    assert.lengthOf(labels, 3);
    assert.equal(labels[0], "model_name_or_path: meta-llama/Llama-2-7b-hf → 6.74B");
    assert.match(labels[1] ?? "", /^per_device_train_batch_size: 1 → \d+\.\d GiB per GPU$/);
    assert.equal(labels[2], "gradient_accumulation_steps: 8 → = 8 per update on 1 GPU (assumed)");
  });

  it("show the updates of the run, and those of warmup", async () => {
    const { document } = await open(`${hotConfig}num_train_epochs: 3\nmax_steps: 500\n`);
    const counts = () => hintLabels(document).then((labels) => labels.filter((label) => label.endsWith("updates")));
    // 3 % of 500 updates are 15.
    assert.sameMembers(
      [...(await counts())],
      ["num_train_epochs: 3 → = 500 updates", "warmup_ratio: 0.03 → = 15 updates"],
    );
    try {
      await settings().update("steps", false, ConfigurationTarget.Global);
      assert.deepEqual(await counts(), ["warmup_ratio: 0.03 → = 15 updates"]);
      await settings().update("warmupSteps", false, ConfigurationTarget.Global);
      assert.deepEqual(await counts(), []);
    } finally {
      await settings().update("steps", undefined, ConfigurationTarget.Global);
      await settings().update("warmupSteps", undefined, ConfigurationTarget.Global);
    }
  });

  for (const [setting, left] of [
    ["parameters", 2],
    ["memory", 2],
    ["effectiveBatch", 2],
    ["enabled", 0],
  ] as const) {
    it(`are fewer when ${setting} is switched off`, async () => {
      const { document } = await open(hotConfig);
      try {
        await settings().update(setting, false, ConfigurationTarget.Global);
        assert.lengthOf(await hintLabels(document), left);
      } finally {
        await settings().update(setting, undefined, ConfigurationTarget.Global);
      }
      assert.lengthOf(await hintLabels(document), 3);
    });
  }
});
