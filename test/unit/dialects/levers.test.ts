import assert from "node:assert/strict";
import { autoTrain } from "../../../src/core/dialects/autoTrain.ts";
import { axolotl } from "../../../src/core/dialects/axolotl.ts";
import type { Dialect } from "../../../src/core/dialects/dialect.ts";
import { huggingFace } from "../../../src/core/dialects/huggingFace.ts";
import { dialects } from "../../../src/core/dialects/index.ts";
import { type LeverName, pull } from "../../../src/core/dialects/levers.ts";
import { litgpt } from "../../../src/core/dialects/litgpt.ts";
import { llamaFactory } from "../../../src/core/dialects/llamaFactory.ts";
import { llamaFactoryV1 } from "../../../src/core/dialects/llamaFactoryV1.ts";
import { llmFoundry } from "../../../src/core/dialects/llmFoundry.ts";
import { ludwig } from "../../../src/core/dialects/ludwig.ts";
import { mistralFinetune } from "../../../src/core/dialects/mistralFinetune.ts";
import { mlxLm } from "../../../src/core/dialects/mlxLm.ts";
import { msSwift } from "../../../src/core/dialects/msSwift.ts";
import { nemoAutomodel } from "../../../src/core/dialects/nemoAutomodel.ts";
import { nemoRl } from "../../../src/core/dialects/nemoRl.ts";
import { openInstruct } from "../../../src/core/dialects/openInstruct.ts";
import { oumi } from "../../../src/core/dialects/oumi.ts";
import { torchtune } from "../../../src/core/dialects/torchtune.ts";
import { unsloth } from "../../../src/core/dialects/unsloth.ts";
import { verl } from "../../../src/core/dialects/verl.ts";
import type { TrainingPlan } from "../../../src/core/plan/plan.ts";
import { applyEdits } from "../edits.ts";
import { documentOf, planOf } from "./reading.ts";

/** What a lever must have done, by what the config then says. */
const done: Readonly<Record<LeverName, (plan: TrainingPlan) => boolean>> = {
  chunkedLoss: ({ loss }) => loss.value === "chunked" || loss.value === "fused",
  ligerLoss: ({ loss }) => loss.value === "fused",
  flashAttention: ({ attention }) => attention.value === "sdpa" || attention.value === "flash",
  zero2: ({ parallelism }) => parallelism.sharding.value === "zero-2",
  zero3: ({ parallelism }) => parallelism.sharding.value === "zero-3",
  adamw: ({ optimizer }) => /adamw/i.test(optimizer.name.value ?? "") && !/8bit/i.test(optimizer.name.value ?? ""),
  adamw8bit: ({ optimizer }) => /adamw.*8bit/i.test(optimizer.name.value ?? ""),
  pagedAdamw8bit: ({ optimizer }) => /paged_?adamw_?8bit/i.test(optimizer.name.value ?? ""),
  offloadOptimizer: ({ parallelism }) => parallelism.offload.value === "optimizer",
  offloadAll: ({ parallelism }) => parallelism.offload.value === "optimizer-and-parameters",
  full: ({ method, lora, quantization }) => method.value === "full" && lora === null && quantization === null,
  lora: ({ method, quantization }) => method.value === "lora" && quantization === null,
  qlora: ({ method, quantization }) => method.value === "qlora" && quantization?.bits.value === 4,
};

type Case = readonly [dialect: Dialect, name: LeverName, before: string, after: string];

const axolotlFull = "base_model: m\nmicro_batch_size: 1\n";
const swift = "model: m\nlearning_rate: 1e-5\ntuner_type: full\n";
const tune = (builder: string) => `model:
  _component_: torchtune.models.llama3.${builder}
optimizer:
  _component_: torch.optim.AdamW
  fused: True
  lr: 2e-5
batch_size: 1
`;

const cases: readonly Case[] = [
  [axolotl, "lora", axolotlFull, `${axolotlFull}adapter: lora\nlora_r: 16\nlora_alpha: 32\nlora_target_linear: true\n`],
  [
    axolotl,
    "qlora",
    `${axolotlFull}adapter: lora\nload_in_8bit: true\nlora_r: 8\nlora_alpha: 16\nlora_target_linear: true\n`,
    `${axolotlFull}adapter: qlora\nload_in_8bit: false\nlora_r: 8\nlora_alpha: 16\nlora_target_linear: true\nload_in_4bit: true\n`,
  ],
  [axolotl, "full", `adapter: lora # small\n${axolotlFull}`, axolotlFull],
  [
    axolotl,
    "ligerLoss",
    `${axolotlFull}plugins:\n  - my.Plugin\n`,
    `${axolotlFull}plugins:\n  - my.Plugin\n  - axolotl.integrations.liger.LigerPlugin\nliger_fused_linear_cross_entropy: true\n`,
  ],
  [axolotl, "flashAttention", `${axolotlFull}eager_attention: true\n`, `${axolotlFull}eager_attention: false\n`],
  [
    axolotl,
    "zero3",
    axolotlFull,
    `${axolotlFull}fsdp_version: 2\nfsdp_config:\n  auto_wrap_policy: TRANSFORMER_BASED_WRAP\n`,
  ],
  [
    axolotl,
    "zero3",
    `${axolotlFull}deepspeed:\n  zero_optimization:\n    stage: 2\n`,
    `${axolotlFull}deepspeed:\n  zero_optimization:\n    stage: 3\n`,
  ],
  [
    axolotl,
    "zero3",
    `${axolotlFull}deepspeed: deepspeed_configs/zero2.json\n`,
    `${axolotlFull}deepspeed: deepspeed_configs/zero3.json\n`,
  ],
  [
    llamaFactory,
    "zero3",
    "model_name_or_path: m\nstage: sft\ndo_train: true\ndeepspeed: examples/deepspeed/ds_z2_config.json\n",
    "model_name_or_path: m\nstage: sft\ndo_train: true\ndeepspeed: examples/deepspeed/ds_z3_config.json\n",
  ],
  [
    axolotl,
    "offloadOptimizer",
    `${axolotlFull}deepspeed:\n  zero_optimization:\n    stage: 2\n`,
    `${axolotlFull}deepspeed:\n  zero_optimization:\n    stage: 2\n    offload_optimizer:\n      device: cpu\n`,
  ],
  [axolotl, "adamw8bit", `${axolotlFull}optimizer: adamw_torch\n`, `${axolotlFull}optimizer: adamw_torch_8bit\n`],
  [
    llamaFactory,
    "qlora",
    "model_name_or_path: m\nstage: sft\ndo_train: true\nfinetuning_type: full\n",
    "model_name_or_path: m\nstage: sft\ndo_train: true\nfinetuning_type: lora\nquantization_bit: 4\nlora_rank: 16\n",
  ],
  [
    llamaFactory,
    "lora",
    "model_name_or_path: m\nstage: sft\ndo_train: true\nquantization_bit: 4\nlora_rank: 8\n",
    "model_name_or_path: m\nstage: sft\ndo_train: true\nlora_rank: 8\n",
  ],
  [
    llamaFactory,
    "ligerLoss",
    "model_name_or_path: m\nstage: sft\ndo_train: true\nfinetuning_type: full\n",
    "model_name_or_path: m\nstage: sft\ndo_train: true\nfinetuning_type: full\nenable_liger_kernel: true\n",
  ],
  [
    huggingFace,
    "lora",
    "model_name_or_path: m\nmax_length: 1024\nlearning_rate: 1e-5\n",
    "model_name_or_path: m\nmax_length: 1024\nlearning_rate: 1e-5\nuse_peft: true\nlora_target_modules: all-linear\n",
  ],
  [
    huggingFace,
    "zero2",
    "model_name_or_path: m\nlearning_rate: 1e-5\nfsdp: full_shard auto_wrap offload\n",
    'model_name_or_path: m\nlearning_rate: 1e-5\nfsdp: "shard_grad_op auto_wrap offload"\n',
  ],
  [
    huggingFace,
    "zero3",
    "model_name_or_path: m\nlearning_rate: 1e-5\naccelerate_config: zero2\n",
    "model_name_or_path: m\nlearning_rate: 1e-5\naccelerate_config: zero3\n",
  ],
  [torchtune, "qlora", tune("lora_llama3_8b"), tune("qlora_llama3_8b")],
  [
    torchtune,
    "pagedAdamw8bit",
    tune("llama3_8b"),
    tune("llama3_8b").replace("torch.optim.AdamW\n  fused: True", "bitsandbytes.optim.PagedAdamW8bit"),
  ],
  [
    torchtune,
    "offloadAll",
    `${tune("llama3_8b")}fsdp_cpu_offload: False\n`,
    `${tune("llama3_8b")}fsdp_cpu_offload: True\n`,
  ],
  [
    msSwift,
    "qlora",
    swift,
    swift.replace("tuner_type: full", "tuner_type: lora\nquant_method: bnb\nquant_bits: 4\nlora_rank: 16"),
  ],
  [msSwift, "zero3", `${swift}deepspeed: zero2\n`, `${swift}deepspeed: zero3\n`],
  [msSwift, "offloadOptimizer", `${swift}deepspeed: zero2\n`, `${swift}deepspeed: zero2_offload\n`],
  [
    unsloth,
    "lora",
    "model: m\ntraining:\n  optim: adamw_8bit\n  max_seq_length: 2048\n  load_in_4bit: true\n",
    "model: m\ntraining:\n  optim: adamw_8bit\n  max_seq_length: 2048\n  load_in_4bit: false\n",
  ],
  [
    litgpt,
    "qlora",
    "checkpoint_dir: m\nlora_r: 8\nprecision: bf16-mixed\ntrain:\n  micro_batch_size: 1\n",
    "checkpoint_dir: m\nlora_r: 8\nprecision: bf16-true\ntrain:\n  micro_batch_size: 1\nquantize: bnb.nf4\n",
  ],
  [
    verl,
    "lora",
    "trainer:\n  nnodes: 1\ndata:\n  micro_batch_size_per_gpu: 1\nmodel:\n  partial_pretrain: m\n",
    "trainer:\n  nnodes: 1\ndata:\n  micro_batch_size_per_gpu: 1\nmodel:\n  partial_pretrain: m\n  lora_rank: 16\n  lora_alpha: 32\n",
  ],
  [
    oumi,
    "qlora",
    "model:\n  model_name: m\ntraining:\n  learning_rate: 1e-5\n",
    "model:\n  model_name: m\ntraining:\n  learning_rate: 1e-5\n  use_peft: true\npeft:\n  q_lora: true\n  lora_r: 16\n  lora_alpha: 32\n  bnb_4bit_quant_type: nf4\n  bnb_4bit_compute_dtype: bfloat16\n",
  ],
  [
    oumi,
    "zero2",
    "model:\n  model_name: m\ntraining:\n  learning_rate: 1e-5\n",
    "model:\n  model_name: m\ntraining:\n  learning_rate: 1e-5\nfsdp:\n  enable_fsdp: true\n  sharding_strategy: SHARD_GRAD_OP\n",
  ],
  [
    openInstruct,
    "qlora",
    "model_name_or_path: m\nuse_flash_attn: true\nlearning_rate: 1e-5\n",
    "model_name_or_path: m\nuse_flash_attn: true\nlearning_rate: 1e-5\nuse_lora: true\nuse_qlora: true\n",
  ],
  [
    autoTrain,
    "qlora",
    "task: llm-sft\nbackend: local\nbase_model: m\nparams:\n  lr: 2e-5\n",
    "task: llm-sft\nbackend: local\nbase_model: m\nparams:\n  lr: 2e-5\n  peft: true\n",
  ],
  [
    ludwig,
    "qlora",
    "model_type: llm\nbase_model: m\ntrainer:\n  type: finetune\n",
    "model_type: llm\nbase_model: m\ntrainer:\n  type: finetune\nadapter:\n  type: lora\nquantization:\n  bits: 4\n",
  ],
  [
    ludwig,
    "full",
    "model_type: llm\nbase_model: m\nadapter:\n  type: lora\n  r: 8\nquantization:\n  bits: 4\ntrainer:\n  type: finetune\n",
    "model_type: llm\nbase_model: m\ntrainer:\n  type: finetune\n",
  ],
  [mlxLm, "lora", "model: m\nfine_tune_type: full\niters: 9\n", "model: m\nfine_tune_type: lora\niters: 9\n"],
  [
    mistralFinetune,
    "lora",
    "model_id_or_path: m\nlora:\n  enable: False\n  rank: 64\n",
    "model_id_or_path: m\nlora:\n  enable: True\n  rank: 64\n",
  ],
  [
    llamaFactoryV1,
    "qlora",
    "model: m\nmicro_batch_size: 1\nglobal_batch_size: 8\ncutoff_len: 2048\n",
    "model: m\nmicro_batch_size: 1\nglobal_batch_size: 8\ncutoff_len: 2048\npeft_config:\n  name: lora\n  r: 16\nquant_config:\n  name: bnb\n  quantization_bit: 4\n",
  ],
  [
    llmFoundry,
    "zero3",
    "max_duration: 1ep\ntrain_loader:\n  name: text\nmodel:\n  name: hf_causal_lm\nfsdp_config:\n  sharding_strategy: SHARD_GRAD_OP\n",
    "max_duration: 1ep\ntrain_loader:\n  name: text\nmodel:\n  name: hf_causal_lm\nfsdp_config:\n  sharding_strategy: FULL_SHARD\n",
  ],
  [
    nemoAutomodel,
    "lora",
    "step_scheduler:\n  local_batch_size: 1\nmodel:\n  pretrained_model_name_or_path: m\noptimizer:\n  lr: 1e-5\n",
    "step_scheduler:\n  local_batch_size: 1\nmodel:\n  pretrained_model_name_or_path: m\noptimizer:\n  lr: 1e-5\npeft:\n  _target_: nemo_automodel.components._peft.lora.PeftConfig\n  match_all_linear: true\n  dim: 16\n  alpha: 32\n",
  ],
  [
    nemoRl,
    "lora",
    "sft:\n  max_num_steps: 1\npolicy:\n  model_name: m\n  dtensor_cfg:\n    enabled: true\n",
    "sft:\n  max_num_steps: 1\npolicy:\n  model_name: m\n  dtensor_cfg:\n    enabled: true\n    lora_cfg:\n      enabled: true\n      dim: 16\n",
  ],
];

describe("levers", () => {
  for (const [dialect, name, before, after] of cases) {
    it(`${name} is written in the words of ${dialect.label}, and read as what it means`, () => {
      const document = documentOf(before);
      assert.equal(applyEdits(before, pull(document, dialect, name)), after);
      assert.ok(done[name](planOf(dialect, after)), `read as ${JSON.stringify(planOf(dialect, after))}`);
    });
  }

  it("that are pulled already change nothing", () => {
    for (const [dialect, name, , after] of cases) {
      assert.deepEqual(pull(documentOf(after), dialect, name), [], `${name} of ${dialect.label}`);
    }
  });

  it("that a framework lacks change nothing", () => {
    for (const dialect of dialects) {
      for (const name of Object.keys(done) as LeverName[]) {
        if (dialect.levers?.[name] === undefined) assert.deepEqual(pull(documentOf("a: 1\n"), dialect, name), []);
      }
    }
  });

  it("of TRL are not pulled in the files of transformers' own scripts, which refuse keys that they do not know", () => {
    const text = "model_name_or_path: m\nlearning_rate: 1e-5\nblock_size: 1024\n";
    assert.deepEqual(pull(documentOf(text), huggingFace, "lora"), []);
  });

  it("leave the adapters alone that a config has", () => {
    const text = "model_name_or_path: m\nmax_length: 1024\nuse_peft: true\n";
    const edits = pull(documentOf(text), huggingFace, "qlora");
    assert.equal(applyEdits(text, edits), `${text}load_in_4bit: true\n`);
  });

  it("find a key under the name that the file has for it", () => {
    const text = "model: m\nlearning_rate: 1e-5\ntrain_type: full\n";
    const edits = pull(documentOf(text), msSwift, "lora");
    assert.equal(applyEdits(text, edits), text.replace("train_type: full", "train_type: lora\nlora_rank: 16"));
  });
});
