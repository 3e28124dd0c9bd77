import assert from "node:assert/strict";
import { versionsFrom } from "../../../../src/core/plan/versions.ts";
import type { Finding } from "../../../../src/core/rules/rule.ts";
import { analysisOf } from "../../analysis.ts";
import { applyEdits } from "../../edits.ts";

type Lines = readonly string[];

function findingsIn(lines: Lines, versions = ""): readonly Finding[] {
  return analysisOf(lines.join("\n"), { versions: versionsFrom(versions) }).findings.filter(
    ({ rule }) => rule === "keys/incompatible",
  );
}

const messagesIn = (lines: Lines, versions?: string) => findingsIn(lines, versions).map(({ message }) => message);

/** The fixes of the only finding, each with the lines that it leaves, of those that `own` tells from the others. */
function remediesIn(lines: Lines, own: RegExp): readonly (readonly [title: string, ...left: Lines])[] {
  const [finding, ...others] = findingsIn(lines);
  assert.ok(finding && others.length === 0, `${others.length + 1} findings in ${lines.join(", ")}`);
  return finding.fixes.map(({ title, edits }) => {
    const fixed = applyEdits(lines.join("\n"), edits).split("\n");
    assert.deepEqual(messagesIn(fixed), [], title);
    return [title, ...fixed.filter((line) => line !== "" && own.test(line))];
  });
}

const trl = ["model_name_or_path: Qwen/Qwen2.5-0.5B", "dataset_name: trl-lib/Capybara", "learning_rate: 1.0e-5"];
const sft = [...trl, "dataset_text_field: text"];
const script = ["model_name_or_path: bert-base-cased", "learning_rate: 2.0e-5", "num_train_epochs: 3"];
const anyStage = [
  ...["model_name_or_path: Qwen/Qwen2.5-0.5B", "template: qwen", "dataset: identity"],
  ...["cutoff_len: 1024", "learning_rate: 1.0e-5", "finetuning_type: full"],
];
const factory = [...anyStage, "stage: sft"];
const axolotl = [
  "base_model: Qwen/Qwen2.5-0.5B",
  "datasets: [{ path: mhenrichsen/alpaca_2k_test, type: alpaca }]",
  "gradient_accumulation_steps: 4",
];
const swift = ["model: Qwen/Qwen2.5-0.5B", "dataset: [swift/self-cognition]", "tuner_type: lora"];

describe("keys/incompatible in torchtune, LitGPT and GPT-NeoX", () => {
  const tune = [
    "model: { _component_: torchtune.models.llama3_2.llama3_2_1b }",
    "optimizer: { _component_: torch.optim.AdamW, lr: 2.0e-5 }",
    "dataset: { _component_: torchtune.datasets.alpaca_dataset }",
    "batch_size: 2",
    "epochs: 1",
    "optimizer_in_bwd: true",
  ];
  const lit = [
    ...["checkpoint_dir: checkpoints/meta-llama/Llama-3.2-1B", "lora_r: 8", "quantize: bnb.nf4"],
    ...["train:", "  micro_batch_size: 1", "  global_batch_size: 8"],
  ];
  const neox = [
    ...["num_layers: 2", "hidden_size: 64", "num_attention_heads: 4", "seq_length: 128", "train_iters: 10"],
    ...["train_micro_batch_size_per_gpu: 4", "optimizer: { type: Adam, params: { lr: 6.0e-4 } }"],
  ];

  it("has no gradients to add up or to clip where torchtune updates in the backward pass", () => {
    assert.deepEqual(remediesIn([...tune, "gradient_accumulation_steps: 8"], /^(?:optimizer_in|gradient)/), [
      ["Set optimizer_in_bwd to false", "optimizer_in_bwd: false", "gradient_accumulation_steps: 8"],
      ["Set gradient_accumulation_steps to 1", "optimizer_in_bwd: true", "gradient_accumulation_steps: 1"],
    ]);
    assert.deepEqual(remediesIn([...tune, "clip_grad_norm: 1.0"], /^(?:optimizer_in|clip)/), [
      ["Set optimizer_in_bwd to false", "optimizer_in_bwd: false", "clip_grad_norm: 1.0"],
      ["Remove clip_grad_norm", "optimizer_in_bwd: true"],
    ]);
    assert.deepEqual(messagesIn([...tune, "gradient_accumulation_steps: 1", "clip_grad_norm: null"]), []);
  });

  it("quantises in LitGPT for one GPU and its own precision", () => {
    assert.deepEqual(remediesIn([...lit, "precision: bf16-mixed"], /^(?:quantize|precision)/), [
      ["Set precision to bf16-true", "quantize: bnb.nf4", "precision: bf16-true"],
      ["Remove quantize", "precision: bf16-mixed"],
    ]);
    assert.deepEqual(remediesIn([...lit, "precision: bf16-true", "devices: 4"], /^(?:quantize|devices)/), [
      ["Set devices to 1", "quantize: bnb.nf4", "devices: 1"],
      ["Remove quantize", "devices: 4"],
    ]);
    assert.equal(messagesIn(lit).length, 1, "a mixed precision by default");
    assert.deepEqual(messagesIn([...lit, "precision: bf16-true", "devices: 1"]), []);
    assert.deepEqual(messagesIn([...lit, "precision: bf16-true", "devices: auto"]), []);
  });

  it("asserts in GPT-NeoX that fp16 is the precision where it is on", () => {
    const half = "fp16: { enabled: true }";
    assert.deepEqual(messagesIn([...neox, half, "precision: bfloat16"]), [
      "GPT-NeoX refuses precision: bfloat16 together with fp16.enabled: the run stops.",
    ]);
    assert.deepEqual(messagesIn([...neox, half, "precision: fp16"]), []);
    assert.deepEqual(messagesIn([...neox, half]), []);
    assert.deepEqual(messagesIn([...neox, "fp16: { enabled: false }", "precision: bfloat16"]), []);
  });
});

describe("keys/incompatible in transformers' arguments", () => {
  const best = "load_best_model_at_end: true";

  it("wants the best model's checkpoints when it evaluates", () => {
    assert.deepEqual(messagesIn([...sft, best, "eval_strategy: steps", "eval_steps: 100", "save_strategy: epoch"]), [
      "load_best_model_at_end wants a checkpoint of every evaluation that may be the best: with eval_strategy steps and save_strategy epoch the run stops.",
    ]);
    assert.equal(messagesIn([...factory, best]).length, 1, "never evaluates, and saves all the same");
    assert.deepEqual(messagesIn([...sft, best, "eval_strategy: epoch", "save_strategy: epoch"]), []);
    assert.deepEqual(messagesIn([...sft, best, "eval_strategy: epoch", "save_strategy: best"]), []);
    assert.deepEqual(messagesIn([...sft, best, "eval_strategy: no", "save_strategy: no"]), []);
    assert.deepEqual(messagesIn([...sft, best, "eval_strategy: ${WHEN}"]), [], "nobody knows when");
    assert.deepEqual(messagesIn([...sft, "eval_strategy: epoch"]), []);
  });

  it("saves as the run evaluates, and has no best model where it never does", () => {
    const own = /^(?:load_best|eval|save)/;
    assert.deepEqual(remediesIn([...sft, best, "eval_strategy: epoch", "save_steps: 100"], own), [
      ["Set save_strategy to epoch", best, "eval_strategy: epoch", "save_strategy: epoch", "save_steps: 100"],
    ]);
    assert.deepEqual(remediesIn([...sft, best, "eval_strategy: steps", "eval_steps: 40", "save_strategy: no"], own), [
      [
        "Set save_strategy to steps; Set save_steps to 40",
        ...[best, "eval_strategy: steps", "eval_steps: 40", "save_strategy: steps", "save_steps: 40"],
      ],
    ]);
    assert.deepEqual(remediesIn([...sft, best, "save_steps: 100"], own), [
      ["Remove load_best_model_at_end", "save_steps: 100"],
    ]);
  });

  it("wants the steps between checkpoints to be a multiple of those between evaluations", () => {
    const by = (every: string, saved: string) => [
      ...[...sft, best, "eval_strategy: steps", "save_strategy: steps"],
      ...[`eval_steps: ${every}`, `save_steps: ${saved}`],
    ];
    assert.deepEqual(messagesIn(by("200", "500")), [
      "load_best_model_at_end wants save_steps to be a multiple of eval_steps: 500 is none of 200, and the run stops.",
    ]);
    assert.deepEqual(messagesIn(by("250", "500")), []);
    assert.deepEqual(messagesIn(by("0.1", "0.3")), [], "in millionths of the run");
    assert.equal(messagesIn(by("0.1", "0.25")).length, 1);
    assert.equal(messagesIn(by("0.1", "500")).length, 1, "a share and a number");
    assert.deepEqual(messagesIn(by("0.5", "500")), [], "500 is 1,000 halves, as transformers counts");
    const own = /^(?:save|eval)_steps/;
    const set = (lines: Lines) => remediesIn(lines, own).map(([title]) => title);
    assert.deepEqual(set(by("200", "500")), ["Set save_steps to 600"]);
    assert.deepEqual(set(by("200", "50")), ["Set save_steps to 200"]);
    assert.deepEqual(set(by("0.1", "0.25")), ["Set save_steps to 0.1"]);
  });

  it("evaluates as often as it logs where nothing is said, and saves every 500 updates", () => {
    const evaluating = [best, "eval_strategy: steps"];
    assert.deepEqual(messagesIn([...sft, ...evaluating]), [], "TRL logs every 10 updates");
    assert.deepEqual(messagesIn([...factory, ...evaluating]), []);
    assert.deepEqual(messagesIn([...factory, ...evaluating, "logging_steps: 30"]), [
      "load_best_model_at_end wants save_steps to be a multiple of eval_steps: 500 is none of 30, and the run stops.",
    ]);
    assert.deepEqual(remediesIn([...factory, ...evaluating, "logging_steps: 30"], /^save/), [
      ["Set save_steps to 510", "save_steps: 510"],
    ]);
  });

  it("wants evaluations for schedulers that go by them", () => {
    for (const scheduler of ["reduce_lr_on_plateau", "greedy"]) {
      assert.deepEqual(messagesIn([...sft, `lr_scheduler_type: ${scheduler}`]), [
        `${scheduler} goes by how the evaluations come out, and eval_strategy is no: the run stops.`,
      ]);
    }
    assert.deepEqual(messagesIn([...sft, "lr_scheduler_type: greedy", "eval_strategy: epoch"]), []);
    assert.deepEqual(remediesIn([...factory, "lr_scheduler_type: reduce_lr_on_plateau"], /^eval/), [
      ["Set eval_strategy to epoch", "eval_strategy: epoch"],
    ]);
  });

  it("only warns in configs of scripts, which may make something else of them", () => {
    const severities = findingsIn([...script, best, "per_device_train_batch_size: 8"]).map(({ severity }) => severity);
    assert.deepEqual(severities, ["warning"]);
  });
});

describe("keys/incompatible in TRL", () => {
  it("cuts no samples in batches without padding, unless they are packed", () => {
    assert.deepEqual(messagesIn([...sft, "padding_free: true", "max_length: 4096"]), [
      "TRL does not cut samples to max_length (4096) in padding_free batches without packing, and refuses them: the run stops.",
    ]);
    assert.equal(messagesIn([...sft, "padding_free: true"]).length, 1, "to 1,024 tokens by default");
    assert.deepEqual(messagesIn([...sft, "padding_free: true", "max_length: null"]), []);
    assert.deepEqual(messagesIn([...sft, "padding_free: true", "packing: true"]), []);
    assert.deepEqual(messagesIn([...sft, "padding_free: true"], "trl=0.29.1"), []);
    assert.deepEqual(messagesIn([...trl, "beta: 0.1", "padding_free: true", "max_length: 1024"]), [], "DPO");
    assert.deepEqual(remediesIn([...sft, "padding_free: true", "max_length: 4096"], /^(?:padding|max)/), [
      ["Remove padding_free", "max_length: 4096"],
    ]);
  });

  it("has one of two that compute the loss without logits", () => {
    assert.deepEqual(messagesIn([...sft, "loss_type: chunked_nll", "use_liger_kernel: true"]), [
      "TRL refuses loss_type chunked_nll together with use_liger_kernel, which fuses the loss: the run stops.",
    ]);
    assert.deepEqual(messagesIn([...sft, "use_liger_kernel: true"]), [], "the default makes room for Liger");
    assert.deepEqual(messagesIn([...sft, "loss_type: nll", "use_liger_kernel: true"]), []);
    assert.deepEqual(remediesIn([...sft, "loss_type: chunked_nll", "use_liger_kernel: true"], /liger|loss_type/), [
      ["Remove loss_type", "use_liger_kernel: true"],
    ]);
  });

  it("takes KTO's distance from several answers at once", () => {
    const kto = [...trl, "desirable_weight: 1.2", "per_device_train_batch_size: 1"];
    assert.match(messagesIn(kto)[0] ?? "", /refuses a batch of 1/);
    assert.deepEqual(messagesIn([...kto, "loss_type: apo_zero_unpaired"]), [], "a loss without the distance");
    assert.deepEqual(messagesIn([...trl, "desirable_weight: 1.2", "per_device_train_batch_size: 2"]), []);
    assert.deepEqual(messagesIn([...trl, "desirable_weight: 1.2"]), [], "8 by default");
    const own = /^(?:per_device|gradient_acc)/;
    assert.deepEqual(remediesIn([...kto, "gradient_accumulation_steps: 8"], own), [
      [
        "Set per_device_train_batch_size to 2 and gradient_accumulation_steps to 4, which leaves the update as it is",
        ...["per_device_train_batch_size: 2", "gradient_accumulation_steps: 4"],
      ],
    ]);
    assert.deepEqual(remediesIn([...kto, "gradient_accumulation_steps: 3"], own), [
      ["Set per_device_train_batch_size to 2", ...["per_device_train_batch_size: 2", "gradient_accumulation_steps: 3"]],
    ]);
    const inAxolotl = [...axolotl, "rl: kto", "remove_unused_columns: false", "micro_batch_size: 1"];
    assert.deepEqual(remediesIn(inAxolotl, /^(?:micro|gradient_acc)/), [
      [
        "Set micro_batch_size to 2 and gradient_accumulation_steps to 2, which leaves the update as it is",
        ...["gradient_accumulation_steps: 2", "micro_batch_size: 2"],
      ],
    ]);
    assert.deepEqual(messagesIn([...anyStage, "stage: kto", "per_device_train_batch_size: 1"]), []);
  });

  it("leaves GRPO's groups of answers whole", () => {
    const grpo = [...trl, "num_generations: 8", "auto_find_batch_size: true"];
    assert.match(messagesIn(grpo)[0] ?? "", /TRL refuses it/);
    assert.deepEqual(messagesIn(grpo, "trl=1.8.0"), []);
    assert.deepEqual(messagesIn([...sft, "auto_find_batch_size: true"]), []);
    assert.deepEqual(messagesIn([...trl, "use_vllm: true", "auto_find_batch_size: true"]), [], "online DPO, perhaps");
    assert.deepEqual(remediesIn(grpo, /^auto/), [["Remove auto_find_batch_size"]]);
  });
});

describe("keys/incompatible in axolotl", () => {
  const rows: readonly (readonly [
    lines: Lines,
    message: string,
    remedies: readonly Lines[],
    right: readonly Lines[],
  ])[] = [
    [
      ["rl: dpo", "sample_packing: true"],
      "axolotl refuses sample_packing together with rl: the run stops.",
      [["Set sample_packing to false", "rl: dpo", "sample_packing: false"]],
      [["sample_packing: true"], ["rl: dpo"], ["rl: dpo", "sample_packing: ${PACK}"]],
    ],
    [
      ["rl: kto", "micro_batch_size: 2"],
      "axolotl refuses rl: kto without remove_unused_columns: false: the run stops.",
      [["Set remove_unused_columns to false", ...["rl: kto", "remove_unused_columns: false", "micro_batch_size: 2"]]],
      [["rl: dpo"], ["rl: kto", "remove_unused_columns: ${KEEP}"]],
    ],
    [
      ["evals_per_epoch: 4", "eval_steps: 100", "val_set_size: 0.1"],
      "axolotl refuses evals_per_epoch together with eval_steps: the run stops.",
      [
        ["Remove evals_per_epoch", "eval_steps: 100", "val_set_size: 0.1"],
        ["Remove eval_steps", "evals_per_epoch: 4", "val_set_size: 0.1"],
      ],
      [["evals_per_epoch: 0", "eval_steps: 100"]],
    ],
    [
      ["saves_per_epoch: 1", "save_steps: 100"],
      "axolotl refuses saves_per_epoch together with save_steps: the run stops.",
      [
        ["Remove saves_per_epoch", "save_steps: 100"],
        ["Remove save_steps", "saves_per_epoch: 1"],
      ],
      [["saves_per_epoch: 1", "save_steps: null"]],
    ],
    [
      ["val_set_size: 0.05", "test_datasets: [{ path: test.jsonl, ds_type: json, type: alpaca }]"],
      "axolotl refuses val_set_size together with test_datasets: the run stops.",
      [["Remove val_set_size", "test_datasets: [{ path: test.jsonl, ds_type: json, type: alpaca }]"]],
      [
        ["val_set_size: 0", "test_datasets: [{ path: test.jsonl }]"],
        ["val_set_size: 0.05", "test_datasets: []"],
      ],
    ],
    [
      ["deepspeed: zero2.json", "fsdp: [full_shard, auto_wrap]", "fsdp_config: { fsdp_offload_params: false }"],
      "axolotl refuses deepspeed together with fsdp: the run stops.",
      [
        ["Remove deepspeed", ...["fsdp: [full_shard, auto_wrap]", "fsdp_config: { fsdp_offload_params: false }"]],
        ["Remove fsdp, fsdp_config", "deepspeed: zero2.json"],
      ],
      [
        ["deepspeed: zero2.json", "fsdp: []"],
        ["deepspeed:", "fsdp: [full_shard]"],
      ],
    ],
    [
      ["optimizer: adamw_bnb_8bit", "fsdp_version: 2", "fsdp_config: { reshard_after_forward: true }"],
      "axolotl refuses optimizer adamw_bnb_8bit together with FSDP 2: the run stops.",
      [
        [
          "Set optimizer to adamw_torch_8bit",
          ...["optimizer: adamw_torch_8bit", "fsdp_version: 2", "fsdp_config: { reshard_after_forward: true }"],
        ],
      ],
      [
        ["optimizer: adamw_8bit", "fsdp_version: 1", "fsdp_config: { reshard_after_forward: true }"],
        ["optimizer: paged_adamw_8bit", "fsdp_version: 2", "fsdp_config: { reshard_after_forward: true }"],
        ["optimizer: adamw_8bit", "fsdp_version: 2"],
      ],
    ],
    [
      ["activation_offloading: legacy"],
      "axolotl refuses activation_offloading without gradient_checkpointing: the run stops.",
      [["Set gradient_checkpointing to true", "activation_offloading: legacy", "gradient_checkpointing: true"]],
      [
        ["activation_offloading: true", "gradient_checkpointing: offload"],
        ["activation_offloading: true", "gradient_checkpointing: ${CHECKPOINT}"],
        ["activation_offloading: false"],
      ],
    ],
    [
      ["loraplus_lr_ratio: 16", "lr_groups: [{ name: o, modules: [o_proj], lr: 1.0e-4 }]"],
      "axolotl refuses loraplus_lr_ratio together with lr_groups: the run stops.",
      [
        ["Remove loraplus_lr_ratio", "lr_groups: [{ name: o, modules: [o_proj], lr: 1.0e-4 }]"],
        ["Remove lr_groups", "loraplus_lr_ratio: 16"],
      ],
      [["loraplus_lr_ratio: 16"]],
    ],
  ];

  for (const [lines, message, remedies, right] of rows) {
    it(`knows that ${message.replace(": the run stops.", "")}`, () => {
      assert.deepEqual(messagesIn([...axolotl, ...lines]), [message]);
      const own = new RegExp(`^(?!${axolotl.map((line) => line.split(":")[0]).join("|")})`);
      assert.deepEqual(remediesIn([...axolotl, ...lines], own), remedies);
      for (const other of right) assert.deepEqual(messagesIn([...axolotl, ...other]), [], other.join(", "));
    });
  }

  it("finds FSDP's version among its settings too", () => {
    const nested = ["optimizer: adamw_8bit", "fsdp_config: { fsdp_version: 2 }"];
    assert.equal(messagesIn([...axolotl, ...nested]).length, 1);
  });
});

describe("keys/incompatible in LLaMA-Factory and ms-swift", () => {
  for (const method of ["galore", "apollo"]) {
    it(`updates layer by layer with ${method} only without accumulation`, () => {
      const own = [`use_${method}: true`, `${method}_layerwise: true`];
      const accumulating = "gradient_accumulation_steps: 8";
      assert.deepEqual(messagesIn([...factory, ...own, accumulating]), [
        `LLaMA-Factory refuses ${method}_layerwise together with gradient_accumulation_steps: the run stops.`,
      ]);
      assert.deepEqual(messagesIn([...factory, ...own]), []);
      assert.deepEqual(messagesIn([...factory, `${method}_layerwise: true`, accumulating]), []);
      assert.deepEqual(remediesIn([...factory, ...own, accumulating], /layerwise|accumulation/), [
        [`Set ${method}_layerwise to false`, `${method}_layerwise: false`, accumulating],
        ["Set gradient_accumulation_steps to 1", `${method}_layerwise: true`, "gradient_accumulation_steps: 1"],
      ]);
    });
  }

  it("puts samples in a row only for flash attention", () => {
    for (const key of ["packing", "padding_free"]) {
      assert.deepEqual(messagesIn([...swift, `${key}: true`]), [
        `ms-swift refuses ${key} without attn_impl: flash_attn: the run stops.`,
      ]);
      assert.equal(messagesIn([...swift, `${key}: true`, "attn_impl: sdpa"]).length, 1);
      assert.deepEqual(messagesIn([...swift, `${key}: true`, "attn_impl: flash_attention_3"]), []);
      assert.deepEqual(messagesIn([...swift, `${key}: true`], "ms-swift=3.5.0"), []);
      assert.deepEqual(remediesIn([...swift, `${key}: true`], /packing|padding|attn/), [
        ["Set attn_impl to flash_attn", `${key}: true`, "attn_impl: flash_attn"],
      ]);
    }
    assert.equal(messagesIn([...swift, "packing: true", "padding_free: true"]).length, 1);
    const megatron = [...swift, "micro_batch_size: 1", "global_batch_size: 16", "tensor_model_parallel_size: 2"];
    assert.deepEqual(messagesIn([...megatron, "packing: true"]), []);
  });
});
