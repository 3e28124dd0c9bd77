import assert from "node:assert/strict";
import type { PlanChange } from "../../../src/core/dialects/dialect.ts";
import { unsloth } from "../../../src/core/dialects/unsloth.ts";
import { globalBatchSize } from "../../../src/core/plan/plan.ts";
import type { Sourced } from "../../../src/core/plan/sourced.ts";
import { applyEdits } from "../edits.ts";
import { documentOf, intervalsOf, planOf } from "./reading.ts";

/** A value and where it comes from. */
const told = <T>({ value, origin }: Sourced<T>) => [value, origin];

const qlora = `model: unsloth/Qwen3-8B
data:
  dataset: my-team/support-tickets
  format_type: chatml
training:
  training_type: lora
  load_in_4bit: true
  max_seq_length: 4096 # longest ticket
  num_epochs: 2
  learning_rate: 2e-4
  batch_size: 4
  gradient_accumulation_steps: 8
  warmup_steps: 10
  weight_decay: 0.001
  packing: true
  gradient_checkpointing: "unsloth"
  optim: "paged_adamw_8bit"
  lr_scheduler_type: "cosine"
lora:
  lora_r: 32
  lora_alpha: 64
  lora_dropout: 0.1
  target_modules: [q_proj, v_proj]
  use_rslora: true
  use_dora: false
`;

const minimal = "model: unsloth/Qwen3-8B\ntraining:\n  max_seq_length: 1024\n  learning_rate: 1e-5\n";

const written = (text: string, change: PlanChange) => applyEdits(text, unsloth.write(documentOf(text), change));

describe("reading an Unsloth config", () => {
  it("takes everything from a QLoRA file", () => {
    const plan = planOf(unsloth, qlora);
    assert.deepEqual(told(plan.stage), ["sft", "file"]);
    assert.deepEqual(told(plan.model.id), ["unsloth/Qwen3-8B", "file"]);
    assert.equal(plan.model.shape, null);
    assert.deepEqual(told(plan.method), ["qlora", "file"]);
    assert.ok(plan.lora && plan.quantization);
    assert.deepEqual(told(plan.lora.rank), [32, "file"]);
    assert.deepEqual(told(plan.lora.alpha), [64, "file"]);
    assert.deepEqual(told(plan.lora.dropout), [0.1, "file"]);
    assert.deepEqual(told(plan.lora.targets), [{ kind: "names", names: ["q_proj", "v_proj"] }, "file"]);
    assert.deepEqual(told(plan.lora.modulesToSave), [[], "default"]);
    assert.deepEqual(told(plan.lora.rsLora), [true, "file"]);
    assert.deepEqual(told(plan.lora.dora), [false, "file"]);
    assert.deepEqual(told(plan.quantization.bits), [4, "file"]);
    assert.deepEqual(told(plan.quantization.doubleQuantization), [true, "default"]);
    assert.deepEqual(told(plan.quantization.float32Norms), [false, "default"]);
    assert.deepEqual(told(plan.optimizer.name), ["paged_adamw_8bit", "file"]);
    assert.deepEqual(told(plan.optimizer.weightDecay), [0.001, "file"]);
    assert.deepEqual(told(plan.optimizer.beta2), [0.999, "default"]);
    assert.deepEqual(told(plan.optimizer.maxGradNorm), [1, "default"]);
    assert.deepEqual(told(plan.learningRate.peak), [2e-4, "file"]);
    assert.deepEqual(told(plan.learningRate.scheduler), ["cosine", "file"]);
    assert.equal(plan.learningRate.family, "huggingface");
    assert.deepEqual(told(plan.learningRate.schedulerArguments), [new Map(), "default"]);
    assert.deepEqual(told(plan.learningRate.warmup), [{ steps: 10 }, "file"]);
    assert.deepEqual(told(plan.duration.epochs), [2, "file"]);
    assert.deepEqual(told(plan.duration.maxSteps), [null, "default"]);
    assert.deepEqual(told(plan.duration.maxTokens), [null, "default"]);
    assert.deepEqual(told(plan.batch.micro), [4, "file"]);
    assert.deepEqual(told(plan.batch.accumulation), [8, "file"]);
    assert.equal(plan.batch.global, null);
    assert.deepEqual(told(plan.batch.evaluation), [4, "file"]);
    assert.equal(globalBatchSize(plan), 32);
    assert.deepEqual(told(plan.sequenceLength), [4096, "file"]);
    assert.deepEqual(told(plan.packing), [true, "file"]);
    assert.deepEqual(
      plan.data.sources.map(({ name, limit }) => [...told(name), limit]),
      [["my-team/support-tickets", "file", null]],
    );
    assert.equal(plan.data.samples.origin, "unknown");
    assert.deepEqual(told(plan.data.validation), [0, "default"]);
    assert.deepEqual(told(plan.precision.trained), ["bfloat16", "default"]);
    assert.deepEqual(told(plan.precision.frozen), ["bfloat16", "default"]);
    assert.deepEqual(told(plan.precision.adapters), ["float32", "default"]);
    assert.deepEqual(told(plan.precision.quantizedAdapters), ["float32", "default"]);
    assert.deepEqual(told(plan.precision.autocast), ["bfloat16", "default"]);
    assert.deepEqual(told(plan.gradientCheckpointing), [true, "file"]);
    assert.deepEqual(told(plan.attention), ["flash", "default"]);
    assert.deepEqual(told(plan.loss), ["fused", "default"]);
    assert.deepEqual(told(plan.parallelism.gpus), [1, "assumed"]);
    assert.deepEqual(told(plan.parallelism.sharding), ["none", "default"]);
    assert.deepEqual(told(plan.parallelism.offload), ["none", "default"]);
  });

  it("fills in the command line's defaults: QLoRA of rank 64 on all linear layers", () => {
    const plan = planOf(unsloth, minimal);
    assert.deepEqual(told(plan.stage), ["sft", "default"]);
    assert.deepEqual(told(plan.method), ["qlora", "default"]);
    assert.deepEqual(told(plan.lora?.rank as Sourced<number>), [64, "default"]);
    assert.deepEqual(told(plan.lora?.alpha as Sourced<number>), [16, "default"]);
    assert.deepEqual(told(plan.lora?.dropout as Sourced<number>), [0, "default"]);
    assert.deepEqual(plan.lora?.targets.value, {
      kind: "names",
      names: ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
    });
    assert.deepEqual(told(plan.optimizer.name), ["adamw_8bit", "default"]);
    assert.deepEqual(told(plan.optimizer.weightDecay), [0.01, "default"]);
    assert.deepEqual(told(plan.learningRate.scheduler), ["linear", "default"]);
    assert.deepEqual(told(plan.learningRate.warmup), [{ steps: 5 }, "default"]);
    assert.deepEqual(told(plan.duration.epochs), [3, "default"]);
    assert.deepEqual(told(plan.batch.micro), [2, "default"]);
    assert.deepEqual(told(plan.batch.accumulation), [4, "default"]);
    assert.deepEqual(told(plan.packing), [false, "default"]);
    assert.deepEqual(told(plan.gradientCheckpointing), [true, "default"]);
    assert.equal(plan.activationOffload?.value, true);
    assert.deepEqual(plan.data.sources, []);
    assert.deepEqual(
      told(planOf(unsloth, minimal.replace("  max_seq_length: 1024\n", "  load_in_4bit: true\n")).sequenceLength),
      [2048, "default"],
    );
  });

  it("trains 16-bit weights in full training, whatever load_in_4bit says", () => {
    const plan = planOf(unsloth, `${minimal}  training_type: full\n  load_in_4bit: true\n`);
    assert.deepEqual(told(plan.method), ["full", "file"]);
    assert.equal(plan.lora, null);
    assert.equal(plan.quantization, null);
  });

  it("is LoRA on 16-bit weights when load_in_4bit is off", () => {
    const plan = planOf(unsloth, `${minimal}  load_in_4bit: false\n`);
    assert.deepEqual(told(plan.method), ["lora", "file"]);
    assert.equal(plan.quantization, null);
    assert.ok(plan.lora);
  });

  it("takes targets in a text with commas, and all-linear", () => {
    const targets = (value: string) =>
      planOf(unsloth, `${minimal}lora:\n  target_modules: ${value}\n`).lora?.targets.value;
    assert.deepEqual(targets("q_proj, o_proj"), { kind: "names", names: ["q_proj", "o_proj"] });
    assert.deepEqual(targets('["all-linear"]'), { kind: "all" });
  });

  it("counts updates where max_steps is positive, as Studio's defaults do", () => {
    const { duration } = planOf(unsloth, `${minimal}  num_epochs: 0\n  max_steps: 30\n`);
    assert.deepEqual(told(duration.maxSteps), [30, "file"]);
    assert.deepEqual(told(planOf(unsloth, `${minimal}  max_steps: 0\n`).duration.maxSteps), [null, "file"]);
  });

  it("takes a warmup ratio before the default of five updates", () => {
    const { warmup } = planOf(unsloth, `${minimal}  warmup_ratio: 0.03\n`).learningRate;
    assert.deepEqual(told(warmup), [{ ratio: 0.03, rounding: "up" }, "file"]);
  });

  it("reads every way of writing gradient_checkpointing", () => {
    const checkpointing = (value: string) =>
      planOf(unsloth, `${minimal}  gradient_checkpointing: ${value}\n`).gradientCheckpointing.value;
    assert.deepEqual(["unsloth", "true", '"true"', "none", "false", '"off"'].map(checkpointing), [
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it("continues pretraining on raw text, from local files", () => {
    const data = "data:\n  local_dataset: [books.jsonl, papers.jsonl]\n  format_type: raw\n";
    const plan = planOf(unsloth, minimal + data);
    assert.equal(plan.stage.value, "continued-pretrain");
    assert.deepEqual(
      plan.data.sources.map(({ name }) => name.value),
      ["books.jsonl", "papers.jsonl"],
    );
  });

  it("takes the model of Studio's defaults from their comment, as an assumption", () => {
    const defaults = minimal.replace("model: unsloth/Qwen3-8B\n", "# Model defaults for unsloth/Phi-4 (base)\n");
    assert.deepEqual(told(planOf(unsloth, defaults).model.id), ["unsloth/Phi-4", "assumed"]);
    const nameless = minimal.replace("model: unsloth/Qwen3-8B\n", "");
    assert.equal(planOf(unsloth, nameless).model.id.origin, "unknown");
  });

  it("leaves inference settings and other frameworks' sections to others", () => {
    const detect = (text: string) => unsloth.detect(documentOf(text));
    assert.equal(detect("model: unsloth/Qwen3-8B\ninference:\n  temperature: 0.6\n  top_p: 0.95\n"), 0);
    assert.equal(detect("model:\n  model_name: Qwen/Qwen3-8B\ntraining:\n  learning_rate: 1e-5\n  batch_size: 2\n"), 0);
    assert.equal(detect("training:\n  learning_rate: 1e-3\n  batch_size: 128\n"), 0);
    assert.equal(detect("model: Qwen/Qwen3-8B\ntrain: true\niters: 100\nlora_parameters:\n  rank: 8\n"), 0);
    assert.equal(detect(qlora), 1);
  });

  it("evaluates only by eval_steps, and saves at the end alone where save_steps are 0", () => {
    const intervals = (lines: string) => intervalsOf(planOf(unsloth, minimal + lines));
    assert.deepEqual(intervals(""), [{ kind: "never" }, { kind: "end" }]);
    assert.deepEqual(intervals("  eval_steps: 0.2\n  save_steps: 30\n"), [
      { kind: "share", of: "run", share: 0.2, rounding: "up" },
      { kind: "updates", every: 30 },
    ]);
  });
});

describe("writing an Unsloth config", () => {
  it("sets each key in its section and leaves comments alone", () => {
    const text = written(qlora, {
      peakLearningRate: 1e-4,
      microBatch: 2,
      accumulation: 16,
      sequenceLength: 2048,
      epochs: 1,
      warmupSteps: 20,
      scheduler: "linear",
      optimizer: "adamw_8bit",
      loraRank: 16,
      gradientCheckpointing: false,
    });
    const expected = qlora
      .replace("learning_rate: 2e-4", "learning_rate: 1e-4")
      .replace("batch_size: 4", "batch_size: 2")
      .replace("steps: 8", "steps: 16")
      .replace("max_seq_length: 4096", "max_seq_length: 2048")
      .replace("num_epochs: 2", "num_epochs: 1")
      .replace("warmup_steps: 10", "warmup_steps: 20")
      .replace('"cosine"', '"linear"')
      .replace('"paged_adamw_8bit"', '"adamw_8bit"')
      .replace("lora_r: 32", "lora_r: 16")
      .replace('gradient_checkpointing: "unsloth"', 'gradient_checkpointing: "none"');
    assert.equal(text, expected);
  });

  it("adds Unsloth's own checkpointing, and warmup updates beside the learning rate", () => {
    assert.equal(written(minimal, { gradientCheckpointing: true }), `${minimal}  gradient_checkpointing: unsloth\n`);
    assert.equal(written(minimal, { warmupSteps: 10 }), `${minimal}  warmup_steps: 10\n`);
  });

  it("adds no key that the command line refuses, but sets those that are there", () => {
    assert.equal(written(minimal, { warmupRatio: 0.1, scheduler: "cosine", optimizer: "adamw_torch" }), minimal);
    const studio = `${minimal}  warmup_ratio: 0.03\n`;
    assert.equal(written(studio, { warmupRatio: 0.1 }), studio.replace("0.03", "0.1"));
  });

  it("has no key for the evaluation batch", () => {
    assert.equal(written(qlora, { evaluationBatch: 1 }), qlora);
  });
});
