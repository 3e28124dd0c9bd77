import assert from "node:assert/strict";
import { blocksOf, sharedBytes } from "../../../src/core/memory/blocks.ts";
import { attentionOf, isEncoder } from "../../../src/core/memory/families.ts";
import type { Run } from "../../../src/core/memory/run.ts";
import { blockSetting, headSetting, lossSetting } from "../../../src/core/memory/settings.ts";
import { analysisOf, answered } from "../analysis.ts";
import { findArchitecture } from "../builtIn.ts";

const architecture = (id: string) => findArchitecture(id) ?? assert.fail(id);

const trl = (more: string, versions: Record<string, string> = {}): Run =>
  answered(
    analysisOf(
      `model_name_or_path: Qwen/Qwen2.5-0.5B\nlearning_rate: 1e-5\nmax_length: 512\nper_device_train_batch_size: 2\n${more}`,
      { versions },
    ).run,
  );

describe("a run as its config describes it", () => {
  const dpo = "beta: 0.1\neval_strategy: steps\nper_device_eval_batch_size: 3\n";
  const qlora = "use_peft: true\nlora_r: 8\nlora_target_modules: all-linear\nload_in_4bit: true\n";
  const deepspeed = "deepspeed: {bf16: {enabled: true}, zero_optimization: {stage: 2}}\n";
  const litgpt = (type: string) =>
    answered(
      analysisOf(
        `checkpoint_dir: checkpoints/EleutherAI/${type}\nprecision: bf16-true\ntrain:\n  micro_batch_size: 1\n  global_batch_size: 8\n  max_seq_length: 512\noptimizer: AdamW\n`,
      ).run,
    );

  const bert = answered(
    analysisOf(
      "model_name_or_path: google-bert/bert-base-uncased\nlearning_rate: 1e-5\nmax_length: 512\nper_device_train_batch_size: 2\n",
    ).run,
  );
  const torchtune = (more: string) =>
    answered(
      analysisOf(`model:
  _component_: torchtune.models.llama3_2.llama3_2_1b
tokenizer:
  _component_: torchtune.models.llama3.llama3_tokenizer
  max_seq_len: 2048
batch_size: 1
epochs: 1
dtype: bf16
optimizer:
  _component_: torch.optim.AdamW
  lr: 2e-5
loss:
  _component_: torchtune.modules.loss.CEWithChunkedOutputLoss
${more}`).run,
    );
  const megatron = answered(
    analysisOf(
      "model: meta-llama/Llama-2-7b-hf\ntensor_model_parallel_size: 1\nmicro_batch_size: 1\nglobal_batch_size: 1\nmax_length: 16\ntrain_iters: 100\ntrain_type: full\nlr: 1e-5\n",
    ).run,
  );

  for (const [title, run, key, expected] of [
    ["batches of packed sequences", trl("packing: true\n"), "lengthsVary", false],
    ["batches of samples as they are", trl("packing: false\n"), "lengthsVary", true],
    ["batches padded to one length", trl("pad_to_max_length: true\n"), "lengthsVary", false],
    ["batches padded to their longest sample", trl("pad_to_max_length: false\n"), "lengthsVary", true],
    ["answers chosen and rejected", trl(dpo), "sequences", 2 * 2],
    ["norms by kernels with Liger", trl("use_liger_kernel: true\n"), "fusedNorms", true],
    ["MLPs by kernels with Liger", trl("use_liger_kernel: true\n"), "fusedMlp", true],
    ["master weights under DeepSpeed's bf16", trl(`dtype: bfloat16\n${deepspeed}`), "masterWeights", true],
    ["a head of its own on an encoder", bert, "narrowHead", true],
    ["gradients in a buffer that is always there in Megatron", megatron, "accumulates", true],
    ["gradients that torch fills with zeros before 2.0", trl("", { torch: "1.13.1" }), "accumulates", true],
    ["gradients that it frees since", trl("", { torch: "2.0.0" }), "accumulates", false],
    ["gradients of DeepSpeed's, which frees its own", trl(deepspeed, { torch: "1.13.1" }), "accumulates", false],
    [
      "flash attention where the file asks for it",
      trl("attn_implementation: flash_attention_2\n"),
      "attention",
      "flash",
    ],
    ["updates in torchtune's backward pass", torchtune("optimizer_in_bwd: true\n"), "optimizerInBackward", true],
    ["updates after it elsewhere", torchtune(""), "optimizerInBackward", false],
    ["a compiled loss", torchtune("compile: true\n"), "fusedLoss", true],
    ["a loss of torch's own", torchtune(""), "fusedLoss", false],
    ["GELU of torch's own in LitGPT", litgpt("pythia-160m"), "ownActivations", true],
    ["what a model has in Python elsewhere", trl(""), "ownActivations", false],
    ["keys of all heads in LitGPT", litgpt("pythia-160m"), "repeatsKeys", true],
    ["keys of all heads in torchtune", torchtune(""), "repeatsKeys", true],
    ["the model's keys in transformers", trl(""), "repeatsKeys", false],
    ["keys of all heads in transformers 4.53", trl("", { transformers: "4.53.3" }), "repeatsKeys", true],
    [
      "the model's keys in flash attention",
      trl("attn_implementation: flash_attention_2\n", { transformers: "4.53.3" }),
      "repeatsKeys",
      false,
    ],
  ] satisfies readonly (readonly [string, Run, keyof Run, unknown])[]) {
    it(`has ${title}`, () => {
      assert.equal(run[key], expected);
    });
  }

  it("evaluates answers chosen and rejected too", () => {
    assert.equal(trl(dpo).evaluation?.sequences, 2 * 3);
  });

  it("keeps the inputs of 4-bit layers with bitsandbytes before 0.43.2", () => {
    const keeps = (more: string, bitsandbytes: string) =>
      blockSetting(trl(more, { bitsandbytes })).keepsQuantizedInputs;
    assert.equal(keeps(qlora, "0.43.1"), true);
    assert.equal(keeps(qlora, "0.43.2"), false);
    assert.equal(keeps("", "0.43.1"), false);
  });

  it("has 8-bit weights where the file says so", () => {
    assert.equal(trl(qlora.replace("4bit", "8bit")).quantization?.bits, 8);
  });
});

describe("memory that cannot be told of a method or a split", () => {
  const llamaFactory = (type: string) =>
    `stage: sft\nmodel_name_or_path: Qwen/Qwen2.5-0.5B\nfinetuning_type: ${type}\nlearning_rate: 1e-5\ncutoff_len: 512\nper_device_train_batch_size: 1\n`;
  const base = "model_name_or_path: Qwen/Qwen2.5-0.5B\nlearning_rate: 1e-5\nmax_length: 512\n";
  const fsdp = `${base}per_device_train_batch_size: 1\nfsdp: full_shard auto_wrap\n`;

  for (const [title, text, reason] of [
    [
      "parts of some layers",
      `${llamaFactory("freeze")}freeze_trainable_modules: mlp\n`,
      /^which layers are trained is not known: parts/,
    ],
    ["adapters that are not LoRA's", llamaFactory("oft"), /^only LoRA adapters can be counted$/],
    ["an unknown number of GPUs that share", `${fsdp}num_processes: \${GPUS}\n`, /^the number of GPUs is not known/],
    [
      "a model with sparse attention",
      base.replace("Qwen/Qwen2.5-0.5B", "deepseek-ai/DeepSeek-V3.2"),
      /^the blocks of DeepSeek models are not known in detail$/,
    ],
    [
      "an adapter's configuration without a training script",
      '{"peft_type": "LORA", "base_model_name_or_path": "Qwen/Qwen2.5-0.5B", "task_type": "CAUSAL_LM", "r": 8}',
      /^the micro batch size is not known: set by the training script, not by the adapter's configuration$/,
    ],
    [
      "a method that is not known",
      `base_model: Qwen/Qwen2.5-0.5B\nmicro_batch_size: 1\nsequence_len: 512\nlearning_rate: 1e-5\nnum_epochs: 1\nrl: unheard_of\ndatasets:\n  - path: a\n`,
      /^the kind of training is not known: rl: unheard_of is not known$/,
    ],
    ["a batch without end", `${base}per_device_train_batch_size: .inf\n`, /micro batch size/],
  ] as const) {
    it(`says why: ${title}`, () => {
      const { memory } = analysisOf(text);
      assert.match("reason" in memory ? memory.reason : "", reason);
    });
  }
});

describe("attention as a model has it", () => {
  for (const [model, asked, expected] of [
    ["meta-llama/Llama-2-7b-hf", "sdpa", "sdpa"],
    ["meta-llama/Llama-2-7b-hf", "flash", "flash"],
    ["bigscience/bloomz-560m", "flash", "eager"],
    ["openai/gpt-oss-20b", "sdpa", "eager"],
    ["openai/gpt-oss-20b", "flash", "flash"],
  ] as const) {
    it(`is ${expected} for ${model} where a config asks for ${asked}`, () => {
      assert.equal(attentionOf(architecture(model), asked), expected);
    });
  }
});

describe("encoders", () => {
  it("are those of BERT's kind and ModernBERT", () => {
    const are = ["google-bert/bert-base-uncased", "answerdotai/ModernBERT-base", "Qwen/Qwen2.5-0.5B"].map((id) =>
      isEncoder(architecture(id)),
    );
    assert.deepEqual(are, [true, true, false]);
  });
});

describe("the blocks of a run with a sliding window", () => {
  const run = (model: string, sequenceLength: number, attention: Run["attention"] = "flash"): Run => {
    return { ...trl(""), architecture: architecture(model), sequenceLength, attention };
  };
  const counts = (model: string, length: number) =>
    blocksOf(run(model, length)).map(({ count, windowed }) => [count, windowed]);

  it("all have it in Mistral, half of them in Gemma 2, and none where sequences are shorter", () => {
    assert.deepEqual(counts("mistralai/Mistral-7B-v0.1", 8192), [[32, true]]);
    assert.deepEqual(counts("google/gemma-2-2b", 8192), [
      [13, true],
      [13, false],
    ]);
    assert.deepEqual(counts("mistralai/Mistral-7B-v0.1", 4096), [[32, false]]);
    assert.deepEqual(counts("state-spaces/mamba-2.8b", 8192), [[64, false]]);
  });

  it("share cosines and sines of the positions, and a mask in eager attention, or in torch's own with a window", () => {
    const shared = (length: number, attention: Run["attention"]) =>
      sharedBytes(run("mistralai/Mistral-7B-v0.1", length, attention), 2);
    const positions = (length: number) => 2 * 2 * 128 * length;
    assert.equal(shared(8192, "flash"), positions(8192));
    assert.equal(shared(8192, "sdpa"), positions(8192) + 8192 ** 2);
    assert.equal(shared(4096, "sdpa"), positions(4096));
    assert.equal(shared(4096, "eager"), positions(4096) + 2 * 4096 ** 2);
    assert.equal(sharedBytes(run("state-spaces/mamba-2.8b", 8192), 2), 0);
  });
});

describe("the settings of the blocks and of the loss", () => {
  const run = trl("bf16: true\ndtype: float32\n");
  const llama: Run = { ...run, architecture: architecture("meta-llama/Llama-3.1-8B"), sequences: 1 };

  it("have float32 weights, or 16-bit ones where they are gathered so", () => {
    assert.deepEqual([blockSetting(run).weight, blockSetting(run).residual], [4, 4]);
    const sharded = blockSetting({ ...run, sharding: "zero-3" });
    assert.deepEqual([sharded.weight, sharded.residual], [2, 2]);
  });

  it("train the output layer beside adapters where it is saved with them", () => {
    const lora = "use_peft: true\nlora_r: 8\nlora_target_modules: [q_proj]\n";
    assert.equal(headSetting(run).trained, true);
    assert.equal(headSetting(trl(lora)).trained, false);
    assert.equal(headSetting(trl(`${lora}lora_modules_to_save: [lm_head]\n`)).trained, true);
  });

  it("take the loss of the answers only", () => {
    assert.equal(headSetting({ ...run, lossShare: 0.75 }).tokens, 0.75 * 2 * 512);
  });

  it("have the chunks of Liger, TRL and torchtune", () => {
    const chunk = (loss: Run["loss"], sequenceLength: number) =>
      lossSetting({ ...llama, loss, sequenceLength }).chunkTokens;
    // 128,256 words are 32 times as many as 4096.
    assert.equal(chunk("fused", 2048), 64);
    assert.equal(chunk("fused", 2049), 128);
    assert.equal(chunk("fused", 16), 1);
    assert.equal(chunk("chunked", 2048), 256);
    assert.equal(chunk("split", 2049), 257);
    assert.equal(chunk("sliced", 2049), 257);
  });

  it("copy shifted logits of several sequences in transformers before 4.50", () => {
    const copies = (sequences: number, copiesLogits: boolean) =>
      lossSetting({ ...llama, sequences, copiesLogits }).shiftedCopy;
    assert.deepEqual([copies(1, true), copies(2, true), copies(2, false)], [false, true, false]);
  });
});
