import assert from "node:assert/strict";
import { analysisOf, answered } from "../analysis.ts";

const axolotl = (model: string, keys: string) =>
  `base_model: ${model}\nmicro_batch_size: 1\nlearning_rate: 1e-4\n${keys}`;
const trainable = (model: string, keys: string) => answered(analysisOf(axolotl(model, keys)).trainable);

describe("the parameters that a run trains", () => {
  it("are all of them in full fine-tuning", () => {
    assert.equal(trainable("meta-llama/Llama-2-7b-hf", ""), 6_738_415_616);
  });

  it("are those of PEFT's own targets where the config names none", () => {
    // 32 layers, q and v: 2 · 8 · (4096 + 4096)
    assert.equal(trainable("meta-llama/Llama-2-7b-hf", "adapter: lora\nlora_r: 8\nlora_alpha: 16\n"), 4_194_304);
  });

  it("count on models of any shape, whose memory is not known: GPT-2's fused c_attn", () => {
    // 12 layers of 8 · (768 + 2304)
    const keys = "adapter: lora\nlora_r: 8\nlora_alpha: 16\nlora_target_modules: [c_attn]\n";
    assert.equal(trainable("gpt2", keys), 294_912);
  });

  it("include the modules that are trained in full beside the adapters", () => {
    // 128,256 · 4096 each for embeddings and output layer
    const keys = "adapter: lora\nlora_r: 8\nlora_alpha: 16\nlora_target_modules: [q_proj, v_proj]\n";
    const model = "meta-llama/Meta-Llama-3-8B";
    const alone = trainable(model, keys);
    assert.equal(alone, 32 * 8 * (4096 + 4096 + 4096 + 1024));
    assert.equal(trainable(model, `${keys}lora_modules_to_save: [embed_tokens, lm_head]\n`) - alone, 2 * 525_336_576);
  });

  it("are unknown, with the reason, where the rank or the model is", () => {
    const { trainable: rankless } = analysisOf(axolotl("gpt2", "adapter: lora\n"));
    assert.ok("reason" in rankless && /LoRA rank/.test(rankless.reason));
    const { trainable: nameless } = analysisOf(axolotl("my-org/x", ""));
    assert.ok("reason" in nameless && /my-org\/x/.test(nameless.reason));
  });
});
