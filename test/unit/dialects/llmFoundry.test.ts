import assert from "node:assert/strict";
import type { PlanChange } from "../../../src/core/dialects/dialect.ts";
import { llmFoundry } from "../../../src/core/dialects/llmFoundry.ts";
import type { Sourced } from "../../../src/core/plan/sourced.ts";
import { analysisOf } from "../analysis.ts";
import { applyEdits } from "../edits.ts";
import { documentOf, groupsOf, intervalsOf, planOf } from "./reading.ts";

const full = `
variables:
  length: 4096
  model: Qwen/Qwen2.5-7B

max_seq_len: \${variables.length}

model:
  name: hf_causal_lm
  pretrained: true
  pretrained_model_name_or_path: \${variables.model}
  use_flash_attention_2: true

tokenizer:
  name: \${variables.model}

train_loader:
  name: finetuning
  dataset:
    hf_name: HuggingFaceH4/no_robots
    split: train
    max_seq_len: \${max_seq_len}
    packing_ratio: auto
  drop_last: true

scheduler:
  name: linear_decay_with_warmup
  t_warmup: 0.05dur # a twentieth
  alpha_f: 0.1
  t_max: 1dur

optimizer:
  name: decoupled_adamw
  lr: 2.0e-5
  betas: [0.9, 0.98]
  weight_decay: 1.0e-6

algorithms:
  gradient_clipping:
    clipping_type: norm
    clipping_threshold: 0.5

max_duration: 3ep
global_train_batch_size: 66
device_train_microbatch_size: 4
device_eval_batch_size: 2
precision: amp_bf16

fsdp_config:
  sharding_strategy: SHARD_GRAD_OP
  mixed_precision: PURE
  activation_checkpointing: true
`;

const lora = `
model:
  name: hf_causal_lm
  pretrained_model_name_or_path: mistralai/Mistral-7B-v0.1
  load_in_8bit: true
  peft_config:
    peft_type: LORA
    r: 64
    lora_alpha: 128
    lora_dropout: 0.05
    target_modules: [q_proj, v_proj]
train_loader:
  name: finetuning
  dataset:
    hf_name: json
    hf_kwargs:
      data_dir: data/answers
max_seq_len: 2048
optimizer:
  name: decoupled_lionw
scheduler:
  name: cosine_with_warmup
  t_warmup: 50ba
max_duration: 500ba
global_train_batch_size: 16
`;

const mpt = `
model:
  name: mpt_causal_lm
  d_model: 1024
  n_heads: 16
  n_layers: 12
  max_seq_len: 1024
  vocab_size: 50432
  expansion_ratio: 3
  no_bias: true
  attn_config:
    attn_impl: torch
    attn_type: grouped_query_attention
    kv_n_heads: 4
    alibi: true
train_loader:
  name: text
  dataset:
    local: ./c4
    remote:
    max_seq_len: 1024
optimizer: { name: decoupled_adamw, lr: 3.0e-4 }
scheduler: { name: cosine_with_warmup, t_warmup: 20_000_000tok, t_max: 2e9tok }
max_duration: 2_000_000_000tok
global_train_batch_size: 256
device_train_microbatch_size: 8
`;

type Row = readonly [source: Sourced<unknown> | null | undefined, value: unknown, origin?: Sourced<unknown>["origin"]];

function assertRows(rows: Readonly<Record<string, Row>>): void {
  for (const [name, [source, value, origin = "file"]] of Object.entries(rows)) {
    assert.deepEqual(source?.value, value, name);
    assert.equal(source?.origin, origin, `the origin of ${name}`);
  }
}

describe("reading an LLM-Foundry config", () => {
  it("takes everything from a full finetuning, through its references", () => {
    const plan = planOf(llmFoundry, full);
    assertRows({
      stage: [plan.stage, "sft"],
      model: [plan.model.id, "Qwen/Qwen2.5-7B"],
      method: [plan.method, "full", "default"],
      optimizer: [plan.optimizer.name, "decoupled_adamw"],
      decay: [plan.optimizer.weightDecay, 1e-6],
      beta2: [plan.optimizer.beta2, 0.98],
      clipping: [plan.optimizer.maxGradNorm, 0.5],
      peak: [plan.learningRate.peak, 2e-5],
      scheduler: [plan.learningRate.scheduler, "linear_decay_with_warmup"],
      arguments: [
        plan.learningRate.schedulerArguments,
        new Map<string, unknown>([
          ["t_warmup", "0.05dur"],
          ["alpha_f", 0.1],
          ["t_max", "1dur"],
          ["max_duration", "3ep"],
        ]),
      ],
      warmup: [plan.learningRate.warmup, { ratio: 0.05, rounding: "down" }],
      epochs: [plan.duration.epochs, 3],
      maxSteps: [plan.duration.maxSteps, null],
      maxTokens: [plan.duration.maxTokens, null],
      micro: [plan.batch.micro, 4],
      // 66 sequences in micro batches of 4: the 17th holds two
      accumulation: [plan.batch.accumulation, 17, "assumed"],
      global: [plan.batch.global, 66],
      evaluation: [plan.batch.evaluation, 2],
      length: [plan.sequenceLength, 4096],
      packing: [plan.packing, true],
      samples: [plan.data.samples, undefined, "unknown"],
      validation: [plan.data.validation, 0, "default"],
      dropLast: [plan.data.dropLast, true],
      trained: [plan.precision.trained, "float32", "default"],
      autocast: [plan.precision.autocast, "bfloat16"],
      checkpointing: [plan.gradientCheckpointing, true],
      attention: [plan.attention, "flash"],
      loss: [plan.loss, "materialised", "default"],
      gpus: [plan.parallelism.gpus, 1, "assumed"],
      tensor: [plan.parallelism.tensor, 1, "default"],
      sharding: [plan.parallelism.sharding, "zero-2"],
      offload: [plan.parallelism.offload, "none", "default"],
    });
    assert.equal(plan.learningRate.family, "composer");
    assert.deepEqual([plan.lora, plan.quantization, plan.model.shape], [null, null, null]);
    assert.deepEqual(
      plan.data.sources.map(({ name, limit }) => [name.value, limit]),
      [["HuggingFaceH4/no_robots", null]],
    );
  });

  it("takes everything from a LoRA config, with the defaults that it leaves open", () => {
    const plan = planOf(llmFoundry, lora);
    assertRows({
      method: [plan.method, "lora"],
      rank: [plan.lora?.rank, 64],
      alpha: [plan.lora?.alpha, 128],
      dropout: [plan.lora?.dropout, 0.05],
      targets: [plan.lora?.targets, { kind: "names", names: ["q_proj", "v_proj"] }],
      modulesToSave: [plan.lora?.modulesToSave, [], "default"],
      rsLora: [plan.lora?.rsLora, false, "default"],
      dora: [plan.lora?.dora, false, "default"],
      bits: [plan.quantization?.bits, 8],
      double: [plan.quantization?.doubleQuantization, false, "default"],
      norms: [plan.quantization?.float32Norms, false, "default"],
      peak: [plan.learningRate.peak, 1e-4, "default"],
      beta2: [plan.optimizer.beta2, 0.99, "default"],
      decay: [plan.optimizer.weightDecay, 0, "default"],
      clipping: [plan.optimizer.maxGradNorm, 0, "default"],
      warmup: [plan.learningRate.warmup, { steps: 50 }],
      arguments: [
        plan.learningRate.schedulerArguments,
        new Map([
          ["t_warmup", "50ba"],
          ["max_duration", "500ba"],
        ]),
      ],
      epochs: [plan.duration.epochs, undefined, "unknown"],
      maxSteps: [plan.duration.maxSteps, 500],
      packing: [plan.packing, false, "default"],
      evaluation: [plan.batch.evaluation, undefined, "unknown"],
      adapters: [plan.precision.adapters, "float32", "default"],
      autocast: [plan.precision.autocast, "bfloat16", "default"],
      attention: [plan.attention, "eager", "default"],
      checkpointing: [plan.gradientCheckpointing, false, "default"],
      sharding: [plan.parallelism.sharding, "none", "default"],
    });
    assert.equal(plan.data.sources[0]?.name.value, "data/answers");
    const adamw = planOf(llmFoundry, lora.replace("decoupled_lionw", "decoupled_adamw"));
    assertRows({
      peak: [adamw.learningRate.peak, 1e-3, "default"],
      beta2: [adamw.optimizer.beta2, 0.95, "default"],
      decay: [adamw.optimizer.weightDecay, 1e-5, "default"],
    });
  });

  it("takes PEFT's defaults where only the kind of adapter is given", () => {
    const plan = planOf(llmFoundry, lora.replace(/ {4}r: 64[\s\S]*v_proj\]\n/, ""));
    assertRows({
      rank: [plan.lora?.rank, 8, "default"],
      alpha: [plan.lora?.alpha, 8, "default"],
      dropout: [plan.lora?.dropout, 0, "default"],
      targets: [plan.lora?.targets, { kind: "default" }, "default"],
    });
  });

  it("says that Composer finds the micro batch when it is auto or absent", () => {
    for (const text of [lora, `${lora}device_train_microbatch_size: auto\n`]) {
      const { micro, accumulation, global } = planOf(llmFoundry, text).batch;
      assert.equal(micro.origin, "unknown");
      assert.match(micro.note ?? "", /Composer finds the largest/);
      assert.equal(accumulation.origin, "unknown");
      assert.equal(global?.value, 16);
    }
  });

  it("reads the shape of an MPT model, and lengths in tokens", () => {
    const plan = planOf(llmFoundry, mpt);
    assertRows({
      stage: [plan.stage, "pretrain"],
      model: [plan.model.id, "mpt_causal_lm"],
      maxTokens: [plan.duration.maxTokens, 2e9],
      maxSteps: [plan.duration.maxSteps, null],
      epochs: [plan.duration.epochs, undefined, "unknown"],
      warmup: [plan.learningRate.warmup, { ratio: 0.01, rounding: "exact" }],
      attention: [plan.attention, "eager"],
      packing: [plan.packing, true, "default"],
      accumulation: [plan.batch.accumulation, 32, "assumed"],
    });
    assert.deepEqual(plan.model.shape?.value, {
      hidden: 1024,
      layers: 12,
      heads: 16,
      vocab: 50432,
      kvHeads: 4,
      intermediate: 3072,
      context: 1024,
      tied: true,
      gated: false,
      biased: false,
    });
    assert.equal(plan.data.sources[0]?.name.value, "./c4");
    const defaults = planOf(
      llmFoundry,
      "model: { name: mpt_causal_lm }\ntrain_loader: { name: text }\nmax_duration: 1ep\n",
    );
    assert.deepEqual(defaults.model.shape?.value, {
      hidden: 2048,
      layers: 24,
      heads: 16,
      vocab: 50368,
      kvHeads: 16,
      intermediate: 8192,
      context: 2048,
      tied: true,
      gated: false,
      biased: true,
      positions: 2048,
    });
    assert.equal(defaults.attention.value, "flash");
  });

  it("understands every unit of time", () => {
    const duration = (time: string) => planOf(llmFoundry, mpt.replace("2_000_000_000tok", time)).duration;
    assert.equal(duration("2").epochs.value, 2);
    assert.equal(duration("2EP").epochs.value, 2);
    assert.equal(duration("1000ba").maxSteps.value, 1000);
    // 1000 samples are three full batches of 256 and a last one
    assert.equal(duration("1000sp").maxSteps.value, 4);
    assert.equal(duration("1e9tok").maxTokens.value, 1e9);
    assert.equal(duration("soon").epochs.origin, "unknown");
    const warmup = (time: string) => planOf(llmFoundry, mpt.replace("20_000_000tok", time)).learningRate.warmup;
    assert.deepEqual(warmup("0ep").value, { steps: 0 });
    assert.deepEqual(warmup("100ba").value, { steps: 100 });
    assert.match(warmup("1ep").note ?? "", /not in the unit of max_duration/);
    assert.match(warmup("100").note ?? "", /not a time, such as 100ba/);
    const epochs = planOf(llmFoundry, full.replace("0.05dur", "1ep")).learningRate.warmup;
    assert.deepEqual(epochs.value, { ratio: 1 / 3, rounding: "exact" });
  });

  it("tells pretraining from its continuation", () => {
    const stage = (text: string) => planOf(llmFoundry, text).stage.value;
    assert.equal(stage(full.replace("name: finetuning", "name: text")), "continued-pretrain");
    assert.equal(
      stage(full.replace("name: finetuning", "name: text").replace("pretrained: true", "pretrained: false")),
      "pretrain",
    );
    assert.equal(stage(`${mpt}load_path: s3://runs/base.pt\n`), "continued-pretrain");
  });

  it("knows no norm when it clips values", () => {
    const { maxGradNorm } = planOf(llmFoundry, full.replace("clipping_type: norm", "clipping_type: value")).optimizer;
    assert.deepEqual([maxGradNorm.origin, maxGradNorm.note], ["unknown", "clipped by value, not by their norm"]);
  });

  it("reads the parameters of a job of MosaicML's platform, which also tells the GPUs", () => {
    const indented = full.replace(/^(?=.)/gm, "  ");
    const job = `name: finetune\ncompute:\n  gpus: 8\n  cluster: r1z1\ncommand: composer train.py\nparameters:${indented}`;
    const plan = planOf(llmFoundry, job);
    assertRows({
      gpus: [plan.parallelism.gpus, 8],
      length: [plan.sequenceLength, 4096],
      // 66 / 8 = 8.25 sequences per GPU in micro batches of 4
      accumulation: [plan.batch.accumulation, 3],
    });
    const edits = llmFoundry.write(documentOf(job), { microBatch: 2, peakLearningRate: 1e-5 });
    assert.equal(
      applyEdits(job, edits),
      job.replace("microbatch_size: 4", "microbatch_size: 2").replace("2.0e-5", "1.0e-5"),
    );
  });

  it("evaluates where there are data for it, and saves where there is a folder", () => {
    assert.deepEqual(intervalsOf(planOf(llmFoundry, full)), [{ kind: "never" }, { kind: "never" }]);
    assert.deepEqual(intervalsOf(planOf(llmFoundry, `${full}eval_loader: { name: finetuning }\nsave_folder: out\n`)), [
      { kind: "epochs", every: 1 },
      { kind: "updates", every: 1000 },
    ]);
  });

  it("counts the time between two evaluations in every unit but iterations and seconds", () => {
    const evaluation = (time: string) =>
      planOf(llmFoundry, `${full}icl_tasks: tasks.yaml\neval_interval: ${time}\n`).evaluationInterval;
    assert.deepEqual(evaluation("500ba")?.value, { kind: "updates", every: 500 });
    assert.deepEqual(evaluation("2")?.value, { kind: "epochs", every: 2 });
    assert.deepEqual(evaluation("4096sp")?.value, { kind: "samples", every: 4096 });
    assert.deepEqual(evaluation("1_000_000tok")?.value, { kind: "tokens", every: 1e6 });
    assert.deepEqual(evaluation("0.1dur")?.value, { kind: "share", of: "run", share: 0.1, rounding: "up" });
    assert.deepEqual(evaluation("0ba")?.value, { kind: "never" });
    assert.equal(evaluation("3600sec")?.origin, "unknown");
  });

  it("names the optimizer's groups by the expression that finds them", () => {
    const text = full.replace(
      "  lr: 2.0e-5\n",
      '  lr: 2.0e-5\n  param_groups:\n    - { param_str_match: "embed|wte", lr: 1.0e-6 }\n    - { param_str_match: bias, weight_decay: 0 }\n',
    );
    assert.deepEqual(groupsOf(planOf(llmFoundry, text)), [["parameters with embed|wte", 1e-6]]);
  });

  it("takes adapters of another kind than LoRA for what they are, and clipping by value for no norm", () => {
    const peft = full.replace("  pretrained: true\n", "  pretrained: true\n  peft_config: { peft_type: IA3 }\n");
    assert.equal(planOf(llmFoundry, peft).method.value, "adapter");
    assert.equal(planOf(llmFoundry, peft.replace("IA3", "LORA")).method.value, "lora");
    const clipped = planOf(llmFoundry, full.replace("clipping_type: norm", "clipping_type: value")).optimizer
      .maxGradNorm;
    assert.match(clipped.note ?? "", /^clipped by value, not by their norm$/);
  });

  it("does not know a time without a unit that there is", () => {
    const { duration } = planOf(llmFoundry, full.replace("max_duration: 3ep", "max_duration: 3weeks"));
    assert.match(duration.epochs.note ?? "", /"3weeks" is not a time, such as 2ep or 1000ba/);
  });

  it("finds the kernel of attention wherever it may be said", () => {
    const attention = (lines: string) =>
      planOf(llmFoundry, full.replace("  use_flash_attention_2: true\n", lines)).attention.value;
    assert.equal(attention("  use_flash_attention_2: true\n"), "flash");
    assert.equal(attention(""), "eager");
    assert.equal(attention("  config_overrides: { attn_config: { attn_impl: torch } }\n"), "eager");
    assert.equal(attention("  config_overrides: { attn_config: { attn_impl: flash } }\n"), "flash");
  });
});

describe("packing_ratio", () => {
  const packed = (ratio: string) => {
    const run = full
      .replace("packing_ratio: auto", `packing_ratio: ${ratio}`)
      .replace("batch_size: 66", "batch_size: 64");
    return `name: finetune
compute:
  gpus: 8
parameters:${run.replace(/^(?=.)/gm, "  ")}`;
  };

  it("packs as many samples as a GPU's batch times the ratio, which an update then takes", () => {
    // ⌊8 · 2.6⌋ = 20 on each of 8 GPUs: ⌊10,000 / 160⌋ in each of 3 epochs.
    assert.equal(planOf(llmFoundry, packed("2.6")).batch.step?.value, 160);
    assert.equal(analysisOf(packed("2.6"), { samples: 10_000 }).length.totalSteps, 3 * 62);
    assert.equal(planOf(llmFoundry, packed("1.0")).batch.step, undefined);
    assert.equal(planOf(llmFoundry, packed("auto")).batch.step, undefined);
  });
});

describe("telling LLM-Foundry configs from others", () => {
  const detect = (text: string) => llmFoundry.detect(documentOf(text));

  it("knows finetuning and pretraining configs", () => {
    for (const text of [full, lora, mpt]) assert.equal(detect(text), 1);
  });

  it("says nothing about evaluations and OLMo", () => {
    const evaluation =
      "max_seq_len: 2048\nmodels:\n  - model_name: gpt2\n    model: { name: hf_causal_lm }\ndevice_eval_batch_size: 4\n";
    assert.equal(detect(evaluation), 0);
    assert.equal(
      detect("model: { d_model: 768 }\ndata: { paths: [a.npy] }\nmax_duration: 10\nglobal_train_batch_size: 8\n"),
      0,
    );
  });
});

describe("changing an LLM-Foundry config", () => {
  const change = (text: string, wanted: PlanChange) => applyEdits(text, llmFoundry.write(documentOf(text), wanted));

  it("edits the keys in place and keeps the comments", () => {
    const wanted = {
      peakLearningRate: 1e-5,
      microBatch: 2,
      evaluationBatch: 1,
      gradientCheckpointing: false,
      scheduler: "cosine_with_warmup",
      optimizer: "decoupled_lionw",
    };
    assert.equal(
      change(full, wanted),
      full
        .replace("lr: 2.0e-5", "lr: 1.0e-5")
        .replace("microbatch_size: 4", "microbatch_size: 2")
        .replace("eval_batch_size: 2", "eval_batch_size: 1")
        .replace("activation_checkpointing: true", "activation_checkpointing: false")
        .replace("name: linear_decay_with_warmup", "name: cosine_with_warmup")
        .replace("name: decoupled_adamw", "name: decoupled_lionw"),
    );
    assert.match(change(lora, { loraRank: 16 }), /r: 16\n/);
  });

  it("writes times with their units", () => {
    assert.equal(change(full, { epochs: 2 }), full.replace("3ep", "2ep"));
    assert.equal(change(full, { warmupSteps: 100 }), full.replace("0.05dur", "100ba"));
    assert.equal(change(full, { warmupRatio: 0.0005 }), full.replace("0.05dur", "0.0005dur"));
    const quoted = full.replace("3ep", '"3ep"');
    assert.equal(change(quoted, { epochs: 2 }), full.replace("3ep", '"2ep"'));
  });

  it("changes a length once, where the references lead", () => {
    assert.equal(change(full, { sequenceLength: 2048 }), full.replace("length: 4096", "length: 2048"));
    assert.equal(change(lora, { sequenceLength: 1024 }), lora.replace("max_seq_len: 2048", "max_seq_len: 1024"));
  });

  it("says an accumulation through the global batch", () => {
    assert.equal(change(full, { accumulation: 8 }), full.replace("batch_size: 66", "batch_size: 32"));
    assert.equal(change(lora, { accumulation: 8 }), lora, "the micro batch is unknown");
    const halved = change(mpt, { microBatch: 4, accumulation: 64 });
    assert.equal(halved, mpt.replace("microbatch_size: 8", "microbatch_size: 4"));
  });

  it("does not turn on FSDP for the sake of checkpointing", () => {
    assert.equal(change(lora, { gradientCheckpointing: true }), lora);
  });
});
