import assert from "node:assert/strict";
import { stagesOf } from "../../../src/core/memory/parallel.ts";
import { keptBytes } from "../../../src/core/memory/step.ts";
import { analysisOf, answered } from "../analysis.ts";

/** Llama 3.1 8B and its output layer, 128,256 × 4,096. */
const llama = { parameters: 8_030_261_248, outputLayer: 128_256 * 4096 };

describe("reward models and classifiers", () => {
  const config = (more: string) =>
    `model_name_or_path: meta-llama/Llama-3.1-8B\nlearning_rate: 1e-5\nmax_length: 2048\nper_device_train_batch_size: 2\nbf16: false\ndtype: bfloat16\n${more}`;
  const reward = analysisOf(config("center_rewards_coefficient: 0.01\n"));

  it("have a head of one output in place of the output layer", () => {
    const { components } = answered(reward.memory);
    assert.equal(components.weights, 2 * (llama.parameters - llama.outputLayer));
    assert.equal(reward.trainable.value, llama.parameters - llama.outputLayer);
  });

  it("make no logits of the vocabulary", () => {
    // 4,096 tokens twice, chosen and rejected: one float32 tensor as wide as the vocabulary is 4.2 GB.
    const logits = 4 * 2 * 2 * 2048 * 128_256;
    assert.ok(answered(reward.memory).components.logits < logits / 10);
  });

  it("keep both in LLaMA-Factory, whose value head stands beside the output layer", () => {
    const { memory } = analysisOf(
      "stage: rm\nfinetuning_type: full\nmodel_name_or_path: meta-llama/Llama-3.1-8B\nlearning_rate: 1e-5\ncutoff_len: 2048\nper_device_train_batch_size: 2\npure_bf16: true\n",
    );
    assert.equal(answered(memory).components.weights, 2 * llama.parameters);
  });

  it("compute logits in vain there, which are gone before the backward pass, and train no output layer", () => {
    const analysis = analysisOf(
      "stage: rm\nfinetuning_type: full\nmodel_name_or_path: meta-llama/Llama-3.1-8B\nlearning_rate: 1e-5\ncutoff_len: 2048\nper_device_train_batch_size: 2\npure_bf16: true\n",
    );
    const moments = stagesOf(answered(analysis.run)).flatMap((stage) => stage.moments);
    const most = (phase: string) =>
      Math.max(...moments.filter((each) => each.phase === phase).map(({ logits }) => logits));
    // 8,192 tokens: a 16-bit logit, its float32 copy and the log-softmax.
    const logits = 4 * 2048 * 128_256;
    assert.ok(most("end of the forward pass") >= (2 + 4 + 4) * logits);
    assert.ok(most("loss backward") < logits);
    assert.equal(analysis.trainable.value, llama.parameters - llama.outputLayer);
    assert.equal(answered(analysis.memory).components.optimizer, 4 * (llama.parameters - llama.outputLayer));
  });
});

describe("layers that are trained in place", () => {
  /** One block of Llama 3.1 8B: queries and output, keys and values, the MLP's three matrices, two norms. */
  const block = 2 * 4096 * 4096 + 2 * 4096 * 1024 + 3 * 4096 * 14_336 + 2 * 4096;
  const config = (lines: string) =>
    `stage: sft\nfinetuning_type: freeze\nmodel_name_or_path: meta-llama/Llama-3.1-8B\nlearning_rate: 1e-5\ncutoff_len: 2048\nper_device_train_batch_size: 1\ngradient_accumulation_steps: 8\nbf16: true\n${lines}`;
  const run = (lines: string) => answered(analysisOf(config(lines)).run);

  it("are float32 copies with gradients and states, beside the rest in 16 bits", () => {
    const analysis = analysisOf(config("freeze_trainable_layers: 2\n"));
    assert.equal(analysis.trainable.value, 2 * block);
    const { weights, gradients, optimizer } = answered(analysis.memory).components;
    assert.equal(weights, 2 * llama.parameters + 2 * (2 * block));
    assert.equal(optimizer, 2 * 4 * (2 * block));
    assert.equal(gradients, 4 * (2 * block));
  });

  it("are the last ones, the first ones, or the last of each of equal parts", () => {
    const blocks = (lines: string) => [...(run(lines).adapters?.inPlace ?? [])];
    assert.deepEqual(blocks("freeze_trainable_layers: 2\n"), [30, 31]);
    assert.deepEqual(blocks("freeze_trainable_layers: -2\n"), [0, 1]);
    assert.deepEqual(blocks("freeze_trainable_layers: 8\nuse_llama_pro: true\n"), [3, 7, 11, 15, 19, 23, 27, 31]);
  });

  it("keep inputs for the backward pass, as do those above them, and those below nothing", () => {
    const input = 2048 * 4096 * 2;
    assert.equal(keptBytes(run("freeze_trainable_layers: 2\n")), 2 * input);
    assert.equal(keptBytes(run("freeze_trainable_layers: -2\n")), 32 * input);
    assert.equal(keptBytes(run("freeze_trainable_layers: 8\nuse_llama_pro: true\n")), 29 * input);
    const whole = (layers: number) =>
      keptBytes(run(`freeze_trainable_layers: ${layers}\ndisable_gradient_checkpointing: true\n`));
    assert.equal(whole(4), 2 * whole(2));
  });

  it("are not told where parts of them are trained, or what is outside", () => {
    const reason = (lines: string) => {
      const { memory } = analysisOf(config(lines));
      return memory.value ? "" : memory.reason;
    };
    assert.match(reason("freeze_trainable_modules: mlp\n"), /^which layers are trained is not known: parts of layers/);
    assert.match(reason("freeze_extra_modules: embed_tokens,lm_head\n"), /outside of them/);
  });
});

describe("the experts of a quantised model", () => {
  const config =
    "model_name_or_path: mistralai/Mixtral-8x7B-v0.1\nuse_peft: true\nlora_r: 16\nlora_target_modules: all-linear\nload_in_4bit: true\ndtype: bfloat16\nlearning_rate: 1e-4\nmax_length: 512\nper_device_train_batch_size: 1\n";
  const weights = (transformers: string) => {
    const { memory } = analysisOf(config, { versions: { transformers } });
    return answered(memory).components.weights;
  };
  // 32 blocks of eight experts with three matrices of 4,096 × 14,336.
  const experts = 32 * 8 * 3 * 4096 * 14_336;

  it("were linear layers before transformers 5, in 4 bits with a scale per 64, and are a tensor in 16 bits since", () => {
    assert.equal(weights("5.0.0") - weights("4.57.0"), experts * (2 - (1 / 2 + 4 / 64)));
  });

  it("are quantised by axolotl where the file asks for it", () => {
    const axolotl = (more: string) =>
      answered(
        analysisOf(
          `base_model: mistralai/Mixtral-8x7B-v0.1\nload_in_4bit: true\nadapter: qlora\nlora_r: 16\nlora_target_modules: [q_proj, v_proj]\nsequence_len: 512\nmicro_batch_size: 1\nlearning_rate: 1e-4\nbf16: true\n${more}`,
        ).memory,
      ).components.weights;
    // Axolotl quantises the scales too: a byte per 64 weights and a float32 per 256 of these.
    assert.equal(
      axolotl("") - axolotl("quantize_moe_experts: true\n"),
      experts * (2 - (1 / 2 + 1 / 64 + 4 / (64 * 256))),
    );
  });

  it("are in one tensor then since transformers 5, and linear layers in Llama 4", () => {
    const joins = (model: string, key: string, transformers: string) =>
      answered(
        analysisOf(
          `base_model: ${model}\nload_in_4bit: true\nadapter: qlora\nlora_r: 16\nlora_target_modules: [q_proj]\nsequence_len: 512\nmicro_batch_size: 1\nlearning_rate: 1e-4\nbf16: true\n${key}: true\n`,
          { versions: { transformers } },
        ).run,
      ).quantization?.joinsExperts;
    assert.equal(joins("mistralai/Mixtral-8x7B-v0.1", "quantize_moe_experts", "5.3.0"), true);
    assert.equal(joins("mistralai/Mixtral-8x7B-v0.1", "quantize_moe_experts", "4.57.1"), false);
    assert.equal(joins("mistralai/Mixtral-8x7B-v0.1", "load_in_4bit_again", "5.3.0"), false);
    assert.equal(joins("meta-llama/Llama-4-Scout-17B-16E", "llama4_linearized_experts", "5.3.0"), false);
  });

  it("are linear layers where axolotl makes them such, as in Llama 4", () => {
    const scout = (more: string) =>
      answered(
        analysisOf(
          `base_model: meta-llama/Llama-4-Scout-17B-16E\nload_in_4bit: true\nadapter: qlora\nlora_r: 16\nlora_target_modules: [q_proj]\nsequence_len: 512\nmicro_batch_size: 1\nlearning_rate: 1e-4\nbf16: true\n${more}`,
        ).memory,
      ).components.weights;
    // 48 blocks of 16 experts with three matrices of 5,120 × 8,192.
    const values = 48 * 16 * 3 * 5120 * 8192;
    const saved = values * (2 - (1 / 2 + 1 / 64 + 4 / (64 * 256)));
    assert.equal(scout("") - scout("llama4_linearized_experts: true\n"), saved);
  });
});

describe("what sees in a full run", () => {
  const vision = { whole: 8_292_166_656, tower: 676_550_144 };

  it("is left alone by LLaMA-Factory and ms-swift unless the file says otherwise", () => {
    const llamaFactory = (more: string) =>
      analysisOf(
        `stage: sft\nfinetuning_type: full\nmodel_name_or_path: Qwen/Qwen2.5-VL-7B-Instruct\nlearning_rate: 1e-5\ncutoff_len: 2048\nper_device_train_batch_size: 1\n${more}`,
      ).trainable.value;
    assert.equal(llamaFactory(""), vision.whole - vision.tower);
    assert.equal(llamaFactory("freeze_vision_tower: false\n"), vision.whole);
  });

  it("is trained by TRL", () => {
    const { trainable } = analysisOf(
      "model_name_or_path: Qwen/Qwen2.5-VL-7B-Instruct\nlearning_rate: 1e-5\nmax_length: 2048\nper_device_train_batch_size: 1\n",
    );
    assert.equal(trainable.value, vision.whole);
  });
});
