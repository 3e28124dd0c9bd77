import assert from "node:assert/strict";
import { autoTrain } from "../../../src/core/dialects/autoTrain.ts";
import type { PlanChange } from "../../../src/core/dialects/dialect.ts";
import { applyEdits } from "../edits.ts";
import { documentOf, intervalsOf, planOf } from "./reading.ts";

const config = (params: string, task = "llm-sft", backend = "local") => `task: ${task}
base_model: meta-llama/Llama-3.2-1B
project_name: my-project
log: tensorboard
backend: ${backend}
data:
  path: mlabonne/orpo-dpo-mix-40k
  train_split: train
  valid_split: null
  chat_template: chatml
params:
  padding: right
${params}hub:
  username: \${HF_USERNAME}
  token: \${HF_TOKEN}
`;

const written = (text: string, change: PlanChange) => applyEdits(text, autoTrain.write(documentOf(text), change));

describe("reading an AutoTrain config", () => {
  it("takes everything from a QLoRA file as users write it", () => {
    const plan = planOf(
      autoTrain,
      config(
        `  block_size: 1024
  model_max_length: 2048
  epochs: 3
  batch_size: 4
  lr: 1e-4
  warmup_ratio: 0.05
  gradient_accumulation: 8
  optimizer: paged_adamw_8bit
  scheduler: cosine
  weight_decay: 0.01
  max_grad_norm: 0.5
  peft: true
  quantization: int4
  target_modules: q_proj,v_proj
  lora_r: 32
  lora_alpha: 64
  lora_dropout: 0.1
  mixed_precision: bf16
  use_flash_attention_2: true
  disable_gradient_checkpointing: true
`,
        "llm-dpo",
        "spaces-a10g-largex4",
      ),
    );
    assert.equal(plan.stage.value, "dpo");
    assert.equal(plan.stage.origin, "file");
    assert.equal(plan.model.id.value, "meta-llama/Llama-3.2-1B");
    assert.equal(plan.model.shape, null);
    assert.equal(plan.method.value, "qlora");
    assert.equal(plan.lora?.rank.value, 32);
    assert.equal(plan.lora?.alpha.value, 64);
    assert.equal(plan.lora?.dropout.value, 0.1);
    assert.deepEqual(plan.lora?.targets.value, { kind: "names", names: ["q_proj", "v_proj"] });
    assert.deepEqual(plan.lora?.modulesToSave.value, []);
    assert.equal(plan.lora?.rsLora.value, false);
    assert.equal(plan.lora?.dora.value, false);
    assert.equal(plan.quantization?.bits.value, 4);
    assert.equal(plan.quantization?.doubleQuantization.value, false);
    assert.equal(plan.quantization?.float32Norms.value, true);
    assert.equal(plan.optimizer.name.value, "paged_adamw_8bit");
    assert.equal(plan.optimizer.weightDecay.value, 0.01);
    assert.equal(plan.optimizer.beta2.value, 0.999);
    assert.equal(plan.optimizer.maxGradNorm.value, 0.5);
    assert.equal(plan.learningRate.peak.value, 1e-4);
    assert.equal(plan.learningRate.scheduler.value, "cosine");
    assert.equal(plan.learningRate.family, "huggingface");
    assert.equal(plan.learningRate.schedulerArguments.value?.size, 0);
    assert.deepEqual(plan.learningRate.warmup.value, { ratio: 0.05, rounding: "up" });
    assert.equal(plan.duration.epochs.value, 3);
    assert.equal(plan.duration.maxSteps.value, null);
    assert.equal(plan.duration.maxTokens.value, null);
    assert.equal(plan.batch.micro.value, 4);
    assert.equal(plan.batch.accumulation.value, 8);
    assert.equal(plan.batch.global, null);
    assert.equal(plan.batch.evaluation.value, 4);
    assert.equal(plan.sequenceLength.value, 1024);
    assert.equal(plan.packing.value, false);
    assert.equal(plan.data.sources[0]?.name.value, "mlabonne/orpo-dpo-mix-40k");
    assert.equal(plan.data.samples.origin, "unknown");
    assert.equal(plan.data.validation.value, 0);
    assert.equal(plan.precision.trained.value, "float32");
    assert.equal(plan.precision.frozen.value, "float32");
    assert.equal(plan.precision.adapters.value, "float32");
    assert.equal(plan.precision.quantizedAdapters.value, "float32");
    assert.equal(plan.precision.autocast.value, "bfloat16");
    assert.equal(plan.gradientCheckpointing.value, false);
    assert.equal(plan.attention.value, "flash");
    assert.equal(plan.loss.value, "materialised");
    assert.equal(plan.parallelism.gpus.value, 4);
    assert.equal(plan.parallelism.gpus.origin, "file");
    assert.equal(plan.parallelism.sharding.value, "none");
    assert.equal(plan.parallelism.offload.value, "none");
  });

  it("fills in the defaults of language models, and says that they are defaults", () => {
    const plan = planOf(autoTrain, config(""));
    const defaults = {
      rate: [plan.learningRate.peak, 3e-5],
      scheduler: [plan.learningRate.scheduler, "linear"],
      epochs: [plan.duration.epochs, 1],
      micro: [plan.batch.micro, 2],
      accumulation: [plan.batch.accumulation, 4],
      sequenceLength: [plan.sequenceLength, 1024],
      optimizer: [plan.optimizer.name, "adamw_torch"],
      weightDecay: [plan.optimizer.weightDecay, 0],
      maxGradNorm: [plan.optimizer.maxGradNorm, 1],
      method: [plan.method, "full"],
      packing: [plan.packing, true],
      checkpointing: [plan.gradientCheckpointing, true],
      attention: [plan.attention, "sdpa"],
      autocast: [plan.precision.autocast, null],
    } as const;
    for (const [name, [source, value]] of Object.entries(defaults)) {
      assert.equal(source.value, value, name);
      assert.equal(source.origin, "default", name);
    }
    assert.deepEqual(plan.learningRate.warmup.value, { ratio: 0.1, rounding: "up" });
    assert.equal(plan.lora, null);
    assert.equal(plan.parallelism.gpus.origin, "assumed");
  });

  it("quantises to 4 bits under adapters unless told otherwise; null switches it off", () => {
    const plan = (text: string) => planOf(autoTrain, config(`  peft: true\n${text}`));
    assert.equal(plan("").method.value, "qlora");
    assert.equal(plan("").lora?.rank.value, 16);
    assert.equal(plan("").lora?.alpha.value, 32);
    assert.equal(plan("").lora?.dropout.value, 0.05);
    assert.deepEqual(plan("").lora?.targets.value, { kind: "all" });
    assert.equal(plan("  quantization: int8\n").method.value, "lora");
    assert.equal(plan("  quantization: int8\n").quantization?.bits.value, 8);
    assert.equal(plan("  quantization: null\n").quantization, null);
    assert.equal(plan("  quantization: none\n").method.value, "lora");
    assert.deepEqual(plan("  target_modules: null\n").lora?.targets.value, { kind: "default" });
  });

  it("quantises nothing without adapters", () => {
    const plan = planOf(autoTrain, config("  quantization: int4\n"));
    assert.equal(plan.quantization, null);
    assert.equal(plan.method.value, "full");
  });

  it("cuts the sequences to model_max_length", () => {
    const length = (text: string) => planOf(autoTrain, config(text)).sequenceLength.value;
    assert.equal(length("  block_size: 4096\n"), 2048);
    assert.equal(length("  block_size: 4096\n  model_max_length: 8192\n"), 4096);
    assert.equal(length("  block_size: -1\n  model_max_length: 8192\n"), 1024);
  });

  it("takes the stage from the task, or from the trainer of the task llm", () => {
    const stage = (task: string, params = "") => planOf(autoTrain, config(params, task)).stage.value;
    assert.equal(stage("llm-sft"), "sft");
    assert.equal(stage("llm-orpo"), "orpo");
    assert.equal(stage("llm-reward"), "reward");
    assert.equal(stage("llm-generic"), "continued-pretrain");
    assert.equal(stage("llm"), "continued-pretrain");
    assert.equal(stage("llm", "  trainer: dpo\n"), "dpo");
    assert.equal(stage("seq2seq"), "sft");
    assert.equal(stage("vlm:vqa"), "sft");
    assert.equal(stage("text_classification"), "classify");
  });

  it("has other defaults for other tasks", () => {
    const text = planOf(autoTrain, config("", "text_classification"));
    assert.equal(text.learningRate.peak.value, 5e-5);
    assert.equal(text.batch.micro.value, 8);
    assert.equal(text.batch.evaluation.value, 16);
    assert.equal(text.batch.accumulation.value, 1);
    assert.equal(text.duration.epochs.value, 3);
    assert.equal(text.sequenceLength.value, 128);
    assert.equal(text.gradientCheckpointing.value, false);
    const embedding = planOf(autoTrain, config("", "sentence-transformers:pair"));
    assert.equal(embedding.learningRate.peak.value, 3e-5);
    assert.equal(planOf(autoTrain, config("", "image_classification")).sequenceLength.origin, "unknown");
  });

  it("shards with DeepSpeed only, in its third stage", () => {
    const split = planOf(autoTrain, config("  distributed_backend: deepspeed\n")).parallelism;
    assert.equal(split.sharding.value, "zero-3");
    assert.equal(split.offload.value, "none");
  });

  it("counts one GPU in a Space whose hardware names none", () => {
    const { gpus } = planOf(autoTrain, config("", "llm-sft", "spaces-a100-large")).parallelism;
    assert.equal(gpus.value, 1);
    assert.equal(gpus.origin, "file");
  });

  it("says unknown where a value comes from the environment", () => {
    assert.equal(planOf(autoTrain, config("  lr: ${RATE}\n")).learningRate.peak.origin, "unknown");
  });

  it("evaluates and saves once per epoch where there is a valid_split, and else saves at the end", () => {
    assert.deepEqual(intervalsOf(planOf(autoTrain, config(""))), [{ kind: "never" }, { kind: "end" }]);
    const held = config("").replace("valid_split: null", "valid_split: validation");
    assert.deepEqual(intervalsOf(planOf(autoTrain, held)), [
      { kind: "epochs", every: 1 },
      { kind: "epochs", every: 1 },
    ]);
  });

  it("takes a trainer that it does not know for the default one, and quantises nothing by a word that it does not know", () => {
    const config = (params: string) =>
      planOf(autoTrain, `task: llm\nbase_model: a/b\nbackend: local\nproject_name: x\nparams:\n${params}`);
    assert.equal(config("  trainer: reinforce\n").stage.value, "continued-pretrain");
    assert.equal(config("  trainer: sft\n").stage.value, "sft");
    assert.equal(config("  peft: true\n  quantization: int3\n").quantization, null);
  });
});

describe("telling AutoTrain configs from others", () => {
  it("needs task, base_model and backend", () => {
    const confidence = (text: string) => autoTrain.detect(documentOf(text));
    assert.equal(confidence(config("")), 1);
    assert.equal(confidence("base_model: a/b\nlearning_rate: 1e-4\nadapter: lora\n"), 0);
    assert.equal(confidence(config("", "tabular:classification")), 0);
    assert.equal(confidence(config("", "dreambooth")), 0);
  });
});

describe("writing an AutoTrain config", () => {
  it("changes values under params and leaves comments alone", () => {
    const text = config(`  lr: 3e-5 # peak
  batch_size: 2\n  gradient_accumulation: 4\n  block_size: 1024\n  epochs: 1\n  warmup_ratio: 0.1
  scheduler: linear\n  optimizer: adamw_torch\n  lora_r: 16\n`);
    const change = {
      peakLearningRate: 1e-5,
      microBatch: 1,
      accumulation: 8,
      sequenceLength: 512,
      epochs: 2,
      warmupRatio: 0.05,
      scheduler: "cosine",
      optimizer: "adafactor",
      loraRank: 8,
    };
    assert.equal(
      written(text, change),
      config(`  lr: 1e-5 # peak
  batch_size: 1\n  gradient_accumulation: 8\n  block_size: 512\n  epochs: 2\n  warmup_ratio: 0.05
  scheduler: cosine\n  optimizer: adafactor\n  lora_r: 8\n`),
    );
  });

  it("turns checkpointing on by disabling its opposite", () => {
    const text = config("  disable_gradient_checkpointing: true\n");
    assert.equal(written(text, { gradientCheckpointing: true }), text.replace("ing: true", "ing: false"));
  });

  it("knows the sequence length of other tasks by another name, and no warmup steps", () => {
    const text = config("  max_seq_length: 512\n", "text_classification");
    assert.equal(written(text, { sequenceLength: 256, warmupSteps: 5 }), text.replace("512", "256"));
  });
});
