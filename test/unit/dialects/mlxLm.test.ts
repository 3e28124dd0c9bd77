import assert from "node:assert/strict";
import type { PlanChange } from "../../../src/core/dialects/dialect.ts";
import { mlxLm } from "../../../src/core/dialects/mlxLm.ts";
import type { Sourced } from "../../../src/core/plan/sourced.ts";
import { applyEdits } from "../edits.ts";
import { documentOf, intervalsOf, planOf } from "./reading.ts";

/** A value and where it comes from. */
const told = <T>({ value, origin }: Sourced<T>) => [value, origin];

const lora = `model: mlx-community/Qwen3-4B-bf16
train: true
data: ./tickets
fine_tune_type: dora
num_layers: 8
optimizer: adamw
optimizer_config:
  adamw:
    betas: [0.9, 0.95]
    weight_decay: 0.05
batch_size: 2 # all that fits
iters: 1001
grad_accumulation_steps: 4
learning_rate: 1e-5
lr_schedule:
  name: cosine_decay
  warmup: 20
  warmup_init: 1e-7
  arguments: [2e-4, 250, 1e-6]
max_seq_length: 1024
grad_checkpoint: true
lora_parameters:
  keys: ["self_attn.q_proj", "self_attn.v_proj"]
  rank: 16
  scale: 2.0
  dropout: 0.05
`;

const minimal = "model: mlx-community/Qwen3-4B-bf16\ntrain: true\nfine_tune_type: lora\nlearning_rate: 3e-5\n";

const written = (text: string, change: PlanChange) => applyEdits(text, mlxLm.write(documentOf(text), change));

describe("reading an mlx-lm config", () => {
  it("takes everything from a file with a schedule", () => {
    const plan = planOf(mlxLm, lora);
    assert.deepEqual(told(plan.stage), ["sft", "default"]);
    assert.deepEqual(told(plan.model.id), ["mlx-community/Qwen3-4B-bf16", "file"]);
    assert.equal(plan.model.shape, null);
    assert.deepEqual(told(plan.method), ["lora", "file"]);
    assert.equal(plan.quantization, null);
    assert.ok(plan.lora);
    assert.deepEqual(told(plan.lora.rank), [16, "file"]);
    assert.deepEqual(told(plan.lora.alpha), [32, "file"]);
    assert.deepEqual(told(plan.lora.dropout), [0.05, "file"]);
    assert.deepEqual(told(plan.lora.targets), [
      { kind: "names", names: ["self_attn.q_proj", "self_attn.v_proj"] },
      "file",
    ]);
    assert.deepEqual(plan.lora.layers && told(plan.lora.layers), [{ kind: "last", count: 8 }, "file"]);
    assert.deepEqual(told(plan.lora.modulesToSave), [[], "default"]);
    assert.deepEqual(told(plan.lora.rsLora), [false, "default"]);
    assert.deepEqual(told(plan.lora.dora), [true, "file"]);
    assert.deepEqual(told(plan.optimizer.name), ["adamw", "file"]);
    assert.deepEqual(told(plan.optimizer.weightDecay), [0.05, "file"]);
    assert.deepEqual(told(plan.optimizer.beta2), [0.95, "file"]);
    assert.deepEqual(told(plan.optimizer.maxGradNorm), [0, "default"]);
    assert.deepEqual(told(plan.learningRate.peak), [2e-4, "file"]);
    assert.deepEqual(told(plan.learningRate.scheduler), ["cosine_decay", "file"]);
    assert.equal(plan.learningRate.family, "mlx");
    assert.deepEqual(told(plan.learningRate.schedulerArguments), [
      new Map([
        ["decay_steps", 250],
        ["end", 1e-6],
        ["warmup_init", 1e-7],
      ]),
      "file",
    ]);
    assert.deepEqual(told(plan.learningRate.warmup), [{ steps: 20 }, "file"]);
    assert.equal(plan.duration.epochs.origin, "unknown");
    assert.deepEqual(told(plan.duration.maxSteps), [250, "file"]);
    assert.deepEqual(told(plan.duration.maxTokens), [null, "default"]);
    assert.deepEqual(told(plan.batch.micro), [2, "file"]);
    assert.deepEqual(told(plan.batch.accumulation), [4, "file"]);
    assert.equal(plan.batch.global, null);
    assert.deepEqual(told(plan.batch.evaluation), [2, "file"]);
    assert.deepEqual(told(plan.sequenceLength), [1024, "file"]);
    assert.deepEqual(told(plan.packing), [false, "default"]);
    assert.deepEqual(
      plan.data.sources.map(({ name, limit }) => [...told(name), limit]),
      [["./tickets", "file", null]],
    );
    assert.equal(plan.data.samples.origin, "unknown");
    assert.deepEqual(told(plan.data.validation), [0, "default"]);
    assert.deepEqual(told(plan.precision.trained), ["bfloat16", "assumed"]);
    assert.deepEqual(told(plan.precision.frozen), ["bfloat16", "assumed"]);
    assert.deepEqual(told(plan.precision.adapters), ["float32", "default"]);
    assert.deepEqual(told(plan.precision.quantizedAdapters), ["float32", "default"]);
    assert.deepEqual(told(plan.precision.autocast), [null, "default"]);
    assert.deepEqual(told(plan.gradientCheckpointing), [true, "file"]);
    assert.deepEqual(told(plan.attention), ["narrow", "default"]);
    assert.deepEqual(told(plan.loss), ["materialised", "default"]);
    assert.deepEqual(told(plan.parallelism.gpus), [1, "assumed"]);
    assert.deepEqual(told(plan.parallelism.sharding), ["none", "default"]);
  });

  it("has a kernel for attention going forwards before MLX 0.25, and none since", () => {
    const attention = (mlx: string) => planOf(mlxLm, minimal, { versions: { mlx } }).attention.value;
    assert.equal(attention("0.24.2"), "recomputed");
    assert.equal(attention("0.25.0"), "narrow");
  });

  it("fills in mlx-lm's defaults: a scale of 20 on every linear layer, and a constant rate", () => {
    const plan = planOf(mlxLm, minimal.replace("learning_rate: 3e-5\n", "iters: 500\n"));
    assert.deepEqual(told(plan.lora?.rank as Sourced<number>), [8, "default"]);
    assert.deepEqual(told(plan.lora?.alpha as Sourced<number>), [160, "default"]);
    assert.deepEqual(told(plan.lora?.dropout as Sourced<number>), [0, "default"]);
    assert.deepEqual(plan.lora?.targets.value, { kind: "all" });
    assert.deepEqual(plan.lora?.layers && told(plan.lora.layers), [{ kind: "last", count: 16 }, "default"]);
    const everywhere = planOf(mlxLm, `${minimal}num_layers: -1\n`).lora?.layers?.value;
    assert.deepEqual(everywhere, { kind: "last", count: Number.POSITIVE_INFINITY });
    assert.deepEqual(told(plan.optimizer.name), ["adam", "default"]);
    assert.deepEqual(told(plan.optimizer.weightDecay), [0, "default"]);
    assert.deepEqual(told(plan.optimizer.beta2), [0.999, "default"]);
    assert.deepEqual(told(plan.learningRate.peak), [1e-5, "default"]);
    assert.deepEqual(told(plan.learningRate.scheduler), ["constant", "default"]);
    assert.deepEqual(told(plan.learningRate.schedulerArguments), [new Map(), "default"]);
    assert.deepEqual(told(plan.learningRate.warmup), [{ steps: 0 }, "default"]);
    assert.deepEqual(told(plan.batch.micro), [4, "default"]);
    assert.deepEqual(told(plan.batch.accumulation), [1, "default"]);
    assert.deepEqual(told(plan.duration.maxSteps), [500, "default"]);
    assert.deepEqual(told(planOf(mlxLm, minimal).duration.maxSteps), [1000, "default"]);
    assert.deepEqual(told(plan.sequenceLength), [2048, "default"]);
    assert.deepEqual(told(plan.gradientCheckpointing), [false, "default"]);
    assert.deepEqual(plan.data.sources, []);
  });

  it("is QLoRA on a model that is quantised, which only its name tells", () => {
    const method = (id: string) => planOf(mlxLm, minimal.replace("Qwen3-4B-bf16", id)).method.value;
    assert.equal(method("Qwen3-4B-4bit"), "qlora");
    assert.equal(method("Qwen3-4B-8bit"), "qlora");
    assert.equal(method("Qwen3-4B-Instruct-2507-4bit-DWQ"), "qlora");
    assert.equal(method("Qwen3-4B"), "lora");
    const { quantization } = planOf(mlxLm, minimal.replace("bf16", "4bit"));
    assert.deepEqual(told(quantization?.bits as Sourced<number>), [4, "assumed"]);
    assert.deepEqual(told(quantization?.doubleQuantization as Sourced<boolean>), [false, "default"]);
    assert.deepEqual(told(quantization?.float32Norms as Sourced<boolean>), [false, "default"]);
  });

  it("trains only the last layers in full fine-tuning, unless it is told all of them", () => {
    const full = minimal.replace("fine_tune_type: lora", "fine_tune_type: full");
    assert.deepEqual(told(planOf(mlxLm, full).method), ["freeze", "default"]);
    const all = planOf(mlxLm, `${full}num_layers: -1\n`);
    assert.deepEqual(told(all.method), ["full", "file"]);
    assert.equal(all.lora, null);
  });

  it("trains the norms alone where all layers are quantised", () => {
    const quantized = minimal.replace("fine_tune_type: lora", "fine_tune_type: full").replace("bf16", "4bit");
    assert.deepEqual(told(planOf(mlxLm, `${quantized}num_layers: -1\n`).method), ["freeze", "file"]);
  });

  it("knows that AdamW decays by 0.01 where nothing is configured", () => {
    const { optimizer } = planOf(mlxLm, `${minimal}optimizer: adamw\n`);
    assert.deepEqual(told(optimizer.weightDecay), [0.01, "default"]);
  });

  it("takes the rate from learning_rate where no schedule overrides it, and says where it stands", () => {
    assert.deepEqual(told(planOf(mlxLm, minimal).learningRate.peak), [3e-5, "file"]);
    const { peak } = planOf(mlxLm, lora).learningRate;
    assert.deepEqual(peak.place?.range, { start: { line: 18, character: 14 }, end: { line: 18, character: 18 } });
  });

  it("names the arguments of the other schedules", () => {
    const schedule = "lr_schedule:\n  name: step_decay\n  arguments: [1e-4, 0.9, 100]\n";
    assert.deepEqual(
      planOf(mlxLm, minimal + schedule).learningRate.schedulerArguments.value,
      new Map([
        ["decay_rate", 0.9],
        ["step_size", 100],
      ]),
    );
  });

  it("reads a data set on the Hub", () => {
    const { sources } = planOf(mlxLm, `${minimal}hf_dataset:\n  path: billsum\n`).data;
    assert.equal(sources[0]?.name.value, "billsum");
  });

  it("leaves tests of a trained model, and other frameworks' files, to others", () => {
    const detect = (text: string) => mlxLm.detect(documentOf(text));
    assert.equal(detect(minimal.replace("train: true", "train: false\ntest: true")), 0);
    assert.equal(detect("model: mlx-community/Qwen3-4B-4bit\nmax_tokens: 200\ntemp: 0.7\n"), 0);
    assert.equal(detect("model: Qwen/Qwen3-4B\ntraining:\n  learning_rate: 1e-4\n  max_seq_length: 2048\n"), 0);
    assert.equal(detect("model:\n  num_layers: 12\niters: 1000\nnum_layers: 2\n"), 0);
    assert.equal(detect(lora), 1);
  });

  it("counts forward passes between two evaluations and two saves", () => {
    assert.deepEqual(intervalsOf(planOf(mlxLm, minimal)), [
      { kind: "passes", every: 200 },
      { kind: "passes", every: 100 },
    ]);
    assert.deepEqual(intervalsOf(planOf(mlxLm, `${minimal}steps_per_eval: 50\nsave_every: 500\n`)), [
      { kind: "passes", every: 50 },
      { kind: "passes", every: 500 },
    ]);
  });

  it("does not know a peak that is no number, nor arguments of a schedule that it does not know", () => {
    const text = planOf(mlxLm, lora.replace("[2e-4, 250, 1e-6]", "[fast, 250, 1e-6]")).learningRate;
    assert.equal(text.peak.origin, "unknown");
    assert.match(text.peak.note ?? "", /no number/);
    const other = planOf(mlxLm, lora.replace("name: cosine_decay", "name: join_schedules")).learningRate;
    assert.deepEqual([...(other.schedulerArguments.value?.keys() ?? [])], ["warmup_init"]);
    const none = planOf(mlxLm, lora.replace("[2e-4, 250, 1e-6]", "2e-4")).learningRate;
    assert.equal(none.peak.origin, "unknown");
  });

  it("takes mlx's own weight decay where none is set: 0.01 for AdamW and Muon, none for the others", () => {
    const decay = (name: string) => planOf(mlxLm, `${minimal}optimizer: ${name}\n`).optimizer.weightDecay.value;
    assert.deepEqual(["adamw", "muon", "adam", "sgd", "adafactor"].map(decay), [0.01, 0.01, 0, 0, 0]);
  });
});

describe("writing an mlx-lm config", () => {
  it("sets each key in place; the peak stands among the schedule's arguments", () => {
    const text = written(lora, {
      peakLearningRate: 1e-4,
      microBatch: 1,
      sequenceLength: 512,
      gradientCheckpointing: false,
      warmupSteps: 40,
      scheduler: "exponential_decay",
      optimizer: "adafactor",
      loraRank: 8,
    });
    const expected = lora
      .replace("[2e-4, 250", "[1e-4, 250")
      .replace("batch_size: 2 #", "batch_size: 1 #")
      .replace("max_seq_length: 1024", "max_seq_length: 512")
      .replace("grad_checkpoint: true", "grad_checkpoint: false")
      .replace("warmup: 20", "warmup: 40")
      .replace("cosine_decay", "exponential_decay")
      .replace("optimizer: adamw", "optimizer: adafactor")
      .replace("rank: 16", "rank: 8");
    assert.equal(text, expected);
  });

  it("keeps the number of updates when each takes more forward passes", () => {
    assert.equal(
      written(lora, { microBatch: 1, accumulation: 8 }),
      lora
        .replace("batch_size: 2 #", "batch_size: 1 #")
        .replace("grad_accumulation_steps: 4", "grad_accumulation_steps: 8")
        .replace("iters: 1001", "iters: 2000"),
    );
  });

  it("sets learning_rate where there is no schedule, and bends none", () => {
    const text = written(minimal, { peakLearningRate: 1e-5, warmupSteps: 10, scheduler: "cosine_decay" });
    assert.equal(text, minimal.replace("3e-5", "1e-5"));
  });

  it("has no keys for epochs, a warmup ratio and the evaluation batch", () => {
    assert.equal(written(lora, { epochs: 2, warmupRatio: 0.1, evaluationBatch: 1 }), lora);
  });
});
