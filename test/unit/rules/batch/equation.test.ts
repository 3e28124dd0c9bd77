import assert from "node:assert/strict";
import type { AnalyzeOptions } from "../../../../src/core/analyze.ts";
import { analysisOf } from "../../analysis.ts";
import { linkedFile } from "../../dialects/reading.ts";

/** What the rule says: the text of each place, and its message up to the first colon. */
function found(text: string, options: Partial<AnalyzeOptions> = {}): readonly string[] {
  const { findings, document } = analysisOf(text, options);
  const lines = document.text.split("\n");
  return findings
    .filter(({ rule }) => rule === "batch/equation")
    .map(({ range: { start } }) => (lines[start.line] ?? "").trim());
}

/** The titles of the fixes of the only finding. */
function fixesOf(text: string, options: Partial<AnalyzeOptions> = {}): readonly string[] {
  const [finding, ...others] = analysisOf(text, options).findings.filter(({ rule }) => rule === "batch/equation");
  assert.deepEqual(others, []);
  return (finding?.fixes ?? []).map(({ title }) => title);
}

const deepspeed = (...keys: readonly string[]) =>
  `{ "zero_optimization": { "stage": 2 }, "bf16": { "enabled": true },\n${keys.join(",\n")}\n}`;

describe("batch/equation in a DeepSpeed file", () => {
  const sizes = (total: string) => [
    `"train_batch_size": ${total}`,
    '"train_micro_batch_size_per_gpu": 8',
    '"gradient_accumulation_steps": 2',
  ];

  it("finds a total that no number of GPUs makes up, and no other", () => {
    assert.deepEqual(found(deepspeed(...sizes("72")), { format: "json" }), ['"train_batch_size": 72,']);
    assert.deepEqual(found(deepspeed(...sizes("64")), { format: "json" }), []);
    assert.deepEqual(found(deepspeed(...sizes('"auto"')), { format: "json" }), []);
  });

  it("knows what two of the three leave open", () => {
    const [total = "", micro = ""] = sizes("20");
    assert.deepEqual(found(deepspeed(total, micro), { format: "json" }), ['"train_batch_size": 20,']);
    assert.deepEqual(found(deepspeed(total, '"gradient_accumulation_steps": 2'), { format: "json" }), []);
  });

  it("takes the user's word for the number of GPUs", () => {
    assert.deepEqual(found(deepspeed(...sizes("64")), { format: "json", gpus: 4 }), []);
    assert.deepEqual(found(deepspeed(...sizes("64")), { format: "json", gpus: 8 }), ['"train_batch_size": 64,']);
    assert.deepEqual(found(deepspeed(...sizes("64")), { format: "json", gpus: 2 }), ['"train_batch_size": 64,']);
  });

  it("says that no number of GPUs makes it up, or which does not, and shows the parts", () => {
    const finding = (total: string, gpus?: number) =>
      analysisOf(deepspeed(...sizes(total)), { format: "json", ...(gpus ? { gpus } : {}) }).findings.find(
        ({ rule }) => rule === "batch/equation",
      );
    assert.match(finding("72")?.message ?? "", /is 72, no multiple of 8 × 2: no number of GPUs makes it up/);
    assert.match(finding("64", 8)?.message ?? "", /is 64, which 8 × 2 × 8, with the GPUs as the last factor/);
    assert.deepEqual(
      finding("72")?.related.map(({ message }) => message),
      ["train_micro_batch_size_per_gpu", "gradient_accumulation_steps"],
    );
  });

  it("mends the total: what the three make up, else their nearest multiple, which is never none", () => {
    const fixes = (total: string, gpus?: number) =>
      fixesOf(deepspeed(...sizes(total)), { format: "json", ...(gpus ? { gpus } : {}) });
    assert.deepEqual(fixes("64", 8), ["Set train_batch_size to 128"]);
    assert.deepEqual(fixes("70"), ["Set train_batch_size to 64"]);
    assert.deepEqual(fixes("5"), ["Set train_batch_size to 16"]);
  });
});

const grpo = (...keys: readonly string[]) =>
  ["model_name_or_path: Qwen/Qwen2.5-0.5B", "reward_funcs: [accuracy]", "learning_rate: 1.0e-6", ...keys].join("\n");

describe("batch/equation in TRL's GRPO", () => {
  // trl/trainer/grpo_config.py of TRL 1.13.0: 6 answers are no whole groups of 4; nor is 12 a multiple of 8 in a pass.
  it("wants whole groups of answers", () => {
    assert.deepEqual(found(grpo("num_generations: 4", "generation_batch_size: 6")), ["generation_batch_size: 6"]);
    assert.deepEqual(
      found(grpo("num_generations: 4", "generation_batch_size: 8", "per_device_train_batch_size: 8")),
      [],
    );
  });

  it("wants whole passes of sequences", () => {
    const config = grpo("num_generations: 4", "generation_batch_size: 12", "per_device_train_batch_size: 8");
    assert.deepEqual(found(config), ["generation_batch_size: 12"]);
  });

  it("works the answers out where the number of GPUs is stated, and says nothing where it is not", () => {
    const keys = ["num_generations: 8", "per_device_train_batch_size: 2", "gradient_accumulation_steps: 1"];
    assert.deepEqual(found(grpo(...keys)), []);
    assert.deepEqual(found(grpo(...keys, "num_processes: 2")), ["num_generations: 8"]);
    const { findings } = analysisOf(grpo(...keys, "num_processes: 2"));
    assert.deepEqual(
      findings.find(({ rule }) => rule === "batch/equation")?.related.map(({ message }) => message),
      ["per_device_train_batch_size"],
    );
    assert.deepEqual(found(grpo(...keys, "num_processes: 4")), []);
    assert.deepEqual(found(grpo(...keys, "num_processes: 2", "steps_per_generation: 2")), []);
  });

  it("offers the nearest number of whole groups where the answers are stated, and nothing where they are worked out", () => {
    for (const [answers, nearest] of [
      [6, 8],
      [5, 4],
      [1, 4],
    ] as const) {
      assert.deepEqual(fixesOf(grpo("num_generations: 4", `generation_batch_size: ${answers}`)), [
        `Set generation_batch_size to ${nearest}`,
      ]);
    }
    assert.deepEqual(fixesOf(grpo("num_generations: 8", "per_device_train_batch_size: 2", "num_processes: 2")), []);
  });

  it("knows no pass of which the micro batch is a default, and the whole of it where the GPUs are stated", () => {
    const config = grpo("num_generations: 4", "generation_batch_size: 12");
    assert.deepEqual(found(config), []);
    const pass = `${config}\nper_device_train_batch_size: 4`;
    assert.deepEqual(found(`${pass}\nnum_processes: 3`), []);
    assert.deepEqual(found(`${pass}\nnum_processes: 2`), ["generation_batch_size: 12"]);
  });

  it("counts so from TRL 0.18 on, in GRPO alone", () => {
    const config = grpo("num_generations: 4", "generation_batch_size: 6");
    assert.deepEqual(found(config, { versions: { trl: "0.17.0" } }), []);
    assert.deepEqual(found(config, { versions: { trl: "0.18.0" } }), ["generation_batch_size: 6"]);
  });

  it("takes one way of saying how many are generated at once", () => {
    const both = grpo("num_generations: 4", "generation_batch_size: 8", "steps_per_generation: 2");
    assert.deepEqual(found(both), ["steps_per_generation: 2"]);
    assert.deepEqual(fixesOf(both), ["Remove steps_per_generation"]);
    assert.deepEqual(found(both, { versions: { trl: "0.15.2" } }), []);
  });
});

describe("batch/equation in NeMo", () => {
  const nemo = (global: number, devices = 8) => `name: megatron_gpt_sft
trainer: { devices: ${devices}, num_nodes: 1, precision: bf16 }
model:
  restore_from_path: gpt.nemo
  global_batch_size: ${global}
  micro_batch_size: 4
  tensor_model_parallel_size: 2
  optim: { name: adamw, lr: 1.0e-5 }
`;

  it("wants a multiple of the micro batch × GPUs for different sequences: 8 GPUs in pairs are 4 × 4", () => {
    assert.deepEqual(found(nemo(32)), []);
    assert.deepEqual(found(nemo(40)), ["global_batch_size: 40"]);
    assert.deepEqual(fixesOf(nemo(40)), ["Set global_batch_size to 48"]);
    assert.deepEqual(found(nemo(40, 4)), []);
    const [finding] = analysisOf(nemo(40)).findings.filter(({ rule }) => rule === "batch/equation");
    assert.match(finding?.message ?? "", /^global_batch_size is 40, which 4 × 4, with the GPUs as the last factor/);
    assert.deepEqual(
      finding?.related.map(({ message, range }) => [message, range.start.line]),
      [["micro_batch_size", 5]],
    );
  });

  it("leaves what is no number of its own alone", () => {
    assert.deepEqual(found(nemo(40).replace("global_batch_size: 40", "global_batch_size: ${batch}")), []);
  });
});

describe("batch/equation in LitGPT", () => {
  const litgpt = (global: number, devices: number | string) => `checkpoint_dir: checkpoints/EleutherAI/pythia-160m
devices: ${devices}
train:
  global_batch_size: ${global}
  micro_batch_size: 4
`;

  it("wants a pass of all GPUs in it, and no multiple: 4 on each of 4 are 16", () => {
    assert.deepEqual(found(litgpt(15, 4)), ["global_batch_size: 15"]);
    assert.deepEqual(fixesOf(litgpt(15, 4)), ["Set global_batch_size to 16"]);
    assert.deepEqual(found(litgpt(16, 4)), []);
    assert.deepEqual(found(litgpt(18, 4)), []);
    assert.deepEqual(found(litgpt(4, "auto")), []);
    assert.deepEqual(found(litgpt(3, "auto")), ["global_batch_size: 3"]);
  });
});

describe("batch/equation in verl's fine-tuning", () => {
  const sft = (...keys: readonly string[]) =>
    `model:\n  partial_pretrain: Qwen/Qwen2.5-0.5B\ndata:\n  ${keys.join("\n  ")}\ntrainer:\n  total_epochs: 1\n`;

  it("wants the batch to be a multiple of the micro batch, unless tokens fill it", () => {
    const sizes = ["train_batch_size: 100", "micro_batch_size_per_gpu: 8"];
    assert.deepEqual(found(sft(...sizes)), ["train_batch_size: 100"]);
    assert.deepEqual(found(sft(...sizes, "use_dynamic_bsz: true", "max_token_len_per_gpu: 4096")), []);
    assert.deepEqual(found(sft("train_batch_size: 96", "micro_batch_size_per_gpu: 8")), []);
  });
});

describe("batch/equation in verl's reinforcement learning", () => {
  const rl = (mini: number, micro: number, more: { actor?: string; rollout?: string; gpus?: number } = {}) => `data:
  train_batch_size: 256
actor_rollout_ref:
  model: { path: Qwen/Qwen2.5-0.5B }
  actor:
    ppo_mini_batch_size: ${mini}
    ppo_micro_batch_size_per_gpu: ${micro}
${more.actor ?? ""}  rollout: { name: vllm${more.rollout ?? ""} }
algorithm: { adv_estimator: grpo }
trainer: { n_gpus_per_node: ${more.gpus ?? 8}, nnodes: 1 }
`;

  it("wants no mini batch beyond the prompts of a step", () => {
    assert.deepEqual(found(rl(256, 8)), []);
    assert.deepEqual(found(rl(264, 8)), ["ppo_mini_batch_size: 264"]);
    assert.deepEqual(fixesOf(rl(264, 8)), ["Set ppo_mini_batch_size to 256"]);
  });

  it("wants whole micro batches of answers on each GPU", () => {
    // 64 / 8 GPUs = 8 answers, with 5 for each prompt 40.
    assert.deepEqual(found(rl(64, 4)), []);
    assert.deepEqual(found(rl(64, 16)), ["ppo_micro_batch_size_per_gpu: 16"]);
    assert.deepEqual(fixesOf(rl(64, 16)), ["Set ppo_micro_batch_size_per_gpu to 8"]);
    assert.deepEqual(fixesOf(rl(64, 6)), ["Set ppo_micro_batch_size_per_gpu to 4"]);
    assert.deepEqual(found(rl(64, 10, { rollout: ", n: 5" })), []);
    assert.deepEqual(fixesOf(rl(64, 12, { rollout: ", n: 5" })), ["Set ppo_micro_batch_size_per_gpu to 10"]);
  });

  it("knows no remedy where a GPU gets less than one", () => {
    assert.deepEqual(found(rl(4, 1)), ["ppo_micro_batch_size_per_gpu: 1"]);
    assert.deepEqual(fixesOf(rl(4, 1)), []);
  });

  it("says nothing of sizes that are not written, nor of GPUs that nobody counts", () => {
    assert.deepEqual(found(rl(64, 6).replace("trainer: { n_gpus_per_node: 8, nnodes: 1 }\n", "")), []);
    assert.deepEqual(found(rl(64, 6).replace(/ {4}ppo_micro.*\n/, "")), []);
    assert.deepEqual(found(rl(64, 6).replace("ppo_mini_batch_size: 64", "ppo_mini_batch_size: ${MINI}")), []);
    assert.deepEqual(found(rl(2048, 8).replace("  train_batch_size: 256\n", "  max_prompt_length: 512\n")), []);
  });

  it("leaves a reference to another size as it is", () => {
    const text = `${rl(64, 0)}sizes: { micro: 6 }\n`.replace("per_gpu: 0", "per_gpu: ${sizes.micro}");
    assert.deepEqual(fixesOf(text), []);
  });

  it("leaves alone what is filled by tokens, and Megatron's micro batches", () => {
    for (const actor of ["    use_dynamic_bsz: true\n", "    strategy: megatron\n"])
      assert.deepEqual(found(rl(64, 6, { actor })), [], actor);
  });
});

describe("batch/equation where DeepSpeed's settings have the total", () => {
  const file = linkedFile("total.json", '{ "train_batch_size": 64, "zero_optimization": { "stage": 2 } }');
  const linked = { get: () => file };
  const factory = (...lines: readonly string[]) =>
    [
      "model_name_or_path: Qwen/Qwen2.5-0.5B",
      "stage: sft",
      "finetuning_type: full",
      "deepspeed: total.json",
      ...lines,
    ].join("\n");
  const said = (options: Partial<AnalyzeOptions>, ...lines: readonly string[]) =>
    analysisOf(factory(...lines), { linked, ...options })
      .findings.filter(({ rule }) => rule === "batch/equation")
      .map(({ severity }) => severity);
  const sizes = (micro: number, accumulation: number) => [
    `per_device_train_batch_size: ${micro}`,
    `gradient_accumulation_steps: ${accumulation}`,
  ];

  it("compares it with the training arguments, on any number of GPUs or on those that there are", () => {
    assert.deepEqual(said({}, ...sizes(4, 4)), []);
    assert.deepEqual(said({}, ...sizes(4, 5)), ["error"]);
    assert.deepEqual(said({ gpus: 4 }, ...sizes(4, 4)), []);
    assert.deepEqual(said({ gpus: 2 }, ...sizes(4, 4)), ["error"]);
    assert.deepEqual(said({ gpus: 8 }, ...sizes(4, 4)), ["error"]);
  });

  it("says what does not make it up, and shows it", () => {
    const message = (options: Partial<AnalyzeOptions>) =>
      analysisOf(factory(...sizes(4, 5)), { linked, ...options }).findings.find(
        ({ rule }) => rule === "batch/equation",
      );
    assert.match(message({})?.message ?? "", /is 64 in total\.json, which 4 × 5 × any number of GPUs does not make up/);
    assert.match(message({ gpus: 2 })?.message ?? "", /which 4 × 5 × 2 does not make up/);
    assert.equal(message({})?.range.start.line, 4);
    assert.equal(message({})?.related[0]?.uri, "total.json");
  });

  it("only warns where one of them is a default", () => {
    assert.deepEqual(said({}, "per_device_train_batch_size: 3"), ["warning"]);
    assert.deepEqual(said({}, "gradient_accumulation_steps: 3"), ["warning"]);
  });
});

describe("batch/equation in axolotl", () => {
  it("takes the total for a GPU or the accumulation", () => {
    const axolotl = (...lines: readonly string[]) =>
      ["base_model: Qwen/Qwen2.5-0.5B", "micro_batch_size: 2", "learning_rate: 1.0e-5", ...lines].join("\n");
    const both = axolotl("gradient_accumulation_steps: 4", "batch_size: 8");
    assert.deepEqual(found(both), ["batch_size: 8"]);
    assert.deepEqual(fixesOf(both), ["Remove batch_size"]);
    assert.deepEqual(found(axolotl("batch_size: 8")), []);
    assert.deepEqual(found(axolotl("batch_size: 8", "gradient_accumulation_steps: 0")), []);
    assert.deepEqual(found(axolotl("gradient_accumulation_steps: 4")), []);
  });
});
