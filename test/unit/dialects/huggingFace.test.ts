import assert from "node:assert/strict";
import type { PlanChange } from "../../../src/core/dialects/dialect.ts";
import { huggingFace } from "../../../src/core/dialects/huggingFace.ts";
import { detectDialect } from "../../../src/core/dialects/index.ts";
import { analysisOf } from "../analysis.ts";
import { applyEdits } from "../edits.ts";
import { documentOf, intervalsOf, linkedFile, planOf } from "./reading.ts";

const trainer = `{
  "model_name_or_path": "Qwen/Qwen2.5-0.5B",
  "dataset_name": "wikitext",
  "dataset_config_name": "wikitext-2-raw-v1",
  "block_size": 1024,
  "validation_split_percentage": 5,
  "max_train_samples": 20000,
  "do_train": true,
  "learning_rate": 3e-5,
  "per_gpu_train_batch_size": 4,
  "num_train_epochs": 2,
  "lr_scheduler_type": "cosine",
  "warmup_steps": 100,
  "weight_decay": 0.01,
  "fp16": true,
  "fsdp": "full_shard auto_wrap",
  "fsdp_config": { "activation_checkpointing": true },
  "output_dir": "out"
}
`;

const sft = `
# Model arguments
model_name_or_path: mistralai/Mistral-7B-v0.1
torch_dtype: bfloat16
attn_implementation: flash_attention_2
use_peft: true
load_in_4bit: true
use_bnb_nested_quant: true
lora_r: 64
lora_alpha: 16
lora_dropout: 0.1
lora_target_modules: [q_proj, k_proj, v_proj, o_proj]
lora_modules_to_save: [lm_head]
use_rslora: true
use_dora: true
# Data arguments
dataset_name: trl-lib/Capybara
max_seq_length: 2048
packing: true
# Trainer arguments
bf16: true
gradient_checkpointing: false
learning_rate: 2.0e-04 # for rank 64
lr_scheduler_type: cosine_with_min_lr
lr_scheduler_kwargs:
  min_lr_rate: 0.1
warmup_ratio: 0.03
max_steps: 1000
num_train_epochs: 1
per_device_train_batch_size: 4
per_device_eval_batch_size: 2
gradient_accumulation_steps: 2
optim: paged_adamw_32bit
weight_decay: 0.1
adam_beta2: 0.95
max_grad_norm: 0.3
use_liger_kernel: true
dataloader_drop_last: true
num_processes: 4
`;

const dpo = `
model_name_or_path: alignment-handbook/zephyr-7b-sft-full
torch_dtype: null
chat_template: "{% for message in messages %}{{ message['content'] + ': learning_rate' }}{% endfor %}"
dataset_mixture:
  datasets:
    - id: HuggingFaceH4/ultrafeedback_binarized
      config: default
      split: train_prefs
      columns: [chosen, rejected]
      weight: 1.0
    - id: Intel/orca_dpo_pairs
      weight: 0.5
  test_split_size: 2000
  seed: 0
beta: 0.01
learning_rate: 5.0e-7
max_prompt_length: 512
num_train_epochs: 1
per_device_train_batch_size: 8
gradient_accumulation_steps: 2
output_dir: data/zephyr-7b-dpo-full
push_to_hub: true
`;

const grpo = `
model_name_or_path: Qwen/Qwen2.5-1.5B-Instruct
dataset_name: open-r1/OpenR1-Math-220k
system_prompt: "Think first."
use_vllm: true
gradient_checkpointing: true
max_prompt_length: 512
max_completion_length: 1024
num_generations: 16
per_device_train_batch_size: 16
reward_funcs:
- accuracy
- format
`;

const trl = "model_name_or_path: Qwen/Qwen2.5-0.5B\ndataset_text_field: text\nlearning_rate: 2e-5\n";

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

const plan = (lines: string, versions: Record<string, string> = {}) => planOf(huggingFace, trl + lines, { versions });
const written = (text: string, change: PlanChange, format: "yaml" | "json" = "yaml") =>
  applyEdits(text, huggingFace.write(documentOf(text, format), change));

const oneGpuEach = {
  tensor: { default: 1 },
  pipeline: { default: 1 },
  context: { default: 1 },
  expert: { default: 1 },
};

describe("reading a Trainer or TRL config", () => {
  it("takes everything from the JSON of a Trainer script, and Trainer's defaults for the rest", () => {
    const versions = { transformers: "4.57.6", torch: "2.6.0" };
    assert.equal(analysisOf(trainer, { format: "json" }).dialect.id, "hf-trl");
    assert.deepEqual(said(planOf(huggingFace, trainer, { format: "json", versions })), {
      stage: { default: "sft" },
      model: { id: "Qwen/Qwen2.5-0.5B", shape: null },
      method: { default: "full" },
      lora: null,
      quantization: null,
      optimizer: {
        name: { default: "adamw_torch" },
        weightDecay: 0.01,
        beta2: { default: 0.999 },
        epsilon: { default: 1e-8 },
        maxGradNorm: { default: 1 },
      },
      learningRate: {
        peak: 3e-5,
        scheduler: "cosine",
        family: "huggingface",
        schedulerArguments: { default: new Map() },
        warmup: { steps: 100 },
      },
      duration: { epochs: 2, maxSteps: { default: null }, maxTokens: { default: null } },
      evaluationInterval: { default: { kind: "never" } },
      saveInterval: { default: { kind: "updates", every: 500 } },
      batch: {
        micro: 4,
        accumulation: { default: 1 },
        global: null,
        evaluation: { default: 8 },
      },
      sequenceLength: 1024,
      packing: { default: true },
      data: {
        sources: [{ name: "wikitext", limit: 20000 }],
        samples: "unknown",
        validation: 0.05,
        dropLast: { default: false },
        streaming: { default: false },
      },
      precision: {
        trained: { default: "float32" },
        frozen: { default: "float32" },
        adapters: { default: "float32" },
        quantizedAdapters: { default: "float32" },
        autocast: "float16",
      },
      gradientCheckpointing: true,
      reentrant: { default: true },
      attention: { default: "sdpa" },
      loss: { default: "materialised" },
      activationOffload: { default: false },
      parallelism: {
        gpus: { assumed: 1 },
        ...oneGpuEach,
        sharding: "zero-3",
        reducesLast: { default: true },
        fsdp1: { default: true },
        offload: { default: "none" },
      },
    });
  });

  it("takes everything from a TRL QLoRA recipe", () => {
    assert.deepEqual(said(planOf(huggingFace, sft, { versions: { transformers: "4.57.6", trl: "0.24.0" } })), {
      stage: { default: "sft" },
      model: { id: "mistralai/Mistral-7B-v0.1", shape: null },
      method: "qlora",
      lora: {
        rank: 64,
        alpha: 16,
        dropout: 0.1,
        targets: { kind: "names", names: ["q_proj", "k_proj", "v_proj", "o_proj"] },
        modulesToSave: ["lm_head"],
        rsLora: true,
        dora: true,
      },
      quantization: {
        bits: 4,
        doubleQuantization: true,
        float32Norms: { default: true },
        float32Embeddings: { default: false },
      },
      optimizer: {
        name: "paged_adamw_32bit",
        weightDecay: 0.1,
        beta2: 0.95,
        epsilon: { default: 1e-8 },
        maxGradNorm: 0.3,
      },
      learningRate: {
        peak: 2e-4,
        scheduler: "cosine_with_min_lr",
        family: "huggingface",
        schedulerArguments: new Map([["min_lr_rate", 0.1]]),
        warmup: { ratio: 0.03, rounding: "up" },
      },
      duration: { epochs: 1, maxSteps: 1000, maxTokens: { default: null } },
      evaluationInterval: { default: { kind: "never" } },
      saveInterval: { default: { kind: "updates", every: 500 } },
      batch: { micro: 4, accumulation: 2, global: null, evaluation: 2 },
      sequenceLength: 2048,
      packing: true,
      data: {
        sources: [{ name: "trl-lib/Capybara", limit: null }],
        samples: "unknown",
        validation: { default: 0 },
        dropLast: true,
        streaming: { default: false },
      },
      precision: {
        trained: "bfloat16",
        frozen: "bfloat16",
        adapters: { default: "float32" },
        quantizedAdapters: { default: "float32" },
        autocast: "bfloat16",
      },
      gradientCheckpointing: false,
      reentrant: { default: true },
      attention: "flash",
      loss: "fused",
      activationOffload: { default: false },
      evaluationLoss: { default: "materialised" },
      kernels: { norms: true, mlp: true },
      parallelism: { gpus: 4, ...oneGpuEach, sharding: { default: "none" }, offload: { default: "none" } },
    });
  });

  it("takes everything from a DPO recipe of alignment-handbook with a mixture, and TRL's defaults for the rest", () => {
    assert.deepEqual(said(planOf(huggingFace, dpo)), {
      stage: { default: "dpo" },
      model: { id: "alignment-handbook/zephyr-7b-sft-full", shape: null },
      method: { default: "full" },
      lora: null,
      quantization: null,
      optimizer: {
        name: { default: "adamw_torch_fused" },
        weightDecay: { default: 0 },
        beta2: { default: 0.999 },
        epsilon: { default: 1e-8 },
        maxGradNorm: { default: 1 },
      },
      learningRate: {
        peak: 5e-7,
        scheduler: { default: "linear" },
        family: "huggingface",
        schedulerArguments: { default: new Map() },
        warmup: { default: { steps: 0 } },
      },
      duration: { epochs: 1, maxSteps: { default: null }, maxTokens: { default: null } },
      evaluationInterval: { default: { kind: "never" } },
      saveInterval: { default: { kind: "updates", every: 500 } },
      batch: { micro: 8, accumulation: 2, global: null, evaluation: { default: 8 } },
      sequenceLength: { default: 1024 },
      packing: { default: false },
      data: {
        sources: [
          { name: "HuggingFaceH4/ultrafeedback_binarized", limit: null },
          { name: "unknown", limit: null },
        ],
        samples: "unknown",
        validation: 2000,
        dropLast: { default: false },
        streaming: { default: false },
      },
      precision: {
        trained: { default: "float32" },
        frozen: { default: "float32" },
        adapters: { default: "float32" },
        quantizedAdapters: { default: "bfloat16" },
        autocast: { default: "bfloat16" },
      },
      gradientCheckpointing: { default: true },
      reentrant: { default: false },
      attention: { default: "sdpa" },
      loss: { default: "materialised" },
      preference: { beta: 0.01, averagesTokens: { default: false } },
      activationOffload: { default: false },
      parallelism: { gpus: { assumed: 1 }, ...oneGpuEach, sharding: { default: "none" }, offload: { default: "none" } },
    });
  });

  it("counts a prompt and an answer in GRPO", () => {
    const read = planOf(huggingFace, grpo);
    assert.equal(read.stage.value, "grpo");
    assert.deepEqual(said(read.learningRate.peak), { default: 1e-6 });
    assert.equal(read.sequenceLength.value, 1536);
    assert.equal(read.gradientCheckpointing.value, true);
    assert.equal(read.batch.micro.value, 16);
    const uncut = grpo.replace("max_prompt_length: 512\n", "");
    assert.equal(planOf(huggingFace, uncut).sequenceLength.origin, "unknown");
    assert.deepEqual(said(planOf(huggingFace, uncut, { versions: { trl: "0.24.0" } }).sequenceLength), {
      default: 1536,
    });
  });

  it("counts a prompt and an answer in distillation too, and the whole sequence in GKD", () => {
    const teacher = "teacher_model_name_or_path: Qwen/Qwen2.5-7B\n";
    assert.equal(plan(teacher).sequenceLength.origin, "unknown");
    assert.deepEqual(said(plan(`${teacher}seq_kd: true\n`).sequenceLength), { default: 1024 });
    assert.equal(plan(`${teacher}seq_kd: true\nmax_length: 512\n`).sequenceLength.value, 512);
  });

  it("generates as many answers at once as GRPO is told to, on all GPUs together", () => {
    const answers = (lines: string) => planOf(huggingFace, grpo.replace("use_vllm: true", lines)).generation?.sequences;
    assert.equal(answers("gradient_accumulation_steps: 2")?.value, 16 * 2);
    assert.equal(answers("steps_per_generation: 4")?.value, 16 * 4);
    assert.equal(answers("generation_batch_size: 128")?.value, 128);
    assert.equal(answers("generation_batch_size: 128\nnum_processes: 4")?.value, 128 / 4);
  });

  it("fills in TRL's defaults for LoRA and plain fine-tuning", () => {
    const read = plan("use_peft: true\n");
    assert.equal(read.method.value, "lora");
    assert.deepEqual(said(read.lora), {
      rank: { default: 16 },
      alpha: { default: 32 },
      dropout: { default: 0.05 },
      targets: { default: { kind: "default" } },
      modulesToSave: { default: [] },
      rsLora: { default: false },
      dora: { default: false },
    });
    assert.deepEqual(said(read.loss), { default: "chunked" });
    assert.deepEqual(said(read.sequenceLength), { default: 1024 });
    assert.deepEqual(said(plan("use_peft: true\nlora_target_modules: all-linear\n").lora?.targets), { kind: "all" });
  });

  it("ignores lora keys without use_peft, as TRL does", () => {
    const { method, lora } = plan("lora_r: 16\n");
    assert.equal(method.value, "full");
    assert.equal(lora, null);
  });

  it("quantises in 8 bits too, without nested scales unless told otherwise", () => {
    const { method, quantization, precision } = plan("use_peft: true\nload_in_8bit: true\n");
    assert.equal(method.value, "lora");
    assert.deepEqual(said(quantization), {
      bits: 8,
      doubleQuantization: { default: false },
      float32Norms: { default: false },
    });
    assert.deepEqual(said(precision.quantizedAdapters), { default: "bfloat16" });
  });

  it("has embeddings in float32 where PEFT prepares a quantised model, but for what TRL casts back", () => {
    const embeddings = (text: string, trl: string) =>
      said(plan(`use_peft: true\n${text}\n`, { trl }).quantization?.float32Embeddings);
    assert.deepEqual(embeddings("load_in_4bit: true", "0.18.0"), { default: true });
    assert.deepEqual(embeddings("load_in_4bit: true\nfp16: true", "0.18.0"), { default: true });
    assert.deepEqual(embeddings("load_in_4bit: true\nbf16: true", "0.18.0"), { default: false });
    assert.deepEqual(embeddings("load_in_8bit: true\nbf16: true", "0.18.0"), { default: true });
    assert.equal(embeddings("load_in_4bit: true", "0.26.0"), undefined);
    const script = plan("use_peft: true\nload_in_4bit: true\npad_to_max_length: true\n", { trl: "0.26.0" });
    assert.deepEqual(said(script.quantization?.float32Norms), { assumed: true });
    assert.deepEqual(said(script.quantization?.float32Embeddings), { assumed: true });
  });

  it("has other rates by default for each of TRL's trainers, and Trainer's own without TRL's keys", () => {
    const rate = (lines: string) =>
      said(planOf(huggingFace, `model_name_or_path: gpt2\nnum_train_epochs: 1\n${lines}`).learningRate.peak);
    assert.deepEqual(rate(""), { default: 5e-5 });
    assert.deepEqual(rate("packing: true\n"), { default: 2e-5 });
    assert.deepEqual(rate("beta: 0.1\n"), { default: 1e-6 });
    assert.deepEqual(rate("desirable_weight: 1.0\n"), { default: 1e-6 });
    assert.deepEqual(rate("num_generations: 8\n"), { default: 1e-6 });
    assert.deepEqual(rate("center_rewards_coefficient: 0.01\n"), { default: 1e-4 });
    assert.deepEqual(rate("teacher_model_name_or_path: gpt2-xl\n"), { default: 1e-6 });
    assert.deepEqual(rate("teacher_model_name_or_path: gpt2-xl\nlmbda: 0.5\n"), { default: 2e-5 });
  });

  it("tells the trainer by keys that only it has, or by its loss", () => {
    const stage = (lines: string) => plan(lines).stage.value;
    assert.equal(stage("beta: 0.1\n"), "dpo");
    assert.equal(stage("precompute_ref_log_probs: true\n"), "dpo");
    assert.equal(stage("num_generations: 8\nbeta: 0.04\n"), "grpo");
    assert.equal(stage("reward_funcs: [accuracy]\n"), "grpo");
    assert.equal(stage("max_completion_length: 512\n"), "grpo");
    assert.equal(stage("max_completion_length: 512\nmax_length: 1024\nbeta: 0.1\n"), "dpo");
    assert.equal(stage("desirable_weight: 1.0\nbeta: 0.1\n"), "kto");
    assert.equal(stage("center_rewards_coefficient: 0.01\n"), "reward");
    assert.equal(stage("loss_type: [sigmoid, bco_pair]\n"), "dpo");
    assert.equal(stage("loss_type: apo_zero\nuse_vllm: true\n"), "dpo");
    assert.equal(stage("loss_type: simpo\n"), "simpo");
    assert.equal(stage("loss_type: dr_grpo\nbeta: 0.0\n"), "grpo");
    assert.equal(stage("loss_type: dft\n"), "sft");
    assert.equal(stage("loss_type: cispo\n"), "grpo");
    assert.equal(stage("teacher_model_name_or_path: Qwen/Qwen2.5-7B\nbeta: 0.5\n"), "distill");
    assert.equal(stage("lmbda: 0.5\nbeta: 0.5\n"), "distill");
    assert.equal(stage("teacher_model_name_or_path: Qwen/Qwen2.5-7B\nmax_completion_length: 64\n"), "distill");
  });

  it("takes the lengths of transformers' own scripts, and those of encoders, for none of TRL's", () => {
    const checkpointing = (lines: string) =>
      said(planOf(huggingFace, `learning_rate: 5.0e-5\nmax_seq_length: 512\n${lines}\n`).gradientCheckpointing);
    assert.deepEqual(checkpointing("model_name_or_path: gpt2"), { default: true });
    assert.deepEqual(checkpointing("model_name_or_path: gpt2\ndoc_stride: 128"), { default: false });
    assert.deepEqual(checkpointing("model_name_or_path: gpt2\ntask_name: sst2"), { default: false });
    assert.deepEqual(checkpointing("model_name_or_path: FacebookAI/roberta-large"), { default: false });
    assert.deepEqual(checkpointing("model_name_or_path: gpt2\ntask_name: sst2\nbeta: 0.1"), { default: true });
  });

  it("follows the releases of transformers: what computes attention, and which AdamW steps", () => {
    const of = (transformers: string) => {
      const { attention, optimizer } = plan("", { transformers, torch: "2.1" });
      return [said(attention), said(optimizer.name)];
    };
    assert.deepEqual(of("4.36.0"), [{ default: "sdpa" }, { default: "adamw_torch" }]);
    assert.deepEqual(of("4.35.2"), [{ default: "eager" }, { default: "adamw_torch" }]);
    assert.deepEqual(of("4.31.0"), [{ default: "eager" }, { default: "adamw_hf" }]);
  });

  it("tells ORPO, whose keys are DPO's, by the name of what comes out, which is an assumption", () => {
    const orpo = "beta: 0.05\nmax_length: 2048\nhub_model_id: zephyr-orpo-141b-A35b\n";
    assert.deepEqual(said(plan(orpo).stage), { assumed: "orpo" });
    assert.deepEqual(said(plan("beta: 0.1\noutput_dir: data/zephyr-7b-dpo\n").stage), { default: "dpo" });
  });

  it("follows the releases of TRL: bfloat16, checkpointing, chunked loss and quantised models", () => {
    const old = plan("use_peft: true\nload_in_4bit: true\n", { trl: "0.18.0" });
    assert.deepEqual(said(old.precision.autocast), { default: null });
    assert.deepEqual(said(old.gradientCheckpointing), { default: false });
    assert.deepEqual(said(old.loss), { default: "materialised" });
    assert.deepEqual(said(old.quantization?.float32Norms), { default: true });
    assert.deepEqual(said(old.precision.quantizedAdapters), { default: "float32" });
    const recent = plan("use_peft: true\nload_in_4bit: true\n", { trl: "1.7.0" });
    assert.deepEqual(said(recent.precision.autocast), { default: "bfloat16" });
    assert.deepEqual(said(recent.gradientCheckpointing), { default: true });
    assert.deepEqual(said(recent.loss), { default: "chunked" });
    assert.deepEqual(said(plan("fp16: true\n").precision.autocast), "float16");
  });

  it("loads the weights as dtype says, in float32 in TRL, in the checkpoint's type in Trainer since 5.0", () => {
    const weights = (lines: string) => said(plan(lines).precision.trained);
    assert.deepEqual(weights("dtype: bfloat16\n"), "bfloat16");
    assert.deepEqual(weights("torch_dtype: float16\n"), "float16");
    assert.deepEqual(weights("dtype: auto\n"), { assumed: "bfloat16" });
    assert.deepEqual(weights(""), { default: "float32" });
    const script = "model_name_or_path: gpt2\nlearning_rate: 1e-4\n";
    const loaded = (transformers: string) =>
      said(planOf(huggingFace, script, { versions: { transformers } }).precision.trained);
    assert.deepEqual(loaded("4.57.6"), { default: "float32" });
    assert.deepEqual(loaded("5.0.0"), { assumed: "bfloat16" });
  });

  it("lets steps win over a ratio in transformers 4, and the ratio in 5", () => {
    const warmup = (transformers: string) =>
      plan("warmup_steps: 50\nwarmup_ratio: 0.1\n", { transformers }).learningRate.warmup.value;
    assert.deepEqual(warmup("4.57.6"), { steps: 50 });
    assert.deepEqual(warmup("5.3.0"), { ratio: 0.1, rounding: "up" });
    const whole = (transformers: string) => plan("warmup_ratio: 1.0\n", { transformers }).learningRate.warmup.value;
    assert.deepEqual(whole("4.57.6"), { ratio: 1, rounding: "up" });
    assert.deepEqual(whole("5.14.0"), { steps: 1 });
  });

  it("reads warmup_steps below one as a ratio since transformers 5", () => {
    const warmup = (transformers: string) => plan("warmup_steps: 0.03\n", { transformers }).learningRate.warmup.value;
    assert.deepEqual(warmup("5.15.0"), { ratio: 0.03, rounding: "up" });
    assert.deepEqual(warmup("4.57.6"), { steps: 0 });
  });

  it("takes the loss of SFT at its word, and Liger's under either name", () => {
    const loss = (lines: string) => plan(lines).loss.value;
    assert.equal(loss("loss_type: nll\n"), "materialised");
    assert.equal(loss("loss_type: chunked_nll\n"), "chunked");
    assert.equal(loss("beta: 0.1\n"), "materialised");
    assert.equal(loss("beta: 0.1\nuse_liger: true\n"), "fused");
  });

  it("knows the older names of the sequence length, and that null cuts nothing", () => {
    const length = (lines: string) => plan(lines).sequenceLength;
    assert.equal(length("max_length: 4096\n").value, 4096);
    assert.equal(length("max_seq_length: 4096\n").value, 4096);
    assert.equal(length("model_max_length: 512\n").value, 512);
    assert.equal(length("max_length: null\n").origin, "unknown");
    const script = planOf(huggingFace, "model_name_or_path: gpt2\nlearning_rate: 1e-4\n").sequenceLength;
    assert.match(script.note ?? "", /the training script decides/);
  });

  it("names data sets of which only a part is taken as parts of unknown size", () => {
    const names = (lines: string) => said(plan(lines).data.sources);
    assert.deepEqual(names("dataset_mixer:\n  HuggingFaceH4/ultrachat_200k: 1.0\n  Open-Orca/OpenOrca: 0.1\n"), [
      { name: "HuggingFaceH4/ultrachat_200k", limit: null },
      { name: "unknown", limit: null },
    ]);
    assert.deepEqual(names("dataset_name: imdb\ndataset_train_split: train[:10%]\n"), [
      { name: "unknown", limit: null },
    ]);
    assert.deepEqual(names("train_file: data/train.jsonl\n"), [{ name: "data/train.jsonl", limit: null }]);
  });

  it("reads a value on the line below its key, as TRL's own example writes it", () => {
    const text = "model_name_or_path:\n  Qwen/Qwen2.5-0.5B\nlearning_rate:\n  0.0001\nlr_scheduler_type:\n  cosine\n";
    const read = planOf(huggingFace, text);
    assert.equal(read.learningRate.peak.value, 0.0001);
    assert.equal(read.learningRate.scheduler.value, "cosine");
  });

  it("takes GPUs and sharding from TRL's launch profiles", () => {
    const launch = (lines: string) => {
      const { gpus, sharding, offload } = plan(lines).parallelism;
      return said([gpus, sharding, offload]);
    };
    assert.deepEqual(launch("accelerate_config: zero2\n"), [8, "zero-2", { default: "none" }]);
    assert.deepEqual(launch("accelerate_config: fsdp2\n"), [8, "zero-3", { default: "none" }]);
    assert.deepEqual(launch("accelerate_config: single_gpu\n"), [1, "none", { default: "none" }]);
    assert.deepEqual(launch("accelerate_config: zero3\nnum_processes: 4\n"), [4, "zero-3", { default: "none" }]);
  });

  it("asks for accelerate's file, and takes its word", () => {
    const text = `${trl}accelerate_config: accelerate_configs/mine.yaml\n`;
    const links = (config: string) => huggingFace.links?.(documentOf(config)).map(({ path }) => path);
    assert.deepEqual(links(text), ["accelerate_configs/mine.yaml"]);
    assert.deepEqual(links(`${trl}accelerate_config: zero3\n`), []);
    assert.deepEqual(links(`${trl}deepspeed: ds.json\n`), ["ds.json"]);
    const missing = planOf(huggingFace, text).parallelism;
    assert.deepEqual(said([missing.gpus, missing.sharding]), [{ assumed: 1 }, "unknown"]);
    const file = linkedFile(
      "file:///accelerate_configs/mine.yaml",
      `compute_environment: LOCAL_MACHINE
distributed_type: FSDP
fsdp_config:
  fsdp_version: 2
  fsdp_reshard_after_forward: false
  fsdp_offload_params: true
num_processes: 16
`,
    );
    const linked = new Map([["accelerate_configs/mine.yaml", file]]);
    const { parallelism } = planOf(huggingFace, text, { linked });
    assert.deepEqual(said([parallelism.gpus, parallelism.sharding, parallelism.offload]), [
      { linked: 16 },
      { linked: "zero-2" },
      { linked: "optimizer-and-parameters" },
    ]);
    assert.equal(parallelism.gpus.place?.uri, file.uri);
  });

  it("keeps checkpoints in the host's memory where the trainer's checkpointing is told so, or FSDP's in accelerate's file", () => {
    const file = linkedFile(
      "file:///fsdp2.yaml",
      `distributed_type: FSDP
fsdp_config:
  fsdp_version: 2
  fsdp_activation_checkpointing: true
  fsdp_activation_checkpointing_offload: true
num_processes: 8
`,
    );
    const read = (lines: string) => {
      const base = "model_name_or_path: Qwen/Qwen3-8B\nlearning_rate: 2.0e-5\nmax_length: 1048576\n";
      const linked = new Map([["fsdp2.yaml", file]]);
      const { gradientCheckpointing, activationOffload } = planOf(huggingFace, base + lines, { linked });
      return [gradientCheckpointing.value, activationOffload?.value];
    };
    const kept = "gradient_checkpointing_kwargs: { offload: true }\n";
    assert.deepEqual(read(`gradient_checkpointing: true\n${kept}`), [true, true]);
    assert.deepEqual(read(`gradient_checkpointing: false\n${kept}`), [false, false]);
    assert.deepEqual(read("gradient_checkpointing: false\naccelerate_config: fsdp2.yaml\n"), [true, true]);
    assert.deepEqual(read("gradient_checkpointing: true\n"), [true, false]);
  });

  it("says unknown where a value comes from elsewhere or is none", () => {
    const read = planOf(huggingFace, "model_name_or_path: ${MODEL}\nlearning_rate: fast\nuse_peft: true\n");
    assert.equal(read.model.id.origin, "unknown");
    assert.equal(read.learningRate.peak.origin, "unknown");
  });

  it("says where a value in JSON stands", () => {
    const { sequenceLength } = planOf(
      huggingFace,
      '{ "model_name_or_path": "Qwen/Qwen2.5-0.5B", "block_size": 1024, "learning_rate": 5e-5 }',
      { format: "json" },
    );
    assert.deepEqual(sequenceLength.place?.range.start, { line: 0, character: 59 });
  });

  it("evaluates never and saves every 500 updates, as transformers does unless told otherwise", () => {
    assert.deepEqual(intervalsOf(plan("")), [{ kind: "never" }, { kind: "updates", every: 500 }]);
  });

  it("evaluates when it logs where eval_steps are not given: every 500 updates, 10 in TRL since 0.19", () => {
    const evaluation = (lines: string, trl: string) =>
      plan(`eval_strategy: steps\n${lines}`, { trl }).evaluationInterval;
    assert.deepEqual(evaluation("", "0.18.2")?.value, { kind: "updates", every: 500 });
    assert.deepEqual(evaluation("", "0.19.0")?.value, { kind: "updates", every: 10 });
    assert.deepEqual(evaluation("logging_steps: 25\n", "0.19.0")?.value, { kind: "updates", every: 25 });
    assert.deepEqual(evaluation("logging_steps: 25\neval_steps: 40\n", "0.19.0")?.value, {
      kind: "updates",
      every: 40,
    });
  });

  it("takes steps below one for a share of the run, and epochs and no at their word", () => {
    assert.deepEqual(intervalsOf(plan("eval_strategy: steps\neval_steps: 0.25\nsave_steps: 0.5\n")), [
      { kind: "share", of: "run", share: 0.25, rounding: "up" },
      { kind: "share", of: "run", share: 0.5, rounding: "up" },
    ]);
    assert.deepEqual(intervalsOf(plan("evaluation_strategy: epoch\nsave_strategy: epoch\n")), [
      { kind: "epochs", every: 1 },
      { kind: "epochs", every: 1 },
    ]);
    assert.deepEqual(intervalsOf(plan("eval_strategy: no\nsave_strategy: no\n")), [
      { kind: "never" },
      { kind: "never" },
    ]);
  });

  it("cannot know when an evaluation is better than all before", () => {
    const { saveInterval } = plan("eval_strategy: epoch\nsave_strategy: best\n");
    assert.equal(saveInterval?.origin, "unknown");
  });
});

describe("recognising a Trainer or TRL config", () => {
  it("leaves alone evaluation, inference, accelerate's file, and configs without Trainer's keys", () => {
    const others = [
      "model_name_or_path: gpt2\ndo_eval: true\nper_device_eval_batch_size: 8\n",
      "model_name_or_path: gpt2\ndo_train: false\ndo_predict: true\nlearning_rate: 1e-4\n",
      "model_name_or_path: gpt2\nmax_new_tokens: 64\ntemperature: 0.7\n",
      "compute_environment: LOCAL_MACHINE\ndistributed_type: MULTI_GPU\nnum_processes: 8\n",
      "base_model: gpt2\nmicro_batch_size: 2\nlearning_rate: 1e-4\n",
      "model:\n  model_name: gpt2\ntraining:\n  learning_rate: 1e-4\n  per_device_train_batch_size: 2\n",
    ];
    for (const text of others) assert.equal(huggingFace.detect(documentOf(text)), 0, text);
  });

  it("is less sure of arguments without a model", () => {
    assert.equal(huggingFace.detect(documentOf("learning_rate: 1e-4\nnum_train_epochs: 3\n")), 0.7);
    assert.equal(huggingFace.detect(documentOf(sft)), 1);
  });

  it("leaves frameworks with the same keys and some of their own to their dialects", () => {
    const detected = (text: string) => detectDialect([documentOf(text)])?.dialect.id;
    const common = "model_name_or_path: gpt2\nlearning_rate: 1e-4\nper_device_train_batch_size: 2\n";
    assert.equal(detected(common), "hf-trl");
    assert.equal(detected(`${common}finetuning_type: lora\n`), "llamafactory");
    assert.equal(detected(`${common}dataset_mixer_list: [ai2-adapt-dev/tulu, 1.0]\n`), "open-instruct");
  });
});

describe("writing a Trainer or TRL config", () => {
  it("sets each key in place, under the name that the file has, and leaves comments alone", () => {
    const changed = written(sft, {
      peakLearningRate: 1e-4,
      microBatch: 2,
      accumulation: 4,
      evaluationBatch: 1,
      sequenceLength: 1024,
      gradientCheckpointing: true,
      epochs: 3,
      warmupRatio: 0.05,
      scheduler: "cosine",
      optimizer: "adamw_torch",
      loraRank: 16,
    });
    const expected = sft
      .replace("learning_rate: 2.0e-04 #", "learning_rate: 1.0e-04 #")
      .replace("train_batch_size: 4", "train_batch_size: 2")
      .replace("accumulation_steps: 2", "accumulation_steps: 4")
      .replace("eval_batch_size: 2", "eval_batch_size: 1")
      .replace("max_seq_length: 2048", "max_seq_length: 1024")
      .replace("gradient_checkpointing: false", "gradient_checkpointing: true")
      .replace("num_train_epochs: 1", "num_train_epochs: 3")
      .replace("warmup_ratio: 0.03", "warmup_ratio: 0.05")
      .replace("cosine_with_min_lr", "cosine")
      .replace("paged_adamw_32bit", "adamw_torch")
      .replace("lora_r: 64", "lora_r: 16");
    assert.equal(changed, expected);
  });

  it("keeps the older names in JSON, and adds a key where there is none", () => {
    assert.equal(
      written(trainer, { microBatch: 2, sequenceLength: 512, warmupSteps: 50 }, "json"),
      trainer
        .replace('"per_gpu_train_batch_size": 4', '"per_gpu_train_batch_size": 2')
        .replace('"block_size": 1024', '"block_size": 512')
        .replace('"warmup_steps": 100', '"warmup_steps": 50'),
    );
    assert.equal(written(trl, { sequenceLength: 2048 }), `${trl}max_length: 2048\n`);
    assert.equal(written(trl, { warmupRatio: 0.1 }), `${trl}warmup_ratio: 0.1\n`);
  });

  it("shortens GRPO's answers, which follow the prompts", () => {
    assert.equal(
      written(grpo, { sequenceLength: 1024, microBatch: 8 }),
      grpo
        .replace("max_completion_length: 1024", "max_completion_length: 512")
        .replace("train_batch_size: 16", "train_batch_size: 8"),
    );
    assert.equal(written(grpo, { sequenceLength: 256 }), grpo);
  });
});
