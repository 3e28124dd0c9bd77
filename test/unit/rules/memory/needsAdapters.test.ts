import assert from "node:assert/strict";
import { gibibyte } from "../../../../src/core/units.ts";
import { analysisOf } from "../../analysis.ts";
import { gpuOf } from "../gpuOf.ts";
import { trlWith } from "../severities.ts";

/**
 * 6.74 billion weights are 12.6 GiB in 16 bits and 3.1 GiB in 4: full fine-tuning with gradients and 8-bit states takes 38 GiB and more,
 * LoRA 13 GiB and more, QLoRA a third of that.
 */
const axolotl = (...lines: readonly string[]) =>
  ["base_model: NousResearch/Llama-2-7b-hf", "sequence_len: 1024", "micro_batch_size: 4", "bf16: true", ...lines].join(
    "\n",
  );

/** What is said to fit on so many GPUs of this size. */
function adaptersFor(text: string, gibibytes: number, count = 1): string | undefined {
  const { findings } = analysisOf(text, { target: { gpu: gpuOf(gibibytes * gibibyte), count } });
  const found = findings.find(({ rule }) => rule === "memory/needs-adapters");
  return found && (/; (\w+) takes [\d.]+ GiB/.exec(found.message)?.[1] ?? found.message);
}

describe("memory/needs-adapters", () => {
  it("says which adapters fit where full fine-tuning does not whatever is done", () => {
    assert.equal(adaptersFor(axolotl(), 30), "LoRA");
    assert.equal(adaptersFor(axolotl(), 12), "QLoRA");
    assert.equal(adaptersFor(axolotl(), 3), undefined);
    assert.equal(adaptersFor(axolotl(), 60), undefined);
    // AdamW's own states are 25 GiB in 16 bits, which 8 bits halve.
    assert.equal(adaptersFor(axolotl("optimizer: adamw_torch"), 45), undefined);
  });

  it("counts all GPUs that there are, over which states may be sharded", () => {
    assert.equal(adaptersFor(axolotl(), 30, 2), undefined);
    assert.equal(adaptersFor(axolotl(), 15, 2), "LoRA");
    assert.equal(adaptersFor(axolotl(), 15, 8), undefined);
  });

  it("is silent about adapters, pretraining and reinforcement learning", () => {
    assert.equal(adaptersFor(axolotl("adapter: lora", "lora_r: 8", "lora_target_linear: true"), 12), undefined);
    assert.equal(adaptersFor(trlWith(""), 30), "LoRA");
    assert.equal(
      adaptersFor(trlWith("num_generations: 8\nmax_prompt_length: 512\nmax_completion_length: 512"), 30),
      undefined,
    );
    const oumi = (
      loads: boolean,
    ) => `model: { model_name: meta-llama/Llama-2-7b-hf, load_pretrained_weights: ${loads}, model_max_length: 1024 }
training: { trainer_type: TRL_SFT, per_device_train_batch_size: 4, learning_rate: 1.0e-5 }
`;
    assert.equal(adaptersFor(oumi(true), 30), "LoRA");
    assert.equal(adaptersFor(oumi(false), 30), undefined);
  });
});
