import assert from "node:assert/strict";
import type { PlanChange } from "../../../src/core/dialects/dialect.ts";
import { glmDemo } from "../../../src/core/dialects/glmDemo.ts";
import { applyEdits } from "../edits.ts";
import { documentOf, intervalsOf, linkedFile, planOf } from "./reading.ts";

const chatGlm = `data_config:
  train_file: train.json
max_input_length: 256
max_output_length: 512
training_args:
  learning_rate: 5e-5
`;
const glm4 = `combine: True\nfreezeV: True\n${chatGlm}`;
const lora = "peft_config:\n  peft_type: LORA\n";

const written = (text: string, change: PlanChange) => applyEdits(text, glmDemo.write(documentOf(text), change));

describe("reading a config of the GLM demos", () => {
  it("takes everything from a LoRA file as users write it", () => {
    const plan = planOf(
      glmDemo,
      `
data_config:
  train_file: train.jsonl
  val_file: dev.jsonl
combine: True
freezeV: True
max_input_length: 1024
max_output_length: 512
training_args:
  # see transformers.Seq2SeqTrainingArguments
  output_dir: ./output
  max_steps: 3000
  num_train_epochs: 2
  learning_rate: 5e-4
  lr_scheduler_type: cosine_with_min_lr
  lr_scheduler_kwargs:
    min_lr_rate: 0.1
  warmup_steps: 100
  per_device_train_batch_size: 2
  per_device_eval_batch_size: 16
  gradient_accumulation_steps: 4
  optim: adafactor
  weight_decay: 0.01
  adam_beta2: 0.95
  max_grad_norm: 0.5
  bf16: true
  gradient_checkpointing: true
  dataloader_drop_last: true
  deepspeed: configs/ds_zero_2.json
peft_config:
  peft_type: LORA
  task_type: CAUSAL_LM
  r: 16
  lora_alpha: 32
  lora_dropout: 0.1
  target_modules: ["q_proj", "k_proj", "v_proj"]
`,
    );
    assert.equal(plan.stage.value, "sft");
    assert.equal(plan.model.id.origin, "unknown");
    assert.equal(plan.model.shape, null);
    assert.equal(plan.method.value, "lora");
    assert.equal(plan.lora?.rank.value, 16);
    assert.equal(plan.lora?.alpha.value, 32);
    assert.equal(plan.lora?.dropout.value, 0.1);
    assert.deepEqual(plan.lora?.targets.value, { kind: "names", names: ["q_proj", "k_proj", "v_proj"] });
    assert.deepEqual(plan.lora?.modulesToSave.value, []);
    assert.equal(plan.lora?.rsLora.value, false);
    assert.equal(plan.lora?.dora.value, false);
    assert.equal(plan.quantization, null);
    assert.equal(plan.optimizer.name.value, "adafactor");
    assert.equal(plan.optimizer.weightDecay.value, 0.01);
    assert.equal(plan.optimizer.beta2.value, 0.95);
    assert.equal(plan.optimizer.maxGradNorm.value, 0.5);
    assert.equal(plan.learningRate.peak.value, 5e-4);
    assert.equal(plan.learningRate.peak.place?.keyRange.start.character, 2);
    assert.equal(plan.learningRate.scheduler.value, "cosine_with_min_lr");
    assert.equal(plan.learningRate.family, "huggingface");
    assert.deepEqual([...(plan.learningRate.schedulerArguments.value ?? [])], [["min_lr_rate", 0.1]]);
    assert.deepEqual(plan.learningRate.warmup.value, { steps: 100 });
    assert.equal(plan.duration.epochs.value, 2);
    assert.equal(plan.duration.maxSteps.value, 3000);
    assert.equal(plan.duration.maxTokens.value, null);
    assert.equal(plan.batch.micro.value, 2);
    assert.equal(plan.batch.accumulation.value, 4);
    assert.equal(plan.batch.global, null);
    assert.equal(plan.batch.evaluation.value, 16);
    assert.equal(plan.sequenceLength.value, 1024 + 512 + 1);
    assert.equal(plan.packing.value, false);
    assert.equal(plan.data.sources[0]?.name.value, "train.jsonl");
    assert.equal(plan.data.samples.origin, "unknown");
    assert.equal(plan.data.validation.value, 0);
    assert.equal(plan.data.dropLast?.value, true);
    assert.equal(plan.precision.trained.value, "bfloat16");
    assert.equal(plan.precision.frozen.value, "bfloat16");
    assert.equal(plan.precision.adapters.value, "float32");
    assert.equal(plan.precision.quantizedAdapters.value, "float32");
    assert.equal(plan.precision.autocast.value, "bfloat16");
    assert.equal(plan.gradientCheckpointing.value, true);
    assert.equal(plan.gradientCheckpointing.origin, "file");
    assert.equal(plan.attention.value, "sdpa");
    assert.equal(plan.loss.value, "materialised");
    assert.equal(plan.parallelism.gpus.value, 1);
    assert.equal(plan.parallelism.gpus.origin, "assumed");
    assert.equal(plan.parallelism.sharding.value, "zero-2");
    assert.equal(plan.parallelism.sharding.origin, "assumed");
    assert.equal(plan.parallelism.offload.value, "none");
  });

  it("fills in transformers' defaults, and says that they are defaults", () => {
    const plan = planOf(glmDemo, glm4.replace("learning_rate: 5e-5", "save_steps: 100"));
    const defaults = {
      method: [plan.method, "full"],
      rate: [plan.learningRate.peak, 5e-5],
      scheduler: [plan.learningRate.scheduler, "linear"],
      epochs: [plan.duration.epochs, 3],
      maxSteps: [plan.duration.maxSteps, null],
      micro: [plan.batch.micro, 8],
      evaluation: [plan.batch.evaluation, 8],
      accumulation: [plan.batch.accumulation, 1],
      optimizer: [plan.optimizer.name, "adamw_torch_fused"],
      weightDecay: [plan.optimizer.weightDecay, 0],
      beta2: [plan.optimizer.beta2, 0.999],
      maxGradNorm: [plan.optimizer.maxGradNorm, 1],
      checkpointing: [plan.gradientCheckpointing, false],
      autocast: [plan.precision.autocast, null],
      sharding: [plan.parallelism.sharding, "none"],
    } as const;
    for (const [name, [source, value]] of Object.entries(defaults)) {
      assert.equal(source.value, value, name);
      assert.equal(source.origin, "default", name);
    }
    assert.deepEqual(plan.learningRate.warmup.value, { steps: 0 });
    assert.equal(plan.lora, null);
  });

  it("fills in PEFT's defaults: rank and alpha 8, no dropout, its own choice of modules", () => {
    const plan = planOf(glmDemo, chatGlm + lora);
    assert.equal(plan.lora?.rank.value, 8);
    assert.equal(plan.lora?.alpha.value, 8);
    assert.equal(plan.lora?.dropout.value, 0);
    assert.deepEqual(plan.lora?.targets.value, { kind: "default" });
  });

  it("knows that ChatGLM3's demo always checkpoints, and trains in float32", () => {
    const plan = planOf(glmDemo, chatGlm);
    assert.equal(plan.gradientCheckpointing.value, true);
    assert.equal(plan.gradientCheckpointing.origin, "default");
    assert.equal(plan.precision.trained.value, "float32");
    assert.equal(plan.precision.frozen.value, "float16");
  });

  it("takes prefix tuning for an adapter that is not LoRA", () => {
    const plan = planOf(glmDemo, `${chatGlm}peft_config:\n  peft_type: PREFIX_TUNING\n  num_virtual_tokens: 128\n`);
    assert.equal(plan.method.value, "adapter");
    assert.equal(plan.lora, null);
  });

  it("follows the DeepSpeed file that training_args names", () => {
    const text = `${chatGlm}  deepspeed: ds.json\n`;
    assert.equal(glmDemo.links?.(documentOf(text))[0]?.path, "ds.json");
    const linked = new Map([["ds.json", linkedFile("file:///ds.json", '{"zero_optimization": {"stage": 3}}')]]);
    const { sharding } = planOf(glmDemo, text, { linked }).parallelism;
    assert.equal(sharding.value, "zero-3");
    assert.equal(sharding.origin, "linked");
  });

  it("says unknown where a length is missing", () => {
    assert.equal(planOf(glmDemo, chatGlm.replace("max_output_length: 512\n", "")).sequenceLength.origin, "unknown");
  });

  it("names every key of training_args in its vocabulary", () => {
    assert.equal(glmDemo.vocabulary["training_args.learning_rate"]?.about, "Peak learning rate");
    assert.equal(glmDemo.vocabulary["peft_config.r"]?.default, 8);
  });

  it("evaluates and saves as transformers does, by the keys of training_args", () => {
    const steps = "  eval_strategy: steps\n  eval_steps: 300\n  save_steps: 600\n";
    assert.deepEqual(intervalsOf(planOf(glmDemo, chatGlm + steps)), [
      { kind: "updates", every: 300 },
      { kind: "updates", every: 600 },
    ]);
  });
});

describe("telling configs of the GLM demos from others", () => {
  it("needs training_args with something of the demos beside it", () => {
    const confidence = (text: string) => glmDemo.detect(documentOf(text));
    assert.equal(confidence(chatGlm), 1);
    assert.equal(confidence(`training_args:\n  learning_rate: 1e-4\n${lora}`), 0.8);
    assert.equal(confidence("training_args:\n  learning_rate: 1e-4\n"), 0);
    assert.equal(confidence("max_input_length: 256\nmax_output_length: 512\n"), 0);
    assert.equal(confidence("model_name_or_path: a\nlearning_rate: 1e-4\n"), 0);
  });
});

describe("writing a config of the GLM demos", () => {
  it("changes values in their mappings and leaves comments alone", () => {
    const text = `${chatGlm}  per_device_train_batch_size: 4 # per GPU
  gradient_accumulation_steps: 1\n  per_device_eval_batch_size: 16\n  gradient_checkpointing: false
  num_train_epochs: 3\n  warmup_steps: 0\n  lr_scheduler_type: linear\n  optim: adamw_torch\n${lora}  r: 8\n`;
    const change = {
      peakLearningRate: 1e-5,
      microBatch: 2,
      accumulation: 2,
      evaluationBatch: 4,
      gradientCheckpointing: true,
      epochs: 1,
      warmupSteps: 50,
      scheduler: "cosine",
      optimizer: "adafactor",
      loraRank: 16,
    };
    assert.equal(
      written(text, change),
      `${chatGlm.replace("5e-5", "1e-5")}  per_device_train_batch_size: 2 # per GPU
  gradient_accumulation_steps: 2\n  per_device_eval_batch_size: 4\n  gradient_checkpointing: true
  num_train_epochs: 1\n  warmup_steps: 50\n  lr_scheduler_type: cosine\n  optim: adafactor\n${lora}  r: 16\n`,
    );
  });

  it("takes a shorter sequence from the prompt, not from the answer", () => {
    assert.equal(
      written(chatGlm, { sequenceLength: 641 }),
      chatGlm.replace("max_input_length: 256", "max_input_length: 128"),
    );
  });

  it("adds a missing key behind its neighbour", () => {
    assert.equal(written(chatGlm, { warmupRatio: 0.1 }), `${chatGlm}  warmup_ratio: 0.1\n`);
  });
});
