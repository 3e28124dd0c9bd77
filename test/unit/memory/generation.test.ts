import assert from "node:assert/strict";
import { estimateMemory } from "../../../src/core/memory/estimate.ts";
import { generationMoment } from "../../../src/core/memory/generation.ts";
import { analysisOf, answered } from "../analysis.ts";
import { findArchitecture } from "../builtIn.ts";

const grpo = `model_name_or_path: Qwen/Qwen2.5-0.5B
num_generations: 8
per_device_train_batch_size: 8
gradient_accumulation_steps: 4
max_prompt_length: 512
max_completion_length: 1536
dtype: bfloat16
bf16: false
learning_rate: 1e-6
`;
const runOf = (lines: string) => answered(analysisOf(grpo + lines).run);

describe("the memory of GRPO", () => {
  it("holds keys and values of all answers that the model generates at once, and a token's logits", () => {
    // 24 blocks with two heads of 64 for keys and for values, 2 bytes each; 8 × 4 sequences of 2,048 tokens; 151,936 tokens known.
    const { activations, logits, buffers } = generationMoment(runOf(""));
    assert.equal(activations, 32 * 2048 * 24 * 2 * 2 * 64 * 2);
    assert.equal(logits, 32 * 151_936 * (2 + 4));
    assert.equal(buffers, 0);
  });

  it("gathers weights that the GPUs share", () => {
    const { buffers } = generationMoment(runOf("fsdp: full_shard auto_wrap\nnum_processes: 4\n"));
    assert.equal(buffers, 2 * 494_032_768);
  });

  it("may need the most while it generates, when there are no gradients", () => {
    const generates = 4096;
    const { peakAt, components } = estimateMemory({ ...runOf(""), generates });
    assert.equal(peakAt, "generation");
    assert.equal(components.activations, generates * 2048 * 24 * 2 * 2 * 64 * 2);
    assert.equal(components.logits, generates * 151_936 * (2 + 4));
    assert.equal(components.gradients, 0);
  });

  it("holds keys of all heads with latent attention, and none of blocks without attention", () => {
    const cached = (model: string) => {
      const architecture = findArchitecture(model) ?? assert.fail(model);
      return generationMoment({ ...runOf(""), architecture, generates: 1, sequenceLength: 1 }).activations;
    };
    // Keys of 192 and values of 128 in 16 heads of 27 blocks.
    assert.equal(cached("deepseek-ai/DeepSeek-V2-Lite"), 27 * 16 * (192 + 128) * 2);
    // Four of 40 blocks, four heads of 128 for keys and for values.
    assert.equal(cached("ibm-granite/granite-4.0-h-1b"), 4 * 2 * 4 * 128 * 2);
  });

  it("is without generation where vLLM runs as a server", () => {
    assert.equal(runOf("use_vllm: true\nvllm_mode: server\n").generates, 0);
  });

  it("takes logits of the answers only", () => {
    assert.equal(runOf("").lossShare, 0.75);
  });

  it("has a reference model where the distance to it counts", () => {
    assert.equal(runOf("").hasReference, false);
    assert.equal(runOf("beta: 0.04\n").hasReference, true);
    assert.equal(runOf("beta: 0.04\nuse_peft: true\nlora_r: 8\nlora_target_modules: [q_proj]\n").hasReference, false);
  });

  it("takes prompts that nothing cuts to be 512 tokens long, and says so", () => {
    const { sequenceLength } = analysisOf(grpo.replace("max_prompt_length: 512\n", "")).plan;
    assert.deepEqual([sequenceLength.value, sequenceLength.origin], [2048, "assumed"]);
  });
});
