import assert from "node:assert/strict";
import type { PlanChange } from "../../../src/core/dialects/dialect.ts";
import { torchtune } from "../../../src/core/dialects/torchtune.ts";
import { globalBatchSize } from "../../../src/core/plan/plan.ts";
import type { Sourced } from "../../../src/core/plan/sourced.ts";
import { rateOf } from "../../../src/core/schedule/lrSchedule.ts";
import { analysisOf } from "../analysis.ts";
import { applyEdits } from "../edits.ts";
import { documentOf, intervalsOf, planOf } from "./reading.ts";

/** A value and where it comes from. */
const told = <T>({ value, origin }: Sourced<T>) => [value, origin];

const full = `# tune run --nnodes 2 --nproc_per_node 8 full_finetune_distributed --config ./mine.yaml
output_dir: /tmp/runs/full
tokenizer:
  _component_: torchtune.models.llama3.llama3_tokenizer
  path: /models/llama/tokenizer.model
  max_seq_len: 4096
dataset:
  _component_: torchtune.datasets.alpaca_dataset
  packed: True
  split: train[:90%]
dataset_val:
  _component_: torchtune.datasets.alpaca_dataset
  split: train[90%:]
model:
  _component_: torchtune.models.llama3_1.llama3_1_8b
checkpointer:
  _component_: torchtune.training.FullModelHFCheckpointer
  checkpoint_dir: /models/llama
  output_dir: \${output_dir}
batch_size: 2
batch_size_val: \${batch_size}
epochs: 3
max_steps_per_epoch: 200
gradient_accumulation_steps: 4
optimizer:
  _component_: bitsandbytes.optim.PagedAdamW8bit
  lr: 2e-5
loss:
  _component_: torchtune.modules.loss.LinearCrossEntropyLoss
clip_grad_norm: 1.0
enable_activation_checkpointing: True
fsdp_cpu_offload: True
dtype: bf16
`;

const qlora = `tokenizer:
  _component_: torchtune.models.llama3.llama3_tokenizer
  max_seq_len: null
dataset:
  _component_: torchtune.datasets.instruct_dataset
  source: my-team/support-tickets
  split: train[:2000]
model:
  _component_: torchtune.models.llama3.qlora_llama3_8b
  lora_attn_modules: [q_proj, v_proj, output_proj]
  apply_lora_to_mlp: True
  lora_rank: 64
  lora_alpha: 128
  lora_dropout: 0.05
batch_size: 2 # per GPU
epochs: 1
max_steps_per_epoch: null
gradient_accumulation_steps: 8
optimizer:
  _component_: torch.optim.AdamW
  weight_decay: 0.1
  betas: [0.9, 0.95]
  lr: 3e-4
lr_scheduler:
  _component_: torchtune.training.lr_schedulers.get_cosine_schedule_with_warmup
  num_warmup_steps: 100
  num_cycles: 1.5
loss:
  _component_: torchtune.modules.loss.CEWithChunkedOutputLoss
dtype: bf16
`;

const ppo = `policy_model:
  _component_: torchtune.models.llama2.llama2
  vocab_size: 32000
  num_layers: 22
  num_heads: 32
  num_kv_heads: 4
  embed_dim: 2048
  max_seq_len: 2048
  intermediate_dim: 5632
reward_and_value_model:
  _component_: torchtune.models.llama2.llama2_classifier
tokenizer:
  max_seq_len: 512
max_generated_tokens: 64
batch_size: 64
num_steps: 1000
ppo_epochs: 2
ppo_batch_size: 32
gradient_accumulation_steps: 4
optimizer:
  _component_: torch.optim.AdamW
  lr: 3e-6
loss:
  _component_: torchtune.rlhf.loss.PPOLoss
dtype: bf16
`;

const grpo = `model:
  _component_: torchtune.models.qwen2_5.qwen2_5_3b
tokenizer:
  max_seq_len: 1024
batch_size: 1
grpo_samples: 16
max_generated_tokens: 512
ppo_epochs: 1
num_steps: 200
epochs: 10
optimizer:
  _component_: torch.optim.AdamW
  lr: 1e-5
loss:
  _component_: torchtune.dev.grpo.loss.GRPOSimpleLoss
dtype: bf16
`;

const written = (text: string, change: PlanChange) => applyEdits(text, torchtune.write(documentOf(text), change));

describe("reading a torchtune config", () => {
  it("takes everything from a distributed full fine-tuning", () => {
    const plan = planOf(torchtune, full);
    assert.deepEqual(told(plan.stage), ["sft", "default"]);
    assert.deepEqual(told(plan.model.id), ["torchtune.models.llama3_1.llama3_1_8b", "file"]);
    assert.equal(plan.model.shape, null);
    assert.deepEqual(told(plan.method), ["full", "file"]);
    assert.equal(plan.lora, null);
    assert.equal(plan.quantization, null);
    assert.deepEqual(told(plan.optimizer.name), ["bitsandbytes.optim.PagedAdamW8bit", "file"]);
    assert.deepEqual(told(plan.optimizer.weightDecay), [0.01, "default"]);
    assert.deepEqual(told(plan.optimizer.beta2), [0.999, "default"]);
    assert.deepEqual(told(plan.optimizer.maxGradNorm), [1, "file"]);
    assert.deepEqual(told(plan.learningRate.peak), [2e-5, "file"]);
    assert.deepEqual(told(plan.learningRate.scheduler), ["constant", "default"]);
    assert.equal(plan.learningRate.family, "torchtune");
    assert.deepEqual(told(plan.learningRate.schedulerArguments), [new Map(), "default"]);
    assert.deepEqual(told(plan.learningRate.warmup), [{ steps: 0 }, "default"]);
    assert.deepEqual(told(plan.duration.epochs), [3, "file"]);
    assert.deepEqual(told(plan.duration.maxSteps), [600, "file"]);
    assert.deepEqual(told(plan.duration.maxTokens), [null, "default"]);
    assert.deepEqual(told(plan.batch.micro), [2, "file"]);
    assert.deepEqual(told(plan.batch.accumulation), [4, "file"]);
    assert.equal(plan.batch.global, null);
    assert.deepEqual(told(plan.batch.evaluation), [2, "file"]);
    assert.equal(globalBatchSize(plan), 128);
    assert.deepEqual(told(plan.sequenceLength), [4096, "file"]);
    assert.deepEqual(told(plan.packing), [true, "file"]);
    assert.deepEqual(
      plan.data.sources.map(({ name, limit }) => [...told(name), limit]),
      [["tatsu-lab/alpaca", "file", null]],
    );
    assert.equal(plan.data.samples.origin, "unknown");
    assert.deepEqual(told(plan.data.validation), [0.1, "file"]);
    for (const part of ["trained", "frozen", "adapters", "quantizedAdapters"] as const) {
      assert.deepEqual(told(plan.precision[part]), ["bfloat16", "file"], part);
    }
    assert.deepEqual(told(plan.precision.autocast), [null, "default"]);
    assert.deepEqual(told(plan.gradientCheckpointing), [true, "file"]);
    assert.deepEqual(told(plan.attention), ["sdpa", "default"]);
    assert.deepEqual(told(plan.loss), ["sliced", "file"]);
    assert.deepEqual(told(plan.parallelism.gpus), [16, "assumed"]);
    for (const kind of ["tensor", "pipeline", "context", "expert"] as const) {
      assert.deepEqual(told(plan.parallelism[kind]), [1, "default"], kind);
    }
    assert.deepEqual(told(plan.parallelism.sharding), ["zero-3", "default"]);
    assert.deepEqual(told(plan.parallelism.offload), ["optimizer-and-parameters", "file"]);
  });

  it("knows QLoRA by the builder's name, and the roles of its targets", () => {
    const plan = planOf(torchtune, qlora);
    assert.deepEqual(told(plan.method), ["qlora", "file"]);
    assert.ok(plan.lora && plan.quantization);
    assert.deepEqual(told(plan.lora.rank), [64, "file"]);
    assert.deepEqual(told(plan.lora.alpha), [128, "file"]);
    assert.deepEqual(told(plan.lora.dropout), [0.05, "file"]);
    assert.deepEqual(told(plan.lora.targets), [{ kind: "roles", roles: ["query", "value", "output", "mlp"] }, "file"]);
    assert.deepEqual(told(plan.lora.modulesToSave), [[], "default"]);
    assert.deepEqual(told(plan.lora.rsLora), [false, "default"]);
    assert.deepEqual(told(plan.lora.dora), [false, "default"]);
    assert.deepEqual(told(plan.quantization.bits), [4, "file"]);
    assert.deepEqual(told(plan.quantization.doubleQuantization), [true, "default"]);
    assert.deepEqual(told(plan.quantization.float32Norms), [false, "default"]);
    assert.deepEqual(told(plan.optimizer.weightDecay), [0.1, "file"]);
    assert.deepEqual(told(plan.optimizer.beta2), [0.95, "file"]);
    assert.deepEqual(told(plan.optimizer.maxGradNorm), [0, "default"]);
    assert.match(plan.learningRate.scheduler.value ?? "", /get_cosine_schedule_with_warmup$/);
    assert.deepEqual(told(plan.learningRate.schedulerArguments), [new Map([["num_cycles", 1.5]]), "file"]);
    assert.deepEqual(told(plan.learningRate.warmup), [{ steps: 100 }, "file"]);
    assert.deepEqual(told(plan.duration.maxSteps), [null, "default"]);
    assert.deepEqual(told(plan.batch.evaluation), [2, "file"]);
    assert.deepEqual(told(plan.packing), [false, "default"]);
    assert.deepEqual(
      plan.data.sources.map(({ name, limit }) => [name.value, limit]),
      [["my-team/support-tickets", 2000]],
    );
    assert.deepEqual(told(plan.data.validation), [0, "default"]);
    assert.deepEqual(told(plan.gradientCheckpointing), [false, "default"]);
    assert.deepEqual(told(plan.loss), ["split", "file"]);
    assert.deepEqual(told(plan.parallelism.gpus), [1, "assumed"]);
    assert.deepEqual(told(plan.parallelism.offload), ["none", "default"]);
  });

  it("fills in the builder's defaults for LoRA, and requires the targets", () => {
    const text = full.replace("llama3_1.llama3_1_8b", "llama3_1.lora_llama3_1_8b\n  apply_lora_to_output: True");
    const { method, lora, quantization } = planOf(torchtune, text);
    assert.deepEqual(told(method), ["lora", "file"]);
    assert.equal(quantization, null);
    assert.deepEqual(told(lora?.rank as Sourced<number>), [8, "default"]);
    assert.deepEqual(told(lora?.alpha as Sourced<number>), [16, "default"]);
    assert.deepEqual(told(lora?.dropout as Sourced<number>), [0, "default"]);
    assert.equal(lora?.targets.origin, "unknown");
    const named = text.replace("  apply_lora_to_output", "  lora_attn_modules: [k_proj]\n  apply_lora_to_output");
    assert.deepEqual(planOf(torchtune, named).lora?.targets.value, { kind: "roles", roles: ["key", "head"] });
  });

  it("makes QLoRA of LoRA where the base is quantised, and DoRA where it says so", () => {
    const text = qlora.replace("qlora_llama3_8b", "lora_llama3_8b\n  quantize_base: True\n  use_dora: True");
    const plan = planOf(torchtune, text);
    assert.equal(plan.method.value, "qlora");
    assert.deepEqual(told(plan.lora?.dora as Sourced<boolean>), [true, "file"]);
  });

  it("calls a vision model with a frozen part partly trained", () => {
    const vision = "llama3_2_vision.llama3_2_vision_11b\n  decoder_trainable: False\n  encoder_trainable: True";
    const { method } = planOf(torchtune, full.replace("llama3_1.llama3_1_8b", vision));
    assert.deepEqual(told(method), ["freeze", "file"]);
  });

  it("does not know how long sequences are while max_seq_len is null", () => {
    const { sequenceLength } = planOf(torchtune, qlora);
    assert.equal(sequenceLength.origin, "unknown");
    assert.match(sequenceLength.note ?? "", /full length/);
  });

  it("tells the stage from the loss, the teacher and the data", () => {
    const stage = (text: string) => planOf(torchtune, text).stage.value;
    const loss = (name: string) => full.replace("torchtune.modules.loss.LinearCrossEntropyLoss", name);
    assert.equal(stage(loss("torchtune.rlhf.loss.DPOLoss")), "dpo");
    assert.equal(stage(loss("torchtune.rlhf.loss.RSOLoss")), "dpo");
    assert.equal(stage(loss("torchtune.rlhf.loss.SimPOLoss")), "simpo");
    assert.equal(stage(`${full}teacher_model:\n  _component_: torchtune.models.qwen2.qwen2_7b\n`), "distill");
    assert.equal(
      stage(full.replace("alpaca_dataset\n  packed", "text_completion_dataset\n  packed")),
      "continued-pretrain",
    );
    assert.equal(stage(ppo), "ppo");
    assert.equal(stage(grpo), "grpo");
  });

  it("stays full training with a quantizer to train for", () => {
    const quantizer = "quantizer:\n  _component_: torchtune.training.quantization.Int8DynActInt4WeightQATQuantizer\n";
    const plan = planOf(torchtune, full + quantizer);
    assert.equal(plan.method.value, "full");
    assert.equal(plan.quantization, null);
  });

  it("reads PPO's batches, rounds and the shape of its policy", () => {
    const plan = planOf(torchtune, ppo);
    assert.deepEqual(told(plan.batch.micro), [8, "file"]);
    assert.deepEqual(told(plan.batch.accumulation), [4, "file"]);
    // 1000 samples are 15 rounds of 64, each 2 passes over 2 batches of 32.
    assert.deepEqual(told(plan.duration.maxSteps), [60, "file"]);
    assert.equal(plan.duration.epochs.origin, "unknown");
    assert.deepEqual(told(plan.sequenceLength), [576, "file"]);
    assert.deepEqual(plan.model.shape?.value, {
      hidden: 2048,
      layers: 22,
      heads: 32,
      vocab: 32000,
      intermediate: 5632,
      kvHeads: 4,
      context: 2048,
    });
  });

  it("has GRPO's cosine span the batches of all epochs, however early num_steps ends the run", () => {
    const scheduled = `${grpo}lr_scheduler:\n  _component_: torchtune.training.lr_schedulers.get_cosine_schedule_with_warmup\n  num_warmup_steps: 0\n`;
    const { schedule } = analysisOf(scheduled, { samples: 40 });
    assert.ok(schedule.value);
    // 10 epochs of 40 prompts, one by one; the run ends after 200 of these 400.
    assert.equal(schedule.value.totalSteps, 200);
    assert.ok(Math.abs(rateOf(schedule.value)(100) - (1e-5 * (1 + Math.cos(Math.PI / 4))) / 2) < 1e-15);
    assert.match(schedule.value.surprises.join(), /spans the 400 batches of all epochs, not the 200 updates/);
    // Each batch is gone over twice, so that the cosine is through when half of the run is.
    const twice = analysisOf(scheduled.replace("ppo_epochs: 1", "ppo_epochs: 2"), { samples: 10 }).schedule;
    assert.ok(twice.value);
    assert.equal(twice.value.totalSteps, 200);
    assert.ok(rateOf(twice.value)(100) < 1e-15);
    const unsaid = analysisOf(scheduled).schedule;
    assert.match(unsaid.value?.surprises.join() ?? "", /not known without the samples/);
  });

  it("works out the width of an MLP that the file leaves out, as torchtune does", () => {
    const shape = planOf(torchtune, ppo.replace("  intermediate_dim: 5632\n", "")).model.shape;
    assert.equal(shape?.value?.intermediate, 5632);
  });

  it("counts GRPO's answers, not its prompts", () => {
    const plan = planOf(torchtune, grpo);
    assert.equal(plan.batch.micro.value, 16);
    assert.deepEqual(plan.data.answers?.value, { perSample: 16, passes: 1 });
    assert.equal(planOf(torchtune, full).data.answers, undefined);
    assert.deepEqual(told(plan.batch.accumulation), [1, "default"]);
    assert.equal(plan.duration.maxSteps.value, 200);
    assert.equal(plan.duration.epochs.value, 10);
    assert.equal(plan.sequenceLength.value, 1536);
  });

  it("finds the training of asynchronous GRPO in its section, and the GPUs that train", () => {
    const plan = planOf(
      torchtune,
      `model:
  _component_: torchtune.models.qwen2_5.qwen2_5_3b
orchestration:
  num_training_workers: 2
  num_steps: 250
training:
  batch_size: 16
  clip_grad_norm: 1.0
  enable_activation_checkpointing: True
  optimizer:
    _component_: torch.optim.AdamW
    lr: 1e-5
  loss:
    _component_: torchtune.dev.rl.linear_grpo_loss.LinearGRPOLoss
`,
    );
    assert.equal(plan.stage.value, "grpo");
    assert.equal(plan.batch.micro.value, 16);
    assert.equal(plan.learningRate.peak.value, 1e-5);
    assert.equal(plan.optimizer.maxGradNorm.value, 1);
    assert.equal(plan.gradientCheckpointing.value, true);
    assert.equal(plan.duration.maxSteps.value, 250);
    assert.equal(plan.loss.value, "sliced");
    assert.deepEqual(told(plan.parallelism.gpus), [2, "file"]);
    assert.deepEqual(told(plan.precision.trained), ["bfloat16", "assumed"]);
  });

  it("takes the newer checkpointing only where the older is off", () => {
    const checkpointing = (text: string) => planOf(torchtune, text).gradientCheckpointing.value;
    assert.equal(checkpointing(`${qlora}ac_mode: selective\nac_option: 2\n`), true);
    assert.equal(checkpointing(`${full}ac_mode: full\n`), false);
  });

  it("knows the GPUs from the device mesh, or at least those that share a matrix", () => {
    const gpus = (text: string) => told(planOf(torchtune, qlora + text).parallelism.gpus);
    assert.deepEqual(gpus("data_parallel_shard_dim: 4\ndata_parallel_replicate_dim: 2\n"), [8, "file"]);
    assert.deepEqual(gpus("tensor_parallel_dim: 8\ndata_parallel_shard_dim: -1\n"), [8, "assumed"]);
  });

  it("reads how many copies there are of what FSDP shares", () => {
    const groups = (text: string) => planOf(torchtune, qlora + text).parallelism.groups?.value;
    assert.deepEqual(groups("data_parallel_shard_dim: 4\ndata_parallel_replicate_dim: 2\n"), { copies: 2 });
    assert.equal(groups("data_parallel_replicate_dim: 1\n"), undefined);
  });

  it("reads what FSDP shares", () => {
    const sharding = (text: string) => planOf(torchtune, qlora + text).parallelism.sharding.value;
    assert.equal(sharding(""), "zero-3");
    assert.equal(sharding("fsdp_reshard_after_forward: False\n"), "zero-2");
    assert.equal(sharding("data_parallel_shard_dim: 1\n"), "none");
  });

  it("reads data sets in a list", () => {
    const list = `dataset:
  - _component_: torchtune.datasets.samsum_dataset
    packed: True
  - _component_: torchtune.datasets.chat_dataset
    source: json
    data_files: data/chats.json
`;
    const plan = planOf(torchtune, qlora.replace(/dataset:\n(?: {2}.*\n)+/, list));
    assert.deepEqual(
      plan.data.sources.map(({ name }) => name.value),
      ["Samsung/samsum", "data/chats.json"],
    );
    assert.equal(plan.packing.value, true);
  });

  it("says unknown where a value is missing (???) or no type that it knows", () => {
    const plan = planOf(
      torchtune,
      full.replace("batch_size: 2", "batch_size: ???").replace("dtype: bf16", "dtype: int8"),
    );
    assert.equal(plan.batch.micro.origin, "unknown");
    assert.equal(plan.precision.trained.origin, "unknown");
  });

  it("leaves generation, evaluation and quantisation to others, and other frameworks' files", () => {
    const detect = (text: string) => torchtune.detect(documentOf(text));
    const model = "model:\n  _component_: torchtune.models.llama3.llama3_8b\ndtype: bf16\n";
    assert.equal(detect(`${model}max_new_tokens: 300\ntemperature: 0.6\n`), 0);
    assert.equal(detect(`${model}tasks: [truthfulqa_mc2]\nbatch_size: 8\n`), 0);
    assert.equal(
      detect(`${model}quantizer:\n  _component_: torchtune.training.quantization.Int4WeightOnlyQuantizer\n`),
      0,
    );
    assert.equal(detect("base_model: meta-llama/Llama-3.2-1B\nmicro_batch_size: 2\nlearning_rate: 2e-5\n"), 0);
    assert.equal(detect(full), 1);
  });

  it("evaluates where both the data and the interval are there, and saves each epoch unless told more often", () => {
    const epochs = { kind: "epochs", every: 1 };
    assert.deepEqual(intervalsOf(planOf(torchtune, full)), [{ kind: "never" }, epochs]);
    assert.deepEqual(intervalsOf(planOf(torchtune, `${full}run_val_every_n_steps: 50\n`)), [
      { kind: "updates", every: 50 },
      epochs,
    ]);
    assert.deepEqual(intervalsOf(planOf(torchtune, `${qlora}run_val_every_n_steps: 50\nsave_every_n_steps: 75\n`)), [
      { kind: "never" },
      { kind: "updates", every: 75 },
    ]);
  });

  it("adapts the layers that the builder is told to, the output layer among them", () => {
    const lora = full.replace(
      "torchtune.models.llama3_1.llama3_1_8b",
      "torchtune.models.llama3_1.lora_llama3_1_8b\n  lora_attn_modules: [q_proj, output_proj, gate]\n  apply_lora_to_mlp: True\n  apply_lora_to_output: True",
    );
    const { method, lora: adapters } = planOf(torchtune, lora);
    assert.equal(method.value, "lora");
    assert.deepEqual(adapters?.targets.value, { kind: "roles", roles: ["query", "output", "mlp", "head"] });
    assert.equal(planOf(torchtune, lora.replace("lora_llama3", "qlora_llama3")).method.value, "qlora");
    assert.equal(
      planOf(torchtune, lora.replace("  apply_lora", "  quantize_base: True\n  apply_lora")).method.value,
      "qlora",
    );
  });

  it("reads the shape that a builder is given, with Llama's width of the MLP where it is not", () => {
    const sized = full.replace(
      "torchtune.models.llama3_1.llama3_1_8b",
      "torchtune.models.llama3.llama3\n  vocab_size: 32000\n  num_layers: 8\n  num_heads: 16\n  embed_dim: 1024",
    );
    // Two thirds of 4 × 1,024 are 2,730, and the next multiple of 256 is 2,816.
    const shape = { hidden: 1024, layers: 8, heads: 16, vocab: 32000, intermediate: 2816 };
    assert.deepEqual(planOf(torchtune, sized).model.shape?.value, shape);
    const more = sized.replace(
      "  embed_dim",
      "  num_kv_heads: 4\n  max_seq_len: 2048\n  intermediate_dim: 4096\n  embed_dim",
    );
    assert.deepEqual(planOf(torchtune, more).model.shape?.value, {
      ...shape,
      intermediate: 4096,
      kvHeads: 4,
      context: 2048,
    });
  });

  it("counts the GPUs of the mesh where all of it is given", () => {
    const { parallelism } = planOf(
      torchtune,
      `${full}data_parallel_shard_dim: 4\ndata_parallel_replicate_dim: 2\ntensor_parallel_dim: 2\n`,
    );
    assert.deepEqual([parallelism.gpus.value, parallelism.gpus.origin], [16, "file"]);
  });

  it("holds out the end of a split, counted from either end", () => {
    const held = (split: string) =>
      planOf(torchtune, full.replace("split: train[90%:]", `split: ${split}`)).data.validation.value;
    assert.deepEqual(["train[90%:]", "train[-5%:]", "test"].map(held), [0.1, 0.05, 0]);
  });
});

describe("writing a torchtune config", () => {
  it("sets each key in place and leaves comments alone", () => {
    const text = written(qlora, {
      peakLearningRate: 1e-4,
      microBatch: 1,
      accumulation: 16,
      epochs: 2,
      warmupSteps: 50,
      loraRank: 16,
      sequenceLength: 2048,
      optimizer: "bitsandbytes.optim.PagedAdamW8bit",
    });
    const expected = qlora
      .replace("lr: 3e-4", "lr: 1e-4")
      .replace("batch_size: 2 #", "batch_size: 1 #")
      .replace("gradient_accumulation_steps: 8", "gradient_accumulation_steps: 16")
      .replace("epochs: 1", "epochs: 2")
      .replace("num_warmup_steps: 100", "num_warmup_steps: 50")
      .replace("lora_rank: 64", "lora_rank: 16")
      .replace("max_seq_len: null", "max_seq_len: 2048")
      .replace("torch.optim.AdamW", "bitsandbytes.optim.PagedAdamW8bit");
    assert.equal(text, expected);
  });

  it("adds checkpointing where the file does not have it", () => {
    assert.equal(
      written(qlora, { gradientCheckpointing: true }),
      qlora.replace(
        "gradient_accumulation_steps: 8\n",
        "gradient_accumulation_steps: 8\nenable_activation_checkpointing: true\n",
      ),
    );
  });

  it("accumulates nothing beside an optimizer in the backward pass, at which the recipes stop", () => {
    const inBackward = qlora.replace("gradient_accumulation_steps: 8", "optimizer_in_bwd: True");
    assert.equal(written(inBackward, { microBatch: 1, accumulation: 2 }), inBackward);
    assert.notEqual(written(inBackward, { microBatch: 1 }), inBackward);
  });

  it("puts a number where the evaluation batch follows the training batch", () => {
    assert.equal(
      written(full, { evaluationBatch: 1 }),
      full.replace("batch_size_val: ${batch_size}", "batch_size_val: 1"),
    );
  });

  it("bends no schedule where there is none, and knows no warmup ratio", () => {
    assert.equal(written(full, { warmupSteps: 10, scheduler: "cosine", warmupRatio: 0.1 }), full);
    assert.match(written(qlora, { scheduler: "my.schedule" }), /lr_scheduler:\n {2}_component_: my\.schedule\n/);
  });

  it("keeps PPO's batch when micro batch and accumulation change places, and changes it when one does alone", () => {
    assert.equal(
      written(ppo, { microBatch: 4, accumulation: 8 }),
      ppo.replace("gradient_accumulation_steps: 4", "gradient_accumulation_steps: 8"),
    );
    assert.equal(written(ppo, { microBatch: 4 }), ppo.replace("ppo_batch_size: 32", "ppo_batch_size: 16"));
  });

  it("counts GRPO's prompts, and only whole ones, and leaves room for the answer", () => {
    assert.equal(written(grpo, { microBatch: 32 }), grpo.replace("batch_size: 1", "batch_size: 2"));
    assert.equal(written(grpo, { microBatch: 8 }), grpo);
    assert.equal(written(grpo, { sequenceLength: 1024 }), grpo.replace("max_seq_len: 1024", "max_seq_len: 512"));
  });
});
