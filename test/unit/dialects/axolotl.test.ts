import assert from "node:assert/strict";
import { axolotl } from "../../../src/core/dialects/axolotl.ts";
import type { PlanChange } from "../../../src/core/dialects/dialect.ts";
import { globalBatchSize } from "../../../src/core/plan/plan.ts";
import { analysisOf } from "../analysis.ts";
import { applyEdits } from "../edits.ts";
import { documentOf, groupsOf, intervalsOf, linkedFile, planOf } from "./reading.ts";

const full = `
base_model: NousResearch/Meta-Llama-3.1-8B
plugins:
  - axolotl.integrations.liger.LigerPlugin
liger_fused_linear_cross_entropy: true
datasets:
  - path: tatsu-lab/alpaca
    type: alpaca
  - path: json
    data_files: [data/support.jsonl]
    type: chat_template
  - path: wikimedia/wikipedia
    split: train[:5%]
    type: completion
val_set_size: 0.02
sequence_len: 8192
sample_packing: true
gradient_accumulation_steps: 4
micro_batch_size: 2
eval_batch_size: 1
num_epochs: 3
max_steps: 500
optimizer: paged_adamw_8bit
lr_scheduler: cosine
cosine_min_lr_ratio: 0.1
learning_rate: 2e-5 # from the sweep
warmup_ratio: 0.05
weight_decay: 0.1
adam_beta2: 0.95
max_grad_norm: 0.5
bf16: true
gradient_checkpointing: true
attn_implementation: flash_attention_2
dataloader_drop_last: true
fsdp_version: 2
fsdp_config:
  offload_params: true
  reshard_after_forward: true
  auto_wrap_policy: TRANSFORMER_BASED_WRAP
dp_shard_size: 4
dp_replicate_size: 2
tensor_parallel_size: 2
context_parallel_size: 2
`;

const qlora = `
base_model: NousResearch/Meta-Llama-3-8B
load_in_8bit: false
load_in_4bit: true
adapter: qlora
lora_r: 32
lora_alpha: 16
lora_dropout: 0.05
lora_target_linear: true
lora_modules_to_save: [embed_tokens, lm_head]
peft_use_rslora: true
datasets:
  - path: mhenrichsen/alpaca_2k_test
    type: alpaca
micro_batch_size: 2
learning_rate: 0.0002
wandb_project:
`;

const minimal = "base_model: NousResearch/Llama-2-7b-hf\nmicro_batch_size: 2\nlearning_rate: 2e-5\n";

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

const plan = (lines: string) => planOf(axolotl, minimal + lines);
const written = (text: string, change: PlanChange) => applyEdits(text, axolotl.write(documentOf(text), change));

describe("reading an axolotl config", () => {
  it("takes everything from a full fine-tuning on several GPUs", () => {
    assert.deepEqual(said(planOf(axolotl, full)), {
      stage: { default: "sft" },
      model: { id: "NousResearch/Meta-Llama-3.1-8B", shape: null },
      method: { default: "full" },
      lora: null,
      quantization: null,
      optimizer: {
        name: "paged_adamw_8bit",
        weightDecay: 0.1,
        beta2: 0.95,
        epsilon: { default: 1e-8 },
        maxGradNorm: 0.5,
      },
      learningRate: {
        peak: 2e-5,
        scheduler: "cosine",
        family: "axolotl",
        schedulerArguments: new Map([["cosine_min_lr_ratio", 0.1]]),
        warmup: { ratio: 0.05, rounding: "down", oneIsTwo: true },
      },
      duration: { epochs: 3, maxSteps: 500, maxTokens: { default: null } },
      evaluationInterval: { default: { kind: "never" } },
      saveInterval: { default: { kind: "epochs", every: 1 } },
      batch: { micro: 2, accumulation: 4, global: null, evaluation: 1 },
      sequenceLength: 8192,
      packing: true,
      data: {
        sources: [
          { name: "tatsu-lab/alpaca", limit: null },
          { name: "json", file: "data/support.jsonl", limit: null },
          { name: "unknown", limit: null },
        ],
        samples: "unknown",
        validation: 0.02,
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
      gradientCheckpointing: true,
      reentrant: { default: true },
      activationOffload: { default: false },
      attention: "flash",
      loss: "fused",
      evaluationLoss: { default: "materialised" },
      parallelism: {
        // 4 shards × 2 copies × 2 for each matrix × 2 for each sequence
        gpus: 32,
        tensor: 2,
        pipeline: { default: 1 },
        context: 2,
        expert: { default: 1 },
        sharding: "zero-3",
        groups: { copies: 2 },
        reducesLast: { default: true },
        fsdp1: { default: false },
        offload: "optimizer-and-parameters",
      },
    });
  });

  it("divides the GPUs by those that share a matrix or a sequence for the effective batch", () => {
    // 2 sequences × 4 passes × 32 / (2 × 2) GPUs
    assert.equal(globalBatchSize(planOf(axolotl, full)), 64);
  });

  it("has adapters in the layers of peft_layers_to_transform alone", () => {
    assert.equal(planOf(axolotl, qlora).lora?.layers, undefined);
    const { lora } = planOf(axolotl, `${qlora}peft_layers_to_transform: [30, 31]\n`);
    assert.deepEqual(lora?.layers?.value, { kind: "numbers", numbers: [30, 31] });
  });

  it("takes everything from a QLoRA file, and axolotl's own defaults for the rest", () => {
    assert.deepEqual(said(planOf(axolotl, qlora)), {
      stage: { default: "sft" },
      model: { id: "NousResearch/Meta-Llama-3-8B", shape: null },
      method: "qlora",
      lora: {
        rank: 32,
        alpha: 16,
        dropout: 0.05,
        targets: { kind: "all" },
        modulesToSave: ["embed_tokens", "lm_head"],
        rsLora: true,
        dora: { default: false },
      },
      quantization: {
        bits: 4,
        doubleQuantization: { default: true },
        float32Norms: { default: false },
        fusedExperts: { default: false },
      },
      optimizer: {
        name: { default: "adamw_torch_fused" },
        weightDecay: { default: 0 },
        beta2: { default: 0.999 },
        epsilon: { default: 1e-8 },
        maxGradNorm: { default: 1 },
      },
      learningRate: {
        peak: 0.0002,
        scheduler: { default: "cosine" },
        family: "axolotl",
        schedulerArguments: { default: new Map() },
        warmup: { default: { ratio: 0.03, atMost: 100, rounding: "down", oneIsTwo: true } },
      },
      duration: { epochs: { default: 1 }, maxSteps: { default: null }, maxTokens: { default: null } },
      evaluationInterval: { default: { kind: "never" } },
      saveInterval: { default: { kind: "epochs", every: 1 } },
      batch: { micro: 2, accumulation: { default: 1 }, global: null, evaluation: 2 },
      sequenceLength: { default: 512 },
      packing: { default: false },
      data: {
        sources: [{ name: "mhenrichsen/alpaca_2k_test", limit: null }],
        samples: "unknown",
        validation: { default: 0 },
        dropLast: { default: false },
        streaming: { default: false },
      },
      precision: {
        trained: { default: "bfloat16" },
        frozen: { default: "bfloat16" },
        adapters: { default: "float32" },
        quantizedAdapters: { default: "float32" },
        autocast: { default: "bfloat16" },
      },
      gradientCheckpointing: { default: false },
      reentrant: { default: true },
      activationOffload: { default: false },
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

  it("knows no default for a LoRA's rank and alpha, and takes PEFT's choice of modules", () => {
    const { method, lora, quantization } = plan("adapter: lora\n");
    assert.equal(method.value, "lora");
    assert.equal(quantization, null);
    assert.deepEqual(said(lora), {
      rank: "unknown",
      alpha: "unknown",
      dropout: { default: 0 },
      targets: { default: { kind: "default" } },
      modulesToSave: { default: [] },
      rsLora: { default: false },
      dora: { default: false },
    });
  });

  it("trains every weight without an adapter, whatever lora_r says", () => {
    const { method, lora } = plan("lora_r: 16\nadapter:\n");
    assert.equal(said(method), "full");
    assert.deepEqual(said(plan("lora_r: 16\n").method), { default: "full" });
    assert.equal(lora, null);
  });

  it("trains some weights in place with unfrozen_parameters or LISA", () => {
    assert.equal(plan("unfrozen_parameters:\n  - ^lm_head.weight$\n").method.value, "freeze");
    assert.equal(plan("unfrozen_parameters: []\n").method.value, "full");
    assert.equal(plan("lisa_n_layers: 4\n").method.value, "freeze");
  });

  it("calls adapters of plugins adapters, not LoRA", () => {
    assert.equal(plan("adapter: llama-adapter\n").method.value, "adapter");
  });

  it("is QLoRA on 4-bit weights, whoever made them so, and LoRA on 8-bit ones", () => {
    const read = (lines: string) => {
      const { method, quantization } = plan(`adapter: lora\nlora_r: 8\n${lines}`);
      return [method.value, quantization?.bits.value, quantization?.doubleQuantization.value];
    };
    assert.deepEqual(read("load_in_4bit: true\n"), ["qlora", 4, true]);
    assert.deepEqual(read("load_in_8bit: true\n"), ["lora", 8, true]);
    assert.deepEqual(read("gptq: true\n"), ["qlora", 4, false]);
    assert.deepEqual(read("peft:\n  backend: bnb\n  weight_dtype: nf4\n"), ["qlora", 4, true]);
    assert.deepEqual(read("peft:\n  backend: torchao\n  weight_dtype: int4\n"), ["qlora", 4, false]);
    assert.deepEqual(read("peft:\n  backend: torchao\n  weight_dtype: int8\n"), ["lora", 8, false]);
    assert.deepEqual(read("load_in_4bit: true\nbnb_config_kwargs:\n  bnb_4bit_use_double_quant: false\n"), [
      "qlora",
      4,
      false,
    ]);
  });

  it("takes names, lists and regular expressions as LoRA targets", () => {
    const targets = (lines: string) => plan(`adapter: lora\nlora_r: 8\n${lines}`).lora?.targets.value;
    assert.deepEqual(targets("lora_target_modules: [q_proj, v_proj]\n"), {
      kind: "names",
      names: ["q_proj", "v_proj"],
    });
    assert.deepEqual(targets("lora_target_modules:\n  - o_proj\n"), { kind: "names", names: ["o_proj"] });
    assert.deepEqual(targets("lora_target_modules: model.layers.[\\d]+.mlp.up_proj\n"), {
      kind: "pattern",
      pattern: "model.layers.[\\d]+.mlp.up_proj",
    });
    assert.deepEqual(targets("lora_target_modules: [q_proj]\nlora_target_linear: true\n"), { kind: "all" });
  });

  it("derives the accumulation from batch_size, the total of one GPU", () => {
    assert.equal(plan("batch_size: 16\n").batch.accumulation.value, 8);
    assert.equal(plan("batch_size: 16\ngradient_accumulation_steps: 0\n").batch.accumulation.value, 8);
    assert.equal(plan("batch_size: 0\ngradient_accumulation_steps: 4\n").batch.accumulation.value, 4);
  });

  it("makes two updates of a single update of warmup, and refuses a share of updates as axolotl does", () => {
    const warmup = (lines: string) => plan(lines).learningRate.warmup;
    assert.deepEqual(warmup("warmup_steps: 10\n").value, { steps: 10 });
    assert.deepEqual(warmup("warmup_steps: 1\n").value, { steps: 2 });
    assert.equal(warmup("warmup_steps: 0.1\n").origin, "unknown");
    assert.match(warmup("warmup_steps: 0.1\n").note ?? "", /a share of them is warmup_ratio/);
  });

  it("collects what bends the curve, under its newest name and with lr_scheduler_kwargs", () => {
    const bends = (lines: string) => said(plan(lines).learningRate.schedulerArguments);
    assert.deepEqual(
      bends("lr_quadratic_warmup: true\ncosine_constant_lr_ratio: 0.8\ncosine_min_lr_ratio:\n"),
      new Map<string, number | boolean>([
        ["lr_quadratic_warmup", true],
        ["cosine_constant_lr_ratio", 0.8],
      ]),
    );
    assert.deepEqual(bends("lr_quadratic_warmup: false\n"), { default: new Map() });
    assert.deepEqual(
      bends("relora_steps: 150\nrelora_warmup_steps: 10\nlr_scheduler_kwargs:\n  num_cycles: 2\n"),
      new Map([
        ["num_cycles", 2],
        ["jagged_restart_steps", 150],
        ["jagged_restart_warmup_steps", 10],
      ]),
    );
  });

  it("tells the stage from rl, the reward models and pretraining_dataset", () => {
    const stage = (lines: string) => plan(lines).stage.value;
    assert.equal(stage("rl: dpo\n"), "dpo");
    assert.equal(stage("rl: ipo\n"), "dpo");
    assert.equal(stage("rl: kto\n"), "kto");
    assert.equal(stage("rl: orpo\n"), "orpo");
    assert.equal(stage("rl: simpo\n"), "simpo");
    assert.equal(stage("rl: grpo\n"), "grpo");
    assert.equal(stage("rl: gdpo\n"), "grpo");
    assert.equal(stage("rl: ebft\n"), "grpo");
    assert.equal(stage("reward_model: true\n"), "reward");
    assert.equal(stage("process_reward_model: true\n"), "classify");
    assert.equal(stage("pretraining_dataset: allenai/c4\n"), "continued-pretrain");
    assert.equal(stage("rl:\n"), "sft");
    assert.equal(plan("rl: somethingNew\n").stage.origin, "unknown");
  });

  it("names the data of pretraining, a text or a list", () => {
    const names = (lines: string) => said(plan(lines).data.sources);
    assert.deepEqual(names("pretraining_dataset: allenai/c4\n"), [{ name: "allenai/c4", limit: null }]);
    assert.deepEqual(names("pretraining_dataset:\n  - path: allenai/c4\n    name: en\n    type: pretrain\n"), [
      { name: "allenai/c4", limit: null },
    ]);
    assert.deepEqual(names("datasets:\n  - path: allenai/c4\n    shards: 10\n"), [{ name: "unknown", limit: null }]);
  });

  it("knows that fused losses never hold all logits, and that they need their plugins", () => {
    const loss = (lines: string) => plan(lines).loss.value;
    const liger = "plugins:\n  - axolotl.integrations.liger.LigerPlugin\n";
    const cut = "plugins:\n  - axolotl.integrations.cut_cross_entropy.CutCrossEntropyPlugin\n";
    assert.equal(loss(`${liger}liger_fused_linear_cross_entropy: true\n`), "fused");
    assert.equal(loss(`${liger}liger_cross_entropy: true\n`), "in-place");
    assert.equal(loss("liger_fused_linear_cross_entropy: true\n"), "materialised");
    assert.equal(loss(cut), "fused");
    assert.equal(loss(`${cut}cut_cross_entropy: false\n`), "materialised");
    assert.equal(loss("cut_cross_entropy: true\n"), "materialised");
    assert.equal(loss("flash_attn_cross_entropy: true\n"), "materialised");
  });

  it("computes the model's own loss in chunks of the logits where it is told to, and no other", () => {
    const loss = (lines: string) => plan(`chunked_cross_entropy: true\n${lines}`).loss.value;
    assert.equal(loss(""), "parts");
    assert.equal(loss("pretraining_dataset: allenai/c4\n"), "parts");
    assert.equal(loss("rl: dpo\n"), "materialised");
    assert.equal(plan("chunked_cross_entropy: false\n").loss.value, "materialised");
  });

  it("trains float32 weights under FSDP 1, which accelerate casts, and not under FSDP 2, which axolotl prepares", () => {
    const trained = (lines: string) => plan(`bf16: true\n${lines}`).precision.trained.value;
    assert.equal(trained("fsdp: [full_shard, auto_wrap]\n"), "float32");
    assert.equal(trained("fsdp_version: 1\nfsdp_config:\n  reshard_after_forward: true\n"), "float32");
    assert.equal(trained("fsdp_version: 2\nfsdp_config:\n  reshard_after_forward: true\n"), "bfloat16");
    assert.equal(trained("fsdp: [full_shard]\nfsdp_config:\n  fsdp_version: 2\n"), "bfloat16");
    assert.equal(plan("bf16: full\nfsdp: [full_shard]\n").precision.trained.value, "bfloat16");
  });

  it("reads bf16 and its older siblings: automatic, off, pure, and float16", () => {
    const types = (lines: string) => {
      const { trained, autocast } = plan(lines).precision;
      return [trained.value, autocast.value];
    };
    assert.deepEqual(types("bf16: auto\n"), ["bfloat16", "bfloat16"]);
    assert.deepEqual(types("bf16: full\n"), ["bfloat16", null]);
    assert.deepEqual(types("bf16: false\n"), ["float32", null]);
    assert.deepEqual(types("bf16: auto\nfp16: false\n"), ["bfloat16", "bfloat16"]);
    assert.deepEqual(types("bf16: false\nfp16: true\n"), ["float16", "float16"]);
    assert.deepEqual(types("fp16: true\n"), ["float16", "float16"]);
    assert.deepEqual(types("bf16: true\nfp16: true\n"), ["bfloat16", "bfloat16"]);
    assert.deepEqual(types("bf16: full\nfp16: true\n"), ["bfloat16", null]);
    assert.deepEqual(types("bf16: false\nbfloat16: true\n"), ["bfloat16", null]);
    assert.deepEqual(types("bf16: false\nfloat16: true\n"), ["float16", null]);
  });

  it("holds the adapters in float32 unless it is told not to", () => {
    const lora = "adapter: lora\nlora_r: 8\n";
    assert.deepEqual(said(plan(lora).precision.adapters), { default: "float32" });
    assert.equal(plan(`${lora}bf16: true\npeft_autocast_adapter_dtype: false\n`).precision.adapters.value, "bfloat16");
  });

  it("keeps activations in the host's memory in either way of asking for it", () => {
    const offloads = (lines: string) => plan(lines).activationOffload?.value;
    assert.equal(offloads("gradient_checkpointing: offload\n"), true);
    assert.equal(offloads("gradient_checkpointing: true\nactivation_offloading: legacy\n"), true);
    assert.equal(offloads("activation_offloading: true\n"), true);
    assert.equal(offloads("gradient_checkpointing: true\nactivation_offloading: false\n"), false);
    assert.equal(offloads("gradient_checkpointing: true\n"), false);
    const kept = "gradient_checkpointing_kwargs:\n  offload: true\n";
    assert.equal(offloads(`gradient_checkpointing: true\n${kept}`), true);
    assert.equal(offloads(kept), false);
  });

  it("checkpoints in every variant, and in FSDP's way", () => {
    const checkpoints = (lines: string) => plan(lines).gradientCheckpointing.value;
    assert.equal(checkpoints("gradient_checkpointing: offload\n"), true);
    assert.equal(checkpoints("gradient_checkpointing: offload_disk\n"), true);
    assert.equal(checkpoints("gradient_checkpointing: false\n"), false);
    assert.equal(checkpoints("fsdp_config:\n  activation_checkpointing: true\n"), true);
    assert.equal(
      checkpoints("gradient_checkpointing: false\nfsdp_config:\n  fsdp_activation_checkpointing: true\n"),
      true,
    );
  });

  it("reads the attention kernel under its name or the older flags", () => {
    const attention = (lines: string) => plan(lines).attention.value;
    assert.equal(attention("flash_attention: true\n"), "flash");
    assert.equal(attention("flash_attention: false\nsdp_attention: true\n"), "sdpa");
    assert.equal(attention("eager_attention: true\n"), "eager");
    assert.equal(attention("xformers_attention: true\n"), "sdpa");
    assert.equal(attention("flex_attention: true\n"), attention("attn_implementation: flex_attention\n"));
    assert.equal(attention("flex_attention: true\n"), "flash");
    assert.equal(attention("attn_implementation: flash_attention_3\n"), "flash");
    assert.equal(attention("attn_implementation: kernels-community/flash-attn3\n"), "flash");
    assert.equal(attention("attn_implementation: eager\n"), "eager");
  });

  it("reads how many copies there are of what is sharded", () => {
    const groups = (lines: string) => plan(lines).parallelism.groups?.value;
    assert.deepEqual(groups("fsdp_version: 2\nfsdp_config: {}\ndp_shard_size: 4\ndp_replicate_size: 2\n"), {
      copies: 2,
    });
    const strategy = "fsdp_config:\n  sharding_strategy: HYBRID_SHARD\n";
    assert.deepEqual(groups(`fsdp_version: 1\n${strategy}`), { sharers: 8 });
    assert.equal(groups(`fsdp_version: 2\n${strategy}`), undefined);
  });

  it("reads what is sharded from FSDP, inline DeepSpeed, or the name of a DeepSpeed file, which is an assumption", () => {
    const sharding = (lines: string) => plan(lines).parallelism.sharding;
    assert.equal(sharding("fsdp:\n  - full_shard\n  - auto_wrap\n").value, "zero-3");
    assert.equal(sharding("fsdp: [shard_grad_op]\n").value, "zero-2");
    assert.equal(sharding("fsdp:\nfsdp_config:\n").value, "none");
    assert.equal(sharding("fsdp_version: 2\nfsdp_config:\n  reshard_after_forward: false\n").value, "zero-2");
    assert.equal(sharding("deepspeed: { zero_optimization: { stage: 2 } }\n").value, "zero-2");
    const named = sharding("deepspeed: deepspeed_configs/zero3_bf16.json\n");
    assert.deepEqual(said(named), { assumed: "zero-3" });
    assert.equal(sharding("deepspeed: ds.json\n").origin, "unknown");
  });

  it("asks for the DeepSpeed file, and takes its word", () => {
    const text = `${minimal}deepspeed: deepspeed_configs/mine.json\n`;
    assert.deepEqual(
      axolotl.links?.(documentOf(text)).map(({ path }) => path),
      ["deepspeed_configs/mine.json"],
    );
    const file = linkedFile("file:///mine.json", '{ "zero_optimization": { "stage": 1 } }');
    const linked = new Map([["deepspeed_configs/mine.json", file]]);
    assert.deepEqual(said(planOf(axolotl, text, { linked }).parallelism.sharding), { linked: "zero-1" });
  });

  it("knows the GPUs from Ray or the mesh, and at least those that share a model; else one is assumed", () => {
    const gpus = (lines: string) => said(plan(lines).parallelism.gpus);
    assert.deepEqual(gpus(""), { assumed: 1 });
    assert.deepEqual(gpus("use_ray: true\nray_num_workers: 4\n"), 4);
    assert.deepEqual(gpus("use_ray: true\n"), { default: 1 });
    assert.deepEqual(gpus("ray_num_workers: 4\n"), { assumed: 1 });
    assert.deepEqual(gpus("dp_shard_size: 1\nexpert_parallel_size: 8\n"), 8);
    assert.deepEqual(gpus("context_parallel_size: 4\n"), { assumed: 4 });
    assert.deepEqual(gpus("sequence_parallel_degree: 2\n"), { assumed: 2 });
  });

  it("says unknown, not wrong, where a value is resolved elsewhere or is no value", () => {
    const read = planOf(axolotl, "base_model: ${MODEL}\nmicro_batch_size: auto\nlearning_rate: 2e-5\n");
    assert.equal(read.model.id.origin, "unknown");
    assert.match(read.model.id.note ?? "", /resolved outside this file/);
    assert.equal(read.batch.micro.origin, "unknown");
    assert.match(read.batch.micro.note ?? "", /"auto" is not a value that micro_batch_size can have/);
    assert.equal(globalBatchSize(read), undefined);
    assert.equal(planOf(axolotl, "base_model: gpt2\nmicro_batch_size: 1\n").learningRate.peak.origin, "unknown");
  });

  it("says where a value from the file stands", () => {
    const { peak } = plan("").learningRate;
    assert.equal(peak.origin, "file");
    assert.deepEqual(peak.place?.range, { start: { line: 2, character: 15 }, end: { line: 2, character: 19 } });
    assert.deepEqual(peak.place?.keyRange, { start: { line: 2, character: 0 }, end: { line: 2, character: 13 } });
  });

  it("saves at the end of each epoch unless told otherwise, and evaluates only if told to, on data that are held out", () => {
    const held = "val_set_size: 0.1\n";
    assert.deepEqual(intervalsOf(plan("")), [{ kind: "never" }, { kind: "epochs", every: 1 }]);
    assert.deepEqual(intervalsOf(plan(held)), [{ kind: "never" }, { kind: "epochs", every: 1 }]);
    assert.deepEqual(intervalsOf(plan(`${held}eval_strategy: epoch\n`))[0], { kind: "epochs", every: 1 });
    assert.deepEqual(intervalsOf(plan(`${held}eval_steps: 0.1\nsave_steps: 200\n`)), [
      { kind: "share", of: "run", share: 0.1, rounding: "up" },
      { kind: "updates", every: 200 },
    ]);
    assert.deepEqual(intervalsOf(plan(`${held}eval_strategy: "no"\nsave_strategy: "no"\n`)), [
      { kind: "never" },
      { kind: "never" },
    ]);
  });

  it("checkpoints in torch's older way, but where it trains on preferences or some parameters, and Gemma 4", () => {
    const reentrant = (lines: string) => plan(`gradient_checkpointing: true\n${lines}`).reentrant?.value;
    const kwargs = "gradient_checkpointing_kwargs:\n  use_reentrant";
    assert.equal(reentrant(""), true);
    assert.equal(reentrant("rl: dpo\n"), false);
    assert.equal(reentrant("unfrozen_parameters: [lm_head]\n"), false);
    assert.equal(reentrant(`${kwargs}: true\nrl: dpo\n`), true);
    assert.equal(reentrant(`${kwargs}: false\n`), false);
    assert.equal(reentrant("gradient_checkpointing_kwargs: {}\n"), false);
    const gemma = minimal.replace("NousResearch/Llama-2-7b-hf", "google/gemma-4-E4B-it");
    assert.equal(planOf(axolotl, `${gemma}${kwargs}: true\n`).reentrant?.value, false);
  });

  it("pads every batch to the full length where it is told to, but to the longest sample in TRL's trainers", () => {
    const padded = (lines: string) => plan(lines).data.padded?.value ?? false;
    assert.equal(padded("pad_to_sequence_len: true\n"), true);
    assert.equal(padded("pad_to_sequence_len: auto\n"), false);
    assert.equal(padded("pad_to_sequence_len: true\nrl: dpo\n"), false);
    assert.equal(padded(""), false);
  });

  it("turns evaluations per epoch into a share of the run, unless that is all of it", () => {
    const perEpoch = "val_set_size: 0.1\nevals_per_epoch: 4\nsaves_per_epoch: 1\n";
    assert.deepEqual(intervalsOf(plan(`${perEpoch}num_epochs: 2\n`)), [
      { kind: "share", of: "run", share: 1 / 8, rounding: "up" },
      { kind: "share", of: "run", share: 1 / 2, rounding: "up" },
    ]);
    assert.deepEqual(intervalsOf(plan(`${perEpoch}num_epochs: 1\n`)), [
      { kind: "share", of: "run", share: 1 / 4, rounding: "up" },
      { kind: "epochs", every: 1 },
    ]);
    const once = "val_set_size: 0.1\nevals_per_epoch: 1\nnum_epochs: 1\n";
    assert.deepEqual(intervalsOf(plan(once))[0], { kind: "never" });
  });

  it("keeps a frozen copy of the model for the features of energy-based fine-tuning, whatever beta is", () => {
    const { referenceModel, generation, data } = plan("rl: ebft\ntrl:\n  num_generations: 4\n");
    assert.equal(referenceModel?.value, true);
    assert.equal(generation?.sequences.value, 2);
    assert.deepEqual(data.answers?.value, { perSample: 4, passes: 1 });
    assert.equal(plan("rl: grpo\n").referenceModel?.value, false);
    assert.equal(plan("rl: grpo\nrl_beta: 0.04\n").referenceModel?.value, true);
  });

  it("does not know how long texts become with answers at many places, each of which is a sample all the same", () => {
    const { referenceModel, generation, data } = plan("rl: ebft\nebft:\n  mode: strided\n");
    assert.equal(referenceModel?.value, true);
    assert.equal(generation?.sequences.origin, "unknown");
    assert.equal(data.answers, undefined);
  });

  it("trains LoRA+'s matrices B at a multiple of the rate, and only where there are adapters", () => {
    const ratio = "adapter: lora\nlora_r: 8\nloraplus_lr_ratio: 16\n";
    const { groups } = plan(ratio).learningRate;
    assert.deepEqual(groupsOf(plan(ratio)), [["LoRA B matrices", 16 * 2e-5]]);
    assert.equal(groups?.[0]?.peak.origin, "file");
    assert.equal(groups?.[0]?.peak.place?.range.start.line, 5);
    assert.deepEqual(groupsOf(plan("loraplus_lr_ratio: 16\n")), []);
  });

  it("has a rate for LoRA on embeddings since PEFT 0.21 finds them, 1e-6 unless told otherwise", () => {
    const lines = "adapter: lora\nlora_target_modules: [q_proj, embed_tokens]\nloraplus_lr_ratio: 4\n";
    const groups = (peft: string, more = "") =>
      groupsOf(planOf(axolotl, minimal + lines + more, { versions: { peft } }));
    assert.deepEqual(groups("0.20.0"), [["LoRA B matrices", 8e-5]]);
    assert.deepEqual(groups("0.21.0"), [
      ["LoRA B matrices", 8e-5],
      ["LoRA on embeddings", 1e-6],
    ]);
    assert.deepEqual(groups("0.21.0", "loraplus_lr_embedding: 3e-6\n")[1], ["LoRA on embeddings", 3e-6]);
  });

  it("has a rate of the embeddings, of which a scale goes before a rate", () => {
    const name = "embeddings and output layer";
    assert.deepEqual(groupsOf(plan("embedding_lr: 1e-6\n")), [[name, 1e-6]]);
    assert.deepEqual(groupsOf(plan("embedding_lr: 1e-6\nembedding_lr_scale: 0.5\n")), [[name, 1e-5]]);
    const saved = "adapter: lora\nlora_modules_to_save: [embed_tokens]\nembedding_lr: 1e-6\n";
    assert.deepEqual(groupsOf(plan(saved)), [["embed_tokens", 1e-6]]);
    assert.deepEqual(groupsOf(plan("adapter: lora\nlora_target_modules: [q_proj]\nembedding_lr: 1e-6\n")), []);
  });

  it("names the groups of lr_groups by their modules, and has none beside LoRA+", () => {
    const lines =
      "lr_groups:\n  - { name: attention, modules: [q_proj, k_proj], lr: 1e-5 }\n  - { name: mlp, modules: [up_proj] }\n";
    assert.deepEqual(groupsOf(plan(lines)), [["attention (q_proj, k_proj)", 1e-5]]);
    assert.deepEqual(groupsOf(plan(`${lines}adapter: lora\nloraplus_lr_ratio: 2\n`)), [["LoRA B matrices", 4e-5]]);
  });

  it("gives Dion's matrices a rate of their own, and takes no notice of other groups under Muon", () => {
    assert.deepEqual(groupsOf(plan("optimizer: dion\ndion_lr: 0.01\nembedding_lr: 1e-6\n")), [
      ["matrices (Dion)", 0.01],
    ]);
    assert.deepEqual(groupsOf(plan("optimizer: muon\nembedding_lr: 1e-6\n")), []);
  });

  it("knows a stage, a method and a way to checkpoint by less common names, and says which stage it does not know", () => {
    const base = "base_model: a/b\nmicro_batch_size: 1\nlearning_rate: 1e-5\n";
    const plan = (lines: string) => planOf(axolotl, base + lines);
    const other = plan("rl: reinforce\n").stage;
    assert.equal(other.note, "rl: reinforce is not known");
    assert.equal(plan("adapter: llama-adapter\n").method.value, "adapter");
    assert.equal(plan("hatchery: { lora_rank: 8 }\n").method.value, "lora");
    assert.equal(plan("unfrozen_parameters: [lm_head.weight]\n").method.value, "freeze");
    assert.equal(plan("lisa_n_layers: 4\n").method.value, "freeze");
    const offloading = plan("gradient_checkpointing: offload\n");
    assert.deepEqual([offloading.gradientCheckpointing.value, offloading.activationOffload?.value], [true, true]);
    const fsdp = plan("fsdp_config: { activation_checkpointing: true }\n");
    assert.equal(fsdp.gradientCheckpointing.value, true);
  });

  it("names groups of parameters, and their modules where they have no name", () => {
    const text =
      "base_model: a/b\nmicro_batch_size: 1\nlearning_rate: 1e-5\nlr_groups:\n  - { name: head, modules: [lm_head], lr: 1e-6 }\n  - { modules: [wte], lr: 2e-6 }\n";
    assert.deepEqual(groupsOf(planOf(axolotl, text)), [
      ["head (lm_head)", 1e-6],
      ["group (wte)", 2e-6],
    ]);
  });
});

describe("recognising an axolotl config", () => {
  it("is certain of a file with a learning rate or a micro batch, and less of one that is being typed", () => {
    assert.equal(analysisOf(full).dialect.id, "axolotl");
    assert.equal(axolotl.detect(documentOf(full)), 1);
    assert.equal(axolotl.detect(documentOf("base_model: gpt2\nadapter: lora\nlora_r: 8\n")), 0.6);
  });

  it("leaves alone inference, merges, data sets, and configs of other frameworks", () => {
    const others = [
      "base_model: gpt2\nadapter: lora\nlora_model_dir: ./out\n",
      "base_model: mistralai/Mistral-7B-v0.1\nmerge_method: slerp\ndtype: bfloat16\n",
      "base_model: gpt2\ndatasets:\n  - path: tatsu-lab/alpaca\n",
      "model_type: llm\nbase_model: gpt2\nadapter:\n  type: lora\ntrainer:\n  learning_rate: 1e-4\n",
      "task: llm-sft\nbase_model: gpt2\nbackend: local\nparams:\n  lr: 1e-4\n",
      "model_name_or_path: gpt2\nlearning_rate: 1e-4\nper_device_train_batch_size: 2\n",
      "model:\n  _component_: torchtune.models.llama3.llama3_8b\nbatch_size: 2\n",
    ];
    for (const text of others) assert.equal(axolotl.detect(documentOf(text)), 0, text);
  });
});

describe("writing an axolotl config", () => {
  it("sets each key in place and leaves comments alone", () => {
    const changed = written(full, {
      peakLearningRate: 1e-5,
      microBatch: 1,
      accumulation: 8,
      evaluationBatch: 2,
      sequenceLength: 4096,
      gradientCheckpointing: false,
      epochs: 2,
      warmupRatio: 0.1,
      scheduler: "rex",
      optimizer: "adamw_torch_fused",
    });
    const expected = full
      .replace("learning_rate: 2e-5 #", "learning_rate: 1e-5 #")
      .replace("\nmicro_batch_size: 2", "\nmicro_batch_size: 1")
      .replace("accumulation_steps: 4", "accumulation_steps: 8")
      .replace("eval_batch_size: 1", "eval_batch_size: 2")
      .replace("sequence_len: 8192", "sequence_len: 4096")
      .replace("gradient_checkpointing: true", "gradient_checkpointing: false")
      .replace("num_epochs: 3", "num_epochs: 2")
      .replace("warmup_ratio: 0.05", "warmup_ratio: 0.1")
      .replace("lr_scheduler: cosine", "lr_scheduler: rex")
      .replace("optimizer: paged_adamw_8bit", "optimizer: adamw_torch_fused");
    assert.equal(changed, expected);
  });

  it("adds what the file does not have beside what belongs to it", () => {
    assert.equal(
      written(qlora, { warmupSteps: 20, loraRank: 16, accumulation: 4 }),
      qlora
        .replace("lora_r: 32", "lora_r: 16")
        .replace("micro_batch_size: 2\n", "micro_batch_size: 2\ngradient_accumulation_steps: 4\n")
        .replace("learning_rate: 0.0002\n", "learning_rate: 0.0002\nwarmup_steps: 20\n"),
    );
  });

  it("keeps the total batch of one GPU, which does not go with the accumulation", () => {
    const total = `${minimal}batch_size: 16\n`;
    assert.equal(
      written(total, { microBatch: 4, accumulation: 4 }),
      total.replace("micro_batch_size: 2", "micro_batch_size: 4"),
    );
    assert.equal(written(total, { accumulation: 4 }), total.replace("batch_size: 16", "batch_size: 8"));
    assert.equal(written(total, { peakLearningRate: 1e-5 }), total.replace("2e-5", "1e-5"));
  });
});
