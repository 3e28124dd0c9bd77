import assert from "node:assert/strict";
import type { PlanChange } from "../../../src/core/dialects/dialect.ts";
import { llamaFactory } from "../../../src/core/dialects/llamaFactory.ts";
import { analysisOf } from "../analysis.ts";
import { applyEdits } from "../edits.ts";
import { documentOf, groupsOf, intervalsOf, linkedFile, planOf } from "./reading.ts";

const lora = `
### model
model_name_or_path: meta-llama/Meta-Llama-3-8B-Instruct
### method
stage: sft
do_train: true
finetuning_type: lora
lora_rank: 16
lora_alpha: 64
lora_dropout: 0.1
lora_target: q_proj,v_proj
additional_target: embed_tokens,lm_head
use_rslora: true
use_dora: true
### dataset
dataset: identity,alpaca_en_demo
template: llama3
cutoff_len: 4096
max_samples: 1000
val_size: 0.1
packing: true
### train
per_device_train_batch_size: 2
per_device_eval_batch_size: 4
gradient_accumulation_steps: 8
learning_rate: 1.0e-4 # tried 5.0e-5
num_train_epochs: 2.0
max_steps: 300
lr_scheduler_type: cosine_with_min_lr
lr_scheduler_kwargs:
  min_lr_rate: 0.1
warmup_ratio: 0.1
weight_decay: 0.01
adam_beta2: 0.95
max_grad_norm: 0.3
bf16: true
optim: paged_adamw_8bit
flash_attn: fa2
enable_liger_kernel: true
disable_gradient_checkpointing: true
dataloader_drop_last: true
deepspeed: examples/deepspeed/ds_z3_offload_config.json
`;

const qlora = `
model_name_or_path: Qwen/Qwen3-4B
quantization_bit: 4
stage: sft
do_train: true
finetuning_type: lora
dataset: alpaca_en_demo
`;

const minimal = "model_name_or_path: Qwen/Qwen3-4B\nstage: sft\ndo_train: true\n";
const full = `${minimal}finetuning_type: full\n`;

/** What a part of a plan says: a value from the file alone, any other with its origin. */
function said(part: unknown): unknown {
  if (part === null || typeof part !== "object" || part instanceof Map) return part;
  if (Array.isArray(part)) return part.map(said);
  if ("origin" in part && "value" in part) {
    const { origin, value } = part;
    return origin === "file" ? value : origin === "unknown" ? "unknown" : { [String(origin)]: value };
  }
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, said(value)]));
}

const plan = (lines: string, text = minimal) => planOf(llamaFactory, text + lines);
const written = (text: string, change: PlanChange) => applyEdits(text, llamaFactory.write(documentOf(text), change));

describe("reading a LLaMA-Factory config", () => {
  it("takes everything from a LoRA file", () => {
    assert.equal(analysisOf(lora).dialect.id, "llamafactory");
    assert.deepEqual(said(planOf(llamaFactory, lora)), {
      stage: "sft",
      model: {
        id: "meta-llama/Meta-Llama-3-8B-Instruct",
        shape: null,
        freezesTowers: { default: true },
        keepsOutputLayer: { default: true },
      },
      method: "lora",
      lora: {
        rank: 16,
        alpha: 64,
        dropout: 0.1,
        targets: { kind: "names", names: ["q_proj", "v_proj"] },
        modulesToSave: ["embed_tokens", "lm_head"],
        rsLora: true,
        dora: true,
      },
      quantization: null,
      optimizer: {
        name: "paged_adamw_8bit",
        weightDecay: 0.01,
        beta2: 0.95,
        epsilon: { default: 1e-8 },
        maxGradNorm: 0.3,
      },
      learningRate: {
        peak: 1e-4,
        scheduler: "cosine_with_min_lr",
        family: "llamafactory",
        schedulerArguments: new Map([["min_lr_rate", 0.1]]),
        warmup: { ratio: 0.1, rounding: "up" },
      },
      duration: { epochs: 2, maxSteps: 300, maxTokens: { default: null } },
      evaluationInterval: { default: { kind: "never" } },
      saveInterval: { default: { kind: "updates", every: 500 } },
      batch: { micro: 2, accumulation: 8, global: null, evaluation: 4 },
      sequenceLength: 4096,
      packing: true,
      data: {
        sources: [
          { name: "identity", limit: 1000 },
          { name: "alpaca_en_demo", limit: 1000 },
        ],
        samples: "unknown",
        validation: 0.1,
        dropLast: true,
        streaming: { default: false },
      },
      precision: {
        trained: "bfloat16",
        frozen: "bfloat16",
        adapters: "bfloat16",
        quantizedAdapters: "bfloat16",
        autocast: null,
        masterWeights: true,
      },
      gradientCheckpointing: false,
      activationOffload: { default: false },
      reentrant: { default: true },
      attention: "flash",
      loss: "fused",
      evaluationLoss: { default: "materialised" },
      kernels: { norms: true, mlp: true },
      parallelism: {
        gpus: { assumed: 1 },
        tensor: { default: 1 },
        pipeline: { default: 1 },
        context: { default: 1 },
        expert: { default: 1 },
        sharding: { assumed: "zero-3" },
        zero: { reduceBucket: 5e8, overlaps: false, maxLive: 1e9, subGroup: 1e9 },
        offload: { assumed: "optimizer-and-parameters" },
      },
    });
  });

  it("keeps Unsloth's checkpoints in the host's memory, which it makes whatever the switch says", () => {
    const of = (lines: string) => {
      const { gradientCheckpointing, activationOffload } = plan(lines);
      return [gradientCheckpointing.value, activationOffload?.value];
    };
    assert.deepEqual(of(""), [true, false]);
    assert.deepEqual(of("use_unsloth_gc: true\n"), [true, true]);
    assert.deepEqual(of("use_unsloth_gc: true\ndisable_gradient_checkpointing: true\n"), [false, false]);
    assert.deepEqual(of("use_unsloth: true\ndisable_gradient_checkpointing: true\n"), [true, true]);
    assert.deepEqual(of("use_unsloth: true\nuse_mca: true\n"), [false, false]);
  });

  it("has Unsloth's kernels and its loss, which had the gradient written over the logits until the end of 2024", () => {
    const of = (lines: string, unsloth?: string) => {
      const read = planOf(llamaFactory, qlora + lines, { versions: unsloth ? { unsloth } : {} });
      return [read.loss.value, read.evaluationLoss?.value, read.kernels?.norms.value, read.kernels?.mlp.value];
    };
    assert.deepEqual(of(""), ["materialised", undefined, undefined, undefined]);
    assert.deepEqual(of("use_unsloth: true\n"), ["fused", undefined, true, true]);
    assert.deepEqual(of("use_unsloth: true\n", "2024.12.4"), ["fused", undefined, true, true]);
    assert.deepEqual(of("use_unsloth: true\n", "2024.4"), ["in-place", undefined, true, true]);
    assert.deepEqual(of("use_unsloth: true\nenable_liger_kernel: true\n", "2024.4"), [
      "in-place",
      undefined,
      true,
      true,
    ]);
    assert.equal(plan("use_unsloth: true\n", qlora.replace("sft", "dpo")).loss.value, "materialised");
    assert.equal(plan("use_unsloth_gc: true\n", qlora).kernels, undefined);
  });

  it("fills in its own defaults for QLoRA: rank 8 on all layers, alpha twice the rank, checkpointing on", () => {
    assert.deepEqual(said(planOf(llamaFactory, qlora)), {
      stage: "sft",
      model: {
        id: "Qwen/Qwen3-4B",
        shape: null,
        freezesTowers: { default: true },
        keepsOutputLayer: { default: true },
      },
      method: "qlora",
      lora: {
        rank: { default: 8 },
        alpha: { default: 16 },
        dropout: { default: 0 },
        targets: { default: { kind: "all" } },
        modulesToSave: { default: [] },
        rsLora: { default: false },
        dora: { default: false },
      },
      quantization: { bits: 4, doubleQuantization: { default: true }, float32Norms: { default: false } },
      optimizer: {
        name: { default: "adamw_torch_fused" },
        weightDecay: { default: 0 },
        beta2: { default: 0.999 },
        epsilon: { default: 1e-8 },
        maxGradNorm: { default: 1 },
      },
      learningRate: {
        peak: { default: 5e-5 },
        scheduler: { default: "linear" },
        family: "llamafactory",
        schedulerArguments: { default: new Map() },
        warmup: { default: { steps: 0 } },
      },
      duration: { epochs: { default: 3 }, maxSteps: { default: null }, maxTokens: { default: null } },
      evaluationInterval: { default: { kind: "never" } },
      saveInterval: { default: { kind: "updates", every: 500 } },
      batch: {
        micro: { default: 8 },
        accumulation: { default: 1 },
        global: null,
        evaluation: { default: 8 },
      },
      sequenceLength: { default: 2048 },
      packing: { default: false },
      data: {
        sources: [{ name: "alpaca_en_demo", limit: null }],
        samples: "unknown",
        validation: { default: 0 },
        dropLast: { default: false },
        streaming: { default: false },
      },
      precision: {
        trained: { default: "float32" },
        frozen: { assumed: "bfloat16" },
        adapters: { default: "float32" },
        quantizedAdapters: { default: "float32" },
        autocast: { default: null },
      },
      gradientCheckpointing: { default: true },
      activationOffload: { default: false },
      reentrant: { default: true },
      attention: { default: "sdpa" },
      loss: { default: "materialised" },
      parallelism: {
        gpus: { assumed: 1 },
        tensor: { default: 1 },
        pipeline: { default: 1 },
        context: { default: 1 },
        expert: { default: 1 },
        sharding: { default: "none" },
        offload: { default: "none" },
      },
    });
  });

  it("is LoRA where nothing says otherwise, full or freeze tuning where it does, and OFT is an adapter", () => {
    assert.deepEqual(said(plan("").method), { default: "lora" });
    const { method, lora: adapters, quantization, precision } = plan("bf16: true\n", full);
    assert.equal(method.value, "full");
    assert.equal(adapters, null);
    assert.equal(quantization, null);
    assert.deepEqual(said(precision.trained), { default: "float32" });
    assert.equal(plan("finetuning_type: freeze\n").method.value, "freeze");
    assert.equal(plan("finetuning_type: oft\noft_block_size: 32\n").method.value, "adapter");
  });

  it("doubles the rank of the file for alpha", () => {
    assert.deepEqual(said(plan("lora_rank: 64\n").lora?.alpha), { default: 128 });
    assert.equal(plan("lora_rank: ${RANK}\n").lora?.alpha.origin, "unknown");
  });

  it("reads the targets with commas, in a list, or all", () => {
    const targets = (lines: string) => plan(lines).lora?.targets.value;
    assert.deepEqual(targets("lora_target: all\n"), { kind: "all" });
    assert.deepEqual(targets("lora_target: [q_proj, v_proj]\n"), { kind: "names", names: ["q_proj", "v_proj"] });
    assert.deepEqual(targets("lora_target: gate_proj, up_proj\n"), { kind: "names", names: ["gate_proj", "up_proj"] });
  });

  it("trains in float32 unless pure_bf16 is set, or BAdam leaves the weights as they are", () => {
    const types = (lines: string) => {
      const { trained, frozen, adapters, autocast } = plan(lines, full).precision;
      return [trained.value, frozen.value, adapters.value, autocast.value];
    };
    assert.deepEqual(types("bf16: true\n"), ["float32", "bfloat16", "float32", "bfloat16"]);
    assert.deepEqual(types("fp16: true\n"), ["float32", "float16", "float32", "float16"]);
    assert.deepEqual(types("pure_bf16: true\n"), ["bfloat16", "bfloat16", "bfloat16", null]);
    assert.deepEqual(types("bf16: true\nuse_badam: true\n"), ["bfloat16", "bfloat16", "float32", "bfloat16"]);
  });

  it("quantises twice only in bitsandbytes' 4 bits", () => {
    const double = (lines: string) => plan(lines).quantization?.doubleQuantization.value;
    assert.equal(double("quantization_bit: 4\n"), true);
    assert.equal(double("quantization_bit: 4\nquantization_method: bitsandbytes\n"), true);
    assert.equal(double("quantization_bit: 4\ndouble_quantization: false\n"), false);
    assert.equal(double("quantization_bit: 8\n"), false);
    assert.equal(double("quantization_bit: 4\nquantization_method: hqq\n"), false);
    assert.equal(plan("quantization_bit: 4\nupcast_layernorm: true\n").quantization?.float32Norms.value, true);
    assert.equal(plan("quantization_bit: 8\n").method.value, "qlora");
  });

  it("sees in a model's name that it is quantised already", () => {
    const named = (model: string) => planOf(llamaFactory, minimal.replace("Qwen/Qwen3-4B", model));
    const { method, quantization } = named("TechxGenus/Meta-Llama-3-8B-Instruct-GPTQ");
    assert.equal(method.value, "qlora");
    assert.deepEqual(said(quantization), {
      bits: { assumed: 4 },
      doubleQuantization: { default: false },
      float32Norms: { default: false },
    });
    assert.equal(named("Qwen/Qwen2.5-7B-Instruct-GPTQ-Int8").quantization?.bits.value, 8);
    assert.equal(named("Qwen/Qwen2.5-7B-Instruct-AWQ").quantization?.bits.value, 4);
    assert.equal(named("ISTA-DASLab/Meta-Llama-3-8B-Instruct-AQLM-2Bit-1x16").quantization?.bits.value, 2);
    assert.equal(named("meta-llama/Llama-3.1-8B").quantization, null);
  });

  it("packs in pretraining, when told to, and whenever it packs neatly", () => {
    assert.deepEqual(said(planOf(llamaFactory, minimal.replace("sft", "pt")).packing), { default: true });
    assert.equal(planOf(llamaFactory, `${minimal.replace("sft", "pt")}packing: false\n`).packing.value, false);
    assert.equal(plan("neat_packing: true\n").packing.value, true);
    assert.equal(plan("packing: false\nneat_packing: true\n").packing.value, true);
  });

  it("names the stages as the field does", () => {
    const stage = (name: string, lines = "") => plan(lines, minimal.replace("sft", name)).stage.value;
    assert.equal(stage("pt"), "continued-pretrain");
    assert.equal(stage("sft"), "sft");
    assert.equal(stage("rm"), "reward");
    assert.equal(stage("dpo"), "dpo");
    assert.equal(stage("dpo", "pref_loss: orpo\n"), "orpo");
    assert.equal(stage("dpo", "pref_loss: simpo\n"), "simpo");
    assert.equal(stage("dpo", "pref_loss: ipo\n"), "dpo");
    assert.equal(stage("kto"), "kto");
    assert.equal(stage("ppo"), "ppo");
  });

  it("holds all logits in preference training, Liger or not", () => {
    const loss = (stage: string, lines: string) => plan(lines, minimal.replace("sft", stage)).loss.value;
    assert.equal(loss("pt", "enable_liger_kernel: true\n"), "fused");
    assert.equal(loss("sft", "use_liger_kernel: true\n"), "fused");
    assert.equal(loss("dpo", "enable_liger_kernel: true\n"), "materialised");
  });

  it("names the optimizers that it builds itself, whatever optim says", () => {
    const name = (lines: string) => plan(lines, full).optimizer.name.value;
    assert.equal(name("use_galore: true\noptim: adamw_torch\n"), "galore_adamw");
    assert.equal(name("use_galore: true\noptim: paged_adamw_8bit\n"), "galore_adamw_8bit");
    assert.equal(name("use_galore: true\noptim: adafactor\n"), "galore_adafactor");
    assert.equal(name("use_apollo: true\napollo_rank: 256\n"), "apollo");
    assert.equal(name("use_badam: true\n"), "badam");
    assert.equal(name("use_adam_mini: true\n"), "adam_mini");
    assert.equal(name("use_muon: true\n"), "muon");
    assert.equal(name("use_muon: false\noptim: adafactor\n"), "adafactor");
  });

  it("reads the attention kernel by its own names", () => {
    const attention = (name: string) => plan(`flash_attn: ${name}\n`).attention.value;
    assert.equal(attention("auto"), "sdpa");
    assert.equal(attention("sdpa"), "sdpa");
    assert.equal(attention("disabled"), "eager");
    assert.equal(attention("fa2"), "flash");
    assert.equal(attention("fa3"), "flash");
  });

  it("follows the releases of transformers and torch beneath", () => {
    const text = `${minimal}warmup_ratio: 0.1\nwarmup_steps: 20\n`;
    const read = (transformers: string, torch: string) =>
      planOf(llamaFactory, text, { versions: { transformers, torch } });
    assert.deepEqual(read("4.55.0", "2.6.0").learningRate.warmup.value, { steps: 20 });
    assert.deepEqual(read("5.2.0", "2.8.0").learningRate.warmup.value, { ratio: 0.1, rounding: "up" });
    assert.deepEqual(said(read("4.55.0", "2.6.0").optimizer.name), { default: "adamw_torch" });
  });

  it("knows the GPUs from Ray", () => {
    assert.equal(plan("ray_num_workers: 4\n").parallelism.gpus.value, 4);
  });

  it("reads Megatron's sizes, its recomputation and its optimizer, and at least the GPUs that share a model", () => {
    const megatron = plan(
      `tensor_model_parallel_size: 4
pipeline_model_parallel_size: 2
expert_model_parallel_size: 2
sequence_parallel: true
use_distributed_optimizer: true
`,
      full,
    );
    assert.equal(megatron.learningRate.family, "megatron");
    assert.deepEqual(said(megatron.gradientCheckpointing), { default: false });
    assert.deepEqual(said(megatron.parallelism), {
      gpus: { assumed: 8 },
      tensor: 4,
      sequence: true,
      pipeline: 2,
      context: { default: 1 },
      expert: 2,
      sharding: "zero-1",
      offload: { default: "none" },
    });
    const experts = plan("pipeline_model_parallel_size: 4\nexpert_model_parallel_size: 2\n", full).parallelism.gpus;
    assert.deepEqual(said(experts), { assumed: 4 * 2 });
    const recomputed = plan("use_mca: true\nrecompute_granularity: full\n", full);
    assert.equal(recomputed.gradientCheckpointing.value, true);
  });

  it("reads what the DeepSpeed file or FSDP's keys split", () => {
    const text = `${full}deepspeed: examples/deepspeed/mine.json\n`;
    assert.deepEqual(
      llamaFactory.links?.(documentOf(text)).map(({ path }) => path),
      ["examples/deepspeed/mine.json"],
    );
    const file = linkedFile("file:///mine.json", '{ "zero_optimization": { "stage": 2 } }');
    const linked = new Map([["examples/deepspeed/mine.json", file]]);
    assert.deepEqual(said(planOf(llamaFactory, text, { linked }).parallelism.sharding), { linked: "zero-2" });
    assert.equal(plan("fsdp: full_shard auto_wrap offload\n", full).parallelism.sharding.value, "zero-3");
    assert.equal(
      plan("fsdp: full_shard auto_wrap offload\n", full).parallelism.offload.value,
      "optimizer-and-parameters",
    );
  });

  it("finds the files of registered data sets", () => {
    const registry = linkedFile(
      "file:///data/dataset_info.json",
      '{ "alpaca_en_demo": { "file_name": "alpaca.json" } }',
    );
    const linked = new Map([["data/dataset_info.json", registry]]);
    assert.deepEqual(said(planOf(llamaFactory, qlora, { linked }).data.sources), [
      { name: "alpaca_en_demo", file: "data/alpaca.json", limit: null },
    ]);
  });

  it("says unknown where a value comes from elsewhere or is none", () => {
    const read = plan("learning_rate: ${oc.env:RATE}\ncutoff_len: long\n");
    assert.equal(read.learningRate.peak.origin, "unknown");
    assert.equal(read.sequenceLength.origin, "unknown");
  });

  it("evaluates and saves as transformers does", () => {
    assert.deepEqual(intervalsOf(plan("val_size: 0.1\neval_strategy: steps\neval_steps: 100\nsave_steps: 250\n")), [
      { kind: "updates", every: 100 },
      { kind: "updates", every: 250 },
    ]);
  });

  it("trains LoRA+'s matrices B at a multiple of the rate, those of embeddings at a rate of their own", () => {
    const ratio = "finetuning_type: lora\nlearning_rate: 1e-4\nloraplus_lr_ratio: 16\n";
    assert.deepEqual(groupsOf(plan(ratio)), [["LoRA B matrices", 16e-4]]);
    assert.deepEqual(groupsOf(plan(`${ratio}lora_target: q_proj,embed_tokens\n`)), [
      ["LoRA B matrices", 16e-4],
      ["LoRA B matrices of embeddings", 1e-6],
    ]);
  });

  it("has no groups without adapters, nor where GaLore goes before LoRA+", () => {
    const ratio = "learning_rate: 1e-4\nloraplus_lr_ratio: 16\n";
    assert.deepEqual(groupsOf(plan(ratio, full)), []);
    assert.deepEqual(groupsOf(plan(`finetuning_type: lora\nuse_galore: true\n${ratio}`)), []);
  });
});

describe("recognising a LLaMA-Factory config", () => {
  it("knows JSON as it knows YAML", () => {
    const text = '{ "model_name_or_path": "gpt2", "finetuning_type": "lora", "learning_rate": 1e-4 }';
    assert.equal(llamaFactory.detect(documentOf(text, "json")), 1);
  });

  it("leaves alone inference, merges, prediction, and configs of other frameworks", () => {
    const others = [
      "model_name_or_path: Qwen/Qwen3-4B\ntemplate: qwen3\ninfer_backend: huggingface\n",
      "model_name_or_path: Qwen/Qwen3-4B\nadapter_name_or_path: saves/lora\nfinetuning_type: lora\nexport_dir: out\n",
      "model_name_or_path: gpt2\nstage: sft\ndo_predict: true\nfinetuning_type: full\nper_device_eval_batch_size: 8\n",
      "model_name_or_path: gpt2\nstage: sft\ndo_train: false\ndo_predict: true\nlearning_rate: 1e-4\n",
      "model: Qwen/Qwen3-4B\nmodel_class: llm\nlearning_rate: 1e-4\nmicro_batch_size: 1\n",
      "model_name_or_path: gpt2\nlearning_rate: 1e-4\nper_device_train_batch_size: 2\n",
      "base_model: gpt2\nmicro_batch_size: 2\nlearning_rate: 1e-4\n",
    ];
    for (const text of others) assert.equal(llamaFactory.detect(documentOf(text)), 0, text);
  });
});

describe("writing a LLaMA-Factory config", () => {
  it("sets each key in place, turns checkpointing around, and leaves comments alone", () => {
    const changed = written(lora, {
      peakLearningRate: 5e-5,
      microBatch: 1,
      accumulation: 16,
      evaluationBatch: 1,
      sequenceLength: 2048,
      gradientCheckpointing: true,
      epochs: 3,
      warmupRatio: 0.05,
      scheduler: "cosine",
      optimizer: "adamw_torch",
      loraRank: 8,
    });
    const expected = lora
      .replace("learning_rate: 1.0e-4 #", "learning_rate: 5.0e-5 #")
      .replace("train_batch_size: 2", "train_batch_size: 1")
      .replace("accumulation_steps: 8", "accumulation_steps: 16")
      .replace("eval_batch_size: 4", "eval_batch_size: 1")
      .replace("cutoff_len: 4096", "cutoff_len: 2048")
      .replace("disable_gradient_checkpointing: true", "disable_gradient_checkpointing: false")
      .replace("num_train_epochs: 2.0", "num_train_epochs: 3")
      .replace("warmup_ratio: 0.1", "warmup_ratio: 0.05")
      .replace("cosine_with_min_lr", "cosine")
      .replace("paged_adamw_8bit", "adamw_torch")
      .replace("lora_rank: 16", "lora_rank: 8");
    assert.equal(changed, expected);
  });

  it("adds the warmup behind the keys that it belongs to", () => {
    const text = `${minimal}learning_rate: 1.0e-4\nbf16: true\n`;
    assert.equal(written(text, { warmupSteps: 50 }), text.replace("1.0e-4\n", "1.0e-4\nwarmup_steps: 50\n"));
  });

  it("has no switch for checkpointing under Megatron", () => {
    const text = `${full}tensor_model_parallel_size: 2\n`;
    assert.equal(written(text, { gradientCheckpointing: true }), text);
  });
});
