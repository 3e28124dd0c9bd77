import assert from "node:assert/strict";
import type { PlanChange } from "../../../src/core/dialects/dialect.ts";
import { msSwift } from "../../../src/core/dialects/msSwift.ts";
import { globalBatchSize } from "../../../src/core/plan/plan.ts";
import { analysisOf } from "../analysis.ts";
import { applyEdits } from "../edits.ts";
import { documentOf, groupsOf, intervalsOf, linkedFile, planOf } from "./reading.ts";

const minimal = "model: Qwen/Qwen2.5-7B-Instruct\ntuner_type: lora\ndataset: swift/self-cognition\n";
const full = minimal.replace("lora", "full");
const megatron = "model: Qwen/Qwen3-30B-A3B\ntuner_type: full\nmicro_batch_size: 1\n";

const written = (text: string, change: PlanChange) => applyEdits(text, msSwift.write(documentOf(text), change));

describe("reading an ms-swift config", () => {
  it("takes everything from a LoRA file as users write it", () => {
    const plan = planOf(
      msSwift,
      `
# model
model: Qwen/Qwen2.5-7B-Instruct
torch_dtype: bfloat16
attn_impl: flash_attn
tuner_type: lora
lora_rank: 16
lora_alpha: 64
lora_dropout: 0.1
target_modules: [q_proj, v_proj]
modules_to_save: [embed_tokens]
use_rslora: true
use_dora: true
# data
dataset:
  - 'AI-ModelScope/alpaca-gpt4-data-en#500'
  - 'swift/self-cognition#300'
split_dataset_ratio: 0.01
max_length: 4096
packing: false
# training
num_train_epochs: 2
per_device_train_batch_size: 2
per_device_eval_batch_size: 4
gradient_accumulation_steps: 8
learning_rate: 2e-4
lr_scheduler_type: cosine_with_min_lr
lr_scheduler_kwargs: '{"min_lr": 1e-6}'
warmup_ratio: 0.05
weight_decay: 0.05
adam_beta2: 0.99
max_grad_norm: 0.5
optim: paged_adamw_8bit
gradient_checkpointing: false
use_liger_kernel: true
sequence_parallel_size: 2
deepspeed: zero2
ENV:
  NPROC_PER_NODE: 4
`,
    );
    assert.equal(plan.model.id.value, "Qwen/Qwen2.5-7B-Instruct");
    assert.equal(plan.model.shape, null);
    assert.equal(plan.stage.value, "sft");
    assert.equal(plan.stage.origin, "default");
    assert.equal(plan.method.value, "lora");
    assert.equal(plan.method.origin, "file");
    assert.equal(plan.lora?.rank.value, 16);
    assert.equal(plan.lora?.alpha.value, 64);
    assert.equal(plan.lora?.dropout.value, 0.1);
    assert.deepEqual(plan.lora?.targets.value, { kind: "names", names: ["q_proj", "v_proj"] });
    assert.deepEqual(plan.lora?.modulesToSave.value, ["embed_tokens"]);
    assert.equal(plan.lora?.rsLora.value, true);
    assert.equal(plan.lora?.dora.value, true);
    assert.equal(plan.quantization, null);
    assert.equal(plan.optimizer.name.value, "paged_adamw_8bit");
    assert.equal(plan.optimizer.weightDecay.value, 0.05);
    assert.equal(plan.optimizer.beta2.value, 0.99);
    assert.equal(plan.optimizer.maxGradNorm.value, 0.5);
    assert.equal(plan.learningRate.peak.value, 2e-4);
    assert.equal(plan.learningRate.scheduler.value, "cosine_with_min_lr");
    assert.equal(plan.learningRate.family, "huggingface");
    assert.deepEqual([...(plan.learningRate.schedulerArguments.value ?? [])], [["min_lr", 1e-6]]);
    assert.deepEqual(plan.learningRate.warmup.value, { ratio: 0.05, rounding: "up" });
    assert.equal(plan.duration.epochs.value, 2);
    assert.equal(plan.duration.maxSteps.value, null);
    assert.equal(plan.duration.maxTokens.value, null);
    assert.equal(plan.batch.micro.value, 2);
    assert.equal(plan.batch.accumulation.value, 8);
    assert.equal(plan.batch.global, null);
    assert.equal(plan.batch.evaluation.value, 4);
    assert.equal(plan.sequenceLength.value, 4096);
    assert.equal(plan.packing.value, false);
    assert.deepEqual(
      plan.data.sources.map(({ name, limit }) => [name.value, limit]),
      [
        ["AI-ModelScope/alpaca-gpt4-data-en", 500],
        ["swift/self-cognition", 300],
      ],
    );
    assert.equal(plan.data.samples.value, 500 - 5 + 300 - 3);
    assert.equal(plan.data.samples.origin, "file");
    assert.equal(plan.data.validation.value, 0.01);
    assert.equal(plan.data.dropLast?.value, false);
    assert.equal(plan.precision.trained.value, "bfloat16");
    assert.equal(plan.precision.frozen.value, "bfloat16");
    assert.equal(plan.precision.frozen.origin, "file");
    assert.equal(plan.precision.adapters.value, "bfloat16");
    assert.equal(plan.precision.quantizedAdapters.value, "bfloat16");
    assert.equal(plan.precision.autocast.value, null);
    assert.equal(plan.precision.masterWeights?.value, true);
    assert.equal(plan.gradientCheckpointing.value, false);
    assert.equal(plan.attention.value, "flash");
    assert.equal(plan.loss.value, "fused");
    assert.equal(plan.parallelism.gpus.value, 4);
    assert.equal(plan.parallelism.context.value, 2);
    assert.equal(plan.parallelism.tensor.value, 1);
    assert.equal(plan.parallelism.pipeline.value, 1);
    assert.equal(plan.parallelism.expert.value, 1);
    assert.equal(plan.parallelism.sharding.value, "zero-2");
    assert.equal(plan.parallelism.offload.value, "none");
  });

  it("fills in ms-swift's own defaults, and says that they are defaults", () => {
    const plan = planOf(msSwift, minimal);
    const defaults = {
      rank: [plan.lora?.rank, 8],
      alpha: [plan.lora?.alpha, 32],
      dropout: [plan.lora?.dropout, 0.05],
      rate: [plan.learningRate.peak, 1e-4],
      scheduler: [plan.learningRate.scheduler, "cosine"],
      micro: [plan.batch.micro, 1],
      evaluation: [plan.batch.evaluation, 1],
      epochs: [plan.duration.epochs, 3],
      maxSteps: [plan.duration.maxSteps, null],
      optimizer: [plan.optimizer.name, "adamw_torch_fused"],
      weightDecay: [plan.optimizer.weightDecay, 0.1],
      beta2: [plan.optimizer.beta2, 0.95],
      maxGradNorm: [plan.optimizer.maxGradNorm, 1],
      packing: [plan.packing, false],
      validation: [plan.data.validation, 0],
      checkpointing: [plan.gradientCheckpointing, true],
      attention: [plan.attention, "sdpa"],
      loss: [plan.loss, "materialised"],
      sharding: [plan.parallelism.sharding, "none"],
    } as const;
    for (const [name, [source, value]] of Object.entries(defaults)) {
      assert.equal(source?.value, value, name);
      assert.equal(source?.origin, "default", name);
    }
    assert.deepEqual(plan.lora?.targets.value, { kind: "all" });
    assert.deepEqual(plan.learningRate.warmup.value, { steps: 0 });
    assert.equal(plan.precision.frozen.value, "bfloat16");
    assert.equal(plan.precision.frozen.origin, "assumed");
    assert.equal(plan.sequenceLength.origin, "unknown");
    assert.equal(plan.data.samples.origin, "unknown");
    assert.equal(plan.parallelism.gpus.value, 1);
    assert.equal(plan.parallelism.gpus.origin, "assumed");
  });

  it("accumulates until an update has 16 sequences, rounded up, and not at all in GRPO", () => {
    const accumulation = (text: string) => planOf(msSwift, minimal + text).batch.accumulation;
    assert.equal(accumulation("").value, 16);
    assert.equal(accumulation("").origin, "assumed");
    assert.equal(accumulation("per_device_train_batch_size: 3\n").value, 6);
    assert.equal(accumulation("per_device_train_batch_size: 32\n").value, 1);
    assert.equal(accumulation("ENV: { NPROC_PER_NODE: 8, NNODES: 2 }\n").value, 1);
    assert.equal(accumulation("rlhf_type: grpo\n").value, 1);
  });

  it("trains every weight at a tenth of the adapters' rate", () => {
    const plan = planOf(msSwift, full);
    assert.equal(plan.method.value, "full");
    assert.equal(plan.lora, null);
    assert.equal(plan.learningRate.peak.value, 1e-5);
  });

  it("understands the older names train_type and sft_type", () => {
    assert.equal(planOf(msSwift, minimal.replace("tuner_type: lora", "train_type: full")).method.value, "full");
    assert.equal(planOf(msSwift, minimal.replace("tuner_type: lora", "sft_type: longlora")).method.value, "lora");
  });

  it("knows frozen parameters and other adapters", () => {
    const method = (text: string) => planOf(msSwift, text).method.value;
    assert.equal(method(`${full}freeze_parameters_ratio: 0.5\n`), "freeze");
    assert.equal(method(`${full}freeze_parameters: [model.layers.0]\n`), "freeze");
    assert.equal(method(`${full}freeze_parameters: []\n`), "full");
    assert.equal(method(minimal.replace("lora", "adalora")), "adapter");
  });

  it("is QLoRA with quant_method and 4 bits; quant_bits alone does nothing", () => {
    const four = planOf(msSwift, `${minimal}quant_method: bnb\nquant_bits: 4\n`);
    assert.equal(four.method.value, "qlora");
    assert.equal(four.quantization?.bits.value, 4);
    assert.equal(four.quantization?.doubleQuantization.value, true);
    assert.equal(four.quantization?.float32Norms.value, false);
    const eight = planOf(msSwift, `${minimal}quant_method: bnb\nquant_bits: 8\n`);
    assert.equal(eight.method.value, "lora");
    assert.equal(eight.quantization?.doubleQuantization.value, false);
    assert.equal(planOf(msSwift, `${minimal}quant_bits: 4\n`).quantization, null);
    assert.equal(planOf(msSwift, `${minimal}quant_method: fp8\n`).quantization?.bits.value, 8);
  });

  it("takes a regular expression only from target_regex, and all-linear among others", () => {
    const targets = (text: string) => planOf(msSwift, minimal + text).lora?.targets.value;
    assert.deepEqual(targets("target_regex: '.*self_attn.*'\n"), { kind: "pattern", pattern: ".*self_attn.*" });
    assert.deepEqual(targets("target_modules: [all-linear, all-embedding]\n"), { kind: "all" });
  });

  it("computes in float16 for float32 weights, as torch_dtype decides both", () => {
    const precision = (text: string) => planOf(msSwift, full + text).precision;
    assert.equal(precision("torch_dtype: float32\n").trained.value, "float32");
    assert.equal(precision("torch_dtype: float32\n").autocast.value, "float16");
    assert.equal(precision("torch_dtype: float32\nbf16: true\n").autocast.value, "bfloat16");
    assert.equal(precision("torch_dtype: bfloat16\nbf16: false\n").autocast.value, null);
    assert.equal(planOf(msSwift, `${minimal}lora_dtype: bfloat16\n`).precision.adapters.value, "bfloat16");
  });

  it("takes names of DeepSpeed configurations as presets, not as files", () => {
    const split = (name: string) => planOf(msSwift, `${minimal}deepspeed: ${name}\n`).parallelism;
    assert.equal(split("zero3").sharding.value, "zero-3");
    assert.equal(split("zero3").sharding.origin, "file");
    assert.equal(split("zero2_offload").sharding.value, "zero-2");
    assert.equal(split("zero2_offload").offload.value, "optimizer");
    assert.equal(split("zero3_offload").offload.value, "optimizer-and-parameters");
    assert.equal(split("zero0").sharding.value, "none");
    assert.deepEqual(msSwift.links?.(documentOf(`${minimal}deepspeed: zero3\n`)), []);
  });

  it("follows DeepSpeed and FSDP files", () => {
    const text = `${minimal}deepspeed: ds/custom.json\n`;
    assert.equal(msSwift.links?.(documentOf(text))[0]?.path, "ds/custom.json");
    const deepspeed = linkedFile("file:///ds/custom.json", '{"zero_optimization": {"stage": 3}}');
    const linked = new Map([["ds/custom.json", deepspeed]]);
    assert.equal(planOf(msSwift, text, { linked }).parallelism.sharding.value, "zero-3");
    const settings = '{"fsdp": "full_shard auto_wrap offload", "fsdp_config": {"reshard_after_forward": false}}';
    const fsdp = new Map([["fsdp.json", linkedFile("file:///fsdp.json", settings)]]);
    const { sharding, offload } = planOf(msSwift, `${minimal}fsdp: fsdp.json\n`, { linked: fsdp }).parallelism;
    assert.equal(sharding.value, "zero-2");
    assert.equal(sharding.origin, "linked");
    assert.equal(sharding.place?.uri, "file:///fsdp.json");
    assert.equal(offload.value, "optimizer-and-parameters");
    assert.equal(planOf(msSwift, `${minimal}fsdp: fsdp.json\n`).parallelism.sharding.origin, "unknown");
    assert.equal(planOf(msSwift, `${minimal}fsdp: fsdp2\n`).parallelism.sharding.value, "zero-3");
  });

  it("trains float32 weights under FSDP, to which accelerate casts them", () => {
    const bfloat16 = `${full}torch_dtype: bfloat16\n`;
    assert.equal(planOf(msSwift, bfloat16).precision.trained.value, "bfloat16");
    assert.equal(planOf(msSwift, `${bfloat16}fsdp: fsdp2\n`).precision.trained.value, "float32");
    assert.equal(planOf(msSwift, `${bfloat16}fsdp: fsdp2\nbf16: false\n`).precision.trained.value, "bfloat16");
  });

  it("names the stages as the field does", () => {
    const stage = (name: string) => planOf(msSwift, `${minimal}rlhf_type: ${name}\n`).stage.value;
    assert.deepEqual(["dpo", "orpo", "simpo", "cpo", "kto", "rm", "ppo", "grpo", "gkd"].map(stage), [
      "dpo",
      "orpo",
      "simpo",
      "simpo",
      "kto",
      "reward",
      "ppo",
      "grpo",
      "distill",
    ]);
    assert.equal(planOf(msSwift, `${minimal}task_type: seq_cls\n`).stage.value, "classify");
    assert.equal(planOf(msSwift, `${minimal}use_chat_template: false\n`).stage.value, "continued-pretrain");
  });

  it("adds the answer to the prompt in GRPO", () => {
    const text = `${minimal}rlhf_type: grpo\nmax_length: 2048\n`;
    assert.equal(planOf(msSwift, text).sequenceLength.value, 2048 + 512);
    assert.equal(planOf(msSwift, `${text}max_completion_length: 1024\n`).sequenceLength.value, 2048 + 1024);
  });

  it("knows no samples where a data set does not say how many, or samples are packed", () => {
    const samples = (text: string) => planOf(msSwift, text).data.samples;
    const counted = minimal.replace("self-cognition", "self-cognition#500");
    assert.equal(samples(counted).value, 500);
    assert.equal(samples(`${counted}packing: true\n`).origin, "unknown");
    assert.equal(samples(minimal).origin, "unknown");
  });

  it("has optimizers of its own, and groups of parameters that are none", () => {
    const name = (text: string) => planOf(msSwift, minimal + text).optimizer.name.value;
    assert.equal(name("optimizer: muon\n"), "muon");
    assert.equal(name("optimizer: lorap\n"), "adamw_torch_fused");
    assert.equal(name("use_galore: true\n"), "galore_adamw");
    assert.equal(name("use_galore: true\noptim: adamw_8bit\n"), "galore_adamw_8bit");
    assert.equal(name("use_galore: true\noptim: adafactor\n"), "galore_adafactor");
  });

  it("says unknown, not wrong, where a value is resolved elsewhere or is no value", () => {
    const plan = planOf(msSwift, `${minimal}learning_rate: \${RATE}\nper_device_train_batch_size: auto\n`);
    assert.equal(plan.learningRate.peak.origin, "unknown");
    assert.equal(plan.batch.micro.origin, "unknown");
    assert.equal(globalBatchSize(plan), undefined);
  });

  it("evaluates as often as it saves where there are data for it", () => {
    const plan = (lines: string, text = minimal) => planOf(msSwift, text + lines);
    assert.deepEqual(intervalsOf(plan("save_steps: 200\n")), [{ kind: "never" }, { kind: "updates", every: 200 }]);
    assert.deepEqual(intervalsOf(plan("split_dataset_ratio: 0.01\nsave_steps: 200\n")), [
      { kind: "updates", every: 200 },
      { kind: "updates", every: 200 },
    ]);
    assert.deepEqual(intervalsOf(plan("val_dataset: a.jsonl\neval_steps: 50\n")), [
      { kind: "updates", every: 50 },
      { kind: "updates", every: 500 },
    ]);
    assert.deepEqual(intervalsOf(plan("val_dataset: a.jsonl\nsave_strategy: epoch\n")), [
      { kind: "epochs", every: 1 },
      { kind: "epochs", every: 1 },
    ]);
    assert.deepEqual(intervalsOf(plan("split_dataset_ratio: 0.01\nsave_interval: 100\n", megatron)), [
      { kind: "updates", every: 100 },
      { kind: "updates", every: 100 },
    ]);
  });

  it("trains LoRA+'s matrices B at a multiple of the rate where there are adapters", () => {
    assert.deepEqual(groupsOf(planOf(msSwift, `${minimal}lorap_lr_ratio: 16\n`)), [["LoRA B matrices", 16e-4]]);
    assert.deepEqual(groupsOf(planOf(msSwift, `${full}lorap_lr_ratio: 16\n`)), []);
    assert.deepEqual(groupsOf(planOf(msSwift, `${minimal}lorap_lr_ratio: 16\noptimizer: multimodal\n`)), []);
  });

  it("trains what sees at rates of their own where it is not frozen", () => {
    const rates = "vit_lr: 1e-6\naligner_lr: 2e-6\n";
    for (const text of [full, megatron]) {
      assert.deepEqual(groupsOf(planOf(msSwift, text + rates)), []);
      assert.deepEqual(groupsOf(planOf(msSwift, `${text}${rates}freeze_vit: false\nfreeze_aligner: false\n`)), [
        ["vision tower", 1e-6],
        ["projector", 2e-6],
      ]);
    }
  });

  it("freezes what one of three keys names, and quantises by float8 and fp8 in 8 bits", () => {
    const base = "model: Qwen/Qwen2.5-7B\nlearning_rate: 1e-5\nper_device_train_batch_size: 1\ntuner_type: full\n";
    const plan = (lines: string) => planOf(msSwift, base + lines);
    assert.equal(plan("freeze_parameters_regex: '.*embed.*'\n").method.value, "freeze");
    assert.equal(plan("freeze_parameters_ratio: 0.5\n").method.value, "freeze");
    assert.equal(plan("freeze_parameters_ratio: 0\n").method.value, "full");
    assert.equal(plan("quant_method: quanto\nquant_bits: float8\n").quantization?.bits.value, 8);
    assert.equal(plan("quant_method: fp8\n").quantization?.bits.value, 8);
  });

  it("takes a rlhf_type that it does not know for DPO's data, and a task that is none of language for a classifier", () => {
    const base = "model: Qwen/Qwen2.5-7B\nlearning_rate: 1e-5\nper_device_train_batch_size: 1\ntuner_type: full\n";
    assert.equal(planOf(msSwift, `${base}task_type: seq_cls\n`).stage.value, "classify");
    assert.equal(planOf(msSwift, `${base}device_groups: { nproc_per_node: 8 }\n`).parallelism.gpus.value, 8);
  });
});

describe("reading a Megatron-SWIFT config", () => {
  it("takes everything from a file as users write it", () => {
    const plan = planOf(
      msSwift,
      `
model: Qwen/Qwen3-30B-A3B
tuner_type: lora
lora_rank: 32
dataset: 'AI-ModelScope/alpaca-gpt4-data-en#2000'
max_length: 8192
micro_batch_size: 2
global_batch_size: 64
train_iters: 1000
lr: 3e-5
min_lr: 3e-6
lr_decay_style: WSD
lr_wsd_decay_style: linear
lr_warmup_fraction: 0.05
weight_decay: 0.01
clip_grad: 0.5
recompute_granularity: full
attention_backend: unfused
tensor_model_parallel_size: 2
pipeline_model_parallel_size: 2
context_parallel_size: 1
expert_model_parallel_size: 4
optimizer_cpu_offload: true
ENV: { NPROC_PER_NODE: 8, NNODES: 2 }
`,
    );
    assert.equal(plan.method.value, "lora");
    assert.equal(plan.learningRate.peak.value, 3e-5);
    assert.equal(plan.learningRate.family, "megatron");
    assert.equal(plan.learningRate.scheduler.value, "WSD");
    assert.deepEqual(Object.fromEntries(plan.learningRate.schedulerArguments.value ?? []), {
      min_lr: 3e-6,
      lr_wsd_decay_style: "linear",
    });
    assert.deepEqual(plan.learningRate.warmup.value, { ratio: 0.05, rounding: "exact" });
    assert.equal(plan.duration.maxSteps.value, 1000);
    assert.equal(plan.duration.epochs.origin, "unknown");
    assert.equal(plan.batch.micro.value, 2);
    assert.equal(plan.batch.global?.value, 64);
    assert.equal(plan.batch.accumulation.value, 8);
    assert.equal(plan.batch.evaluation.value, 2);
    assert.equal(plan.optimizer.name.value, "adam");
    assert.equal(plan.optimizer.weightDecay.value, 0.01);
    assert.equal(plan.optimizer.beta2.value, 0.95);
    assert.equal(plan.optimizer.maxGradNorm.value, 0.5);
    assert.equal(plan.precision.trained.value, "float32");
    assert.equal(plan.precision.frozen.value, "bfloat16");
    assert.equal(plan.precision.autocast.value, "bfloat16");
    assert.equal(plan.gradientCheckpointing.value, true);
    assert.equal(plan.attention.value, "eager");
    assert.equal(plan.loss.value, "in-place");
    assert.equal(plan.parallelism.gpus.value, 16);
    assert.equal(plan.parallelism.tensor.value, 2);
    assert.equal(plan.parallelism.pipeline.value, 2);
    assert.equal(plan.parallelism.expert.value, 4);
    assert.equal(plan.parallelism.sharding.value, "zero-1");
    assert.equal(plan.parallelism.offload.value, "optimizer");
  });

  it("fills in Megatron-SWIFT's defaults: every weight, 16 sequences per update, selective recomputation", () => {
    const plan = planOf(msSwift, megatron.replace("tuner_type: full", "split_dataset_ratio: 0"));
    assert.equal(plan.method.value, "full");
    assert.equal(plan.method.origin, "default");
    assert.equal(plan.learningRate.peak.value, 1e-5);
    assert.equal(plan.learningRate.scheduler.value, "cosine");
    assert.deepEqual(plan.learningRate.warmup.value, { steps: 0 });
    assert.equal(plan.batch.global?.value, 16);
    assert.equal(plan.batch.accumulation.value, 16);
    assert.equal(plan.gradientCheckpointing.value, false);
    assert.equal(plan.attention.value, "flash");
    assert.equal(plan.parallelism.sharding.value, "zero-1");
  });

  it("lets epochs win over train_iters, unless the data are streamed", () => {
    const steps = (text: string) => planOf(msSwift, `${megatron}train_iters: 100\n${text}`).duration.maxSteps.value;
    assert.equal(steps(""), 100);
    assert.equal(steps("num_train_epochs: 1\n"), null);
    assert.equal(steps("num_train_epochs: 1\nstreaming: true\n"), 100);
    assert.equal(steps("max_epochs: 1\n"), null);
    assert.equal(planOf(msSwift, `${megatron}max_epochs: 2\n`).duration.epochs.value, 2);
  });

  it("cuts experts as other matrices before 3.9, and as expert_tensor_parallel_size says", () => {
    const cut = (more: string, versions = {}) =>
      planOf(msSwift, `${megatron}tensor_model_parallel_size: 2\n${more}`, { versions }).parallelism.expertTensor
        ?.value;
    assert.equal(cut(""), 1);
    assert.equal(cut("", { "ms-swift": "3.8.3" }), undefined);
    assert.equal(cut("expert_tensor_parallel_size: 2\n"), 2);
    assert.equal(cut("expert_tensor_parallel_size: 1\n", { "ms-swift": "3.8.3" }), 1);
  });

  it("computes layers again together, or those of the first ones alone", () => {
    const full = `${megatron}recompute_granularity: full\n`;
    const read = (more: string) => planOf(msSwift, full + more).checkpointed?.value;
    assert.equal(read("recompute_method: uniform\n"), undefined);
    const two = "recompute_num_layers: 2\n";
    assert.deepEqual(read(`recompute_method: uniform\n${two}`), { kind: "together", count: 2 });
    assert.deepEqual(read(`recompute_method: block\n${two}`), { kind: "first", count: 2 });
  });

  it("cuts gated delta nets since 4.1", () => {
    const cuts = (version: string) =>
      planOf(msSwift, megatron, { versions: { "ms-swift": version } }).parallelism.splitsLinearAttention?.value;
    assert.deepEqual([cuts("4.0.4"), cuts("4.1.0")], [false, true]);
  });

  it("is on no fewer GPUs than share a model, of which some hold other experts", () => {
    const gpus = (text: string) => planOf(msSwift, `${megatron}${text}`).parallelism.gpus;
    const sizes = "tensor_model_parallel_size: 2\npipeline_model_parallel_size: 2\nexpert_model_parallel_size: 4\n";
    assert.equal(gpus("").value, 1);
    assert.deepEqual([gpus(sizes).value, gpus(sizes).origin], [2 * 4, "assumed"]);
    assert.equal(gpus("tensor_model_parallel_size: 4\ncontext_parallel_size: 2\n").value, 8);
    assert.equal(gpus(`${sizes}ENV: { NPROC_PER_NODE: 16 }\n`).value, 16);
  });

  it("takes the rest of an epoch together with the next: 3 epochs of 2,500 by 16 on 2 GPUs are 468 updates, not 3 of 156", () => {
    const run = `${megatron}dataset: AI-ModelScope/alpaca-gpt4-data-en#2501\nsplit_dataset_ratio: 0\nENV: { NPROC_PER_NODE: 2 }\n`;
    assert.equal(analysisOf(`${run}num_train_epochs: 3\n`).length.totalSteps, 468); // ⌊3·2500/16⌋, of ⌊2501/2⌋·2 = 2500
    assert.equal(analysisOf(`${run}num_train_epochs: 1\n`).length.totalSteps, 156);
  });

  it("makes an update of GRPO from the answers to some prompts: 2,000 prompts with 8 each are 1,000 updates of 16", () => {
    const data = "dataset: AI-ModelScope/clevr_cogen_a_train#2000\nsplit_dataset_ratio: 0\nnum_train_epochs: 1\n";
    const grpo = `rlhf_type: grpo\nglobal_batch_size: 16\nnum_generations: 8\n${data}`;
    assert.equal(analysisOf(megatron + grpo).length.totalSteps, 1000); // 2000·8/16
    const trainer = `model: Qwen/Qwen2.5-7B\ntuner_type: full\nrlhf_type: grpo\nper_device_train_batch_size: 8\n${data}`;
    assert.equal(analysisOf(trainer).length.totalSteps, 2000); // ⌊2000/(8/8)⌋
  });

  it("takes the warmup's fraction of the decay, not of the run", () => {
    const plan = planOf(msSwift, `${megatron}lr_warmup_fraction: 0.1\nlr_decay_iters: 500\n`);
    assert.deepEqual(plan.learningRate.warmup.value, { steps: 50 });
  });

  it("splits as Megatron-FSDP is told to, and not at all with Muon", () => {
    const sharding = (text: string) => planOf(msSwift, megatron + text).parallelism.sharding.value;
    assert.equal(sharding("use_megatron_fsdp: true\n"), "zero-3");
    assert.equal(sharding("use_megatron_fsdp: true\ndata_parallel_sharding_strategy: optim\n"), "zero-1");
    assert.equal(sharding("optimizer: dist_muon\n"), "none");
    assert.equal(sharding("use_distributed_optimizer: false\n"), "none");
  });

  it("reads the mapping of Ray's training workers", () => {
    const plan = planOf(
      msSwift,
      `
rlhf_type: grpo
model: Qwen/Qwen2.5-VL-3B-Instruct
dataset: AI-ModelScope/clevr_cogen_a_train#2000
micro_batch_size: 1
global_batch_size: 64
lr: 5e-5
train:
  gpus: 8
  tuner_type: lora
  lora_rank: 4
  tensor_model_parallel_size: 2
rollout:
  gpus: 4
`,
    );
    assert.equal(plan.method.value, "lora");
    assert.equal(plan.lora?.rank.value, 4);
    assert.equal(plan.parallelism.gpus.value, 8);
    assert.equal(plan.parallelism.gpus.origin, "file");
    assert.equal(plan.parallelism.tensor.value, 2);
    assert.equal(plan.batch.accumulation.value, 16);
    assert.equal(plan.data.samples.value, 2000);
  });
});

describe("telling ms-swift configs from others", () => {
  it("is sure of its own keys, and nearly sure of keys that others have too", () => {
    assert.equal(msSwift.detect(documentOf(minimal)), 1);
    assert.equal(msSwift.detect(documentOf("model: a/b\ntorch_dtype: bfloat16\nlearning_rate: 1e-4\n")), 0.8);
  });

  it("takes neither inference, nor export, nor other frameworks' files", () => {
    const confidence = (text: string) => msSwift.detect(documentOf(text));
    assert.equal(confidence("model: Qwen/Qwen2.5-7B\ntorch_dtype: bfloat16\nmax_new_tokens: 512\n"), 0);
    assert.equal(confidence("model: Qwen/Qwen2.5-7B\nquant_method: awq\nquant_bits: 4\nval_dataset: a\n"), 0);
    assert.equal(confidence("model_name_or_path: a\nlora_rank: 8\nlearning_rate: 1e-4\n"), 0);
    assert.equal(confidence("model: a\ntrain: true\nlora_parameters: { rank: 8 }\nlearning_rate: 1e-5\n"), 0);
    assert.equal(confidence("model:\n  name: a\nlora_rank: 8\nlearning_rate: 1e-4\n"), 0);
  });
});

describe("writing an ms-swift config", () => {
  it("changes values in place and leaves comments alone", () => {
    const text = `${minimal}learning_rate: 1e-4 # peak\nper_device_train_batch_size: 1\nmax_length: 2048\nlora_rank: 8\n`;
    const change = { peakLearningRate: 5e-5, microBatch: 2, sequenceLength: 1024, loraRank: 16 };
    assert.equal(
      written(text, change),
      `${minimal}learning_rate: 5e-5 # peak\nper_device_train_batch_size: 2\nmax_length: 1024\nlora_rank: 16\n`,
    );
  });

  it("knows a key for every change", () => {
    const text = `${minimal}gradient_accumulation_steps: 4\nper_device_eval_batch_size: 1\ngradient_checkpointing: false
num_train_epochs: 1\nwarmup_steps: 0\nwarmup_ratio: 0.1\nlr_scheduler_type: cosine\noptim: adamw_torch\n`;
    const change = {
      accumulation: 8,
      evaluationBatch: 2,
      gradientCheckpointing: true,
      epochs: 2,
      warmupSteps: 10,
      warmupRatio: 0.2,
      scheduler: "linear",
      optimizer: "adafactor",
    };
    assert.equal(
      written(text, change),
      `${minimal}gradient_accumulation_steps: 8\nper_device_eval_batch_size: 2\ngradient_checkpointing: true
num_train_epochs: 2\nwarmup_steps: 10\nwarmup_ratio: 0.2\nlr_scheduler_type: linear\noptim: adafactor\n`,
    );
  });

  it("leaves the answer its length in GRPO", () => {
    const text = `${minimal}rlhf_type: grpo\nmax_length: 2048\nmax_completion_length: 512\n`;
    assert.equal(written(text, { sequenceLength: 1536 }), text.replace("2048", "1024"));
  });

  it("writes the sequences per update instead of the accumulation for Megatron", () => {
    const text = `${megatron}global_batch_size: 16 # of all GPUs\nENV: { NPROC_PER_NODE: 4 }\n`;
    assert.equal(written(text, { accumulation: 8 }), text.replace("16 #", "32 #"));
    assert.equal(
      written(text, { microBatch: 2, accumulation: 4 }),
      text.replace("16 #", "32 #").replace("micro_batch_size: 1", "micro_batch_size: 2"),
    );
  });

  it("writes Megatron's own keys", () => {
    const text = `${megatron}lr: 1e-5\nlr_decay_style: cosine\nlr_warmup_fraction: 0.1\n`;
    assert.equal(
      written(text, { peakLearningRate: 2e-5, scheduler: "linear", warmupRatio: 0.05, evaluationBatch: 4 }),
      `${megatron}lr: 2e-5\nlr_decay_style: linear\nlr_warmup_fraction: 0.05\n`,
    );
    assert.equal(
      written(`${megatron}recompute_granularity: selective\n`, { gradientCheckpointing: true }),
      `${megatron}recompute_granularity: full\nrecompute_num_layers: 1\nrecompute_method: uniform\n`,
    );
    assert.equal(
      written(`${megatron}recompute_granularity: full\n`, { gradientCheckpointing: false }),
      `${megatron}recompute_granularity: none\n`,
    );
  });

  it("writes into the mapping of Ray's training workers", () => {
    const text = `model: a/b\nmicro_batch_size: 1\ntrain:\n  tuner_type: lora\n  lora_rank: 8\n`;
    assert.equal(written(text, { loraRank: 4 }), text.replace("lora_rank: 8", "lora_rank: 4"));
  });
});
