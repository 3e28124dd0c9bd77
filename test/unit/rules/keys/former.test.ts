import assert from "node:assert/strict";
import { versionsFrom } from "../../../../src/core/plan/versions.ts";
import { analysisOf } from "../../analysis.ts";
import { applyEdits } from "../../edits.ts";

/** What is said of former keys with these releases. */
function saidOf(text: string, versions = ""): readonly string[] {
  return analysisOf(text, { versions: versionsFrom(versions) })
    .findings.filter(({ rule }) => /^keys\/re(?:named|moved)$/.test(rule))
    .map(({ severity, message }) => `${severity}: ${message}`);
}

const sft = (line: string) =>
  `model_name_or_path: Qwen/Qwen2.5-0.5B\ndataset_text_field: text\npacking: true\nlearning_rate: 2.0e-5\n${line}\n`;
const script = (line: string) =>
  `model_name_or_path: Qwen/Qwen2.5-0.5B\nlearning_rate: 2.0e-5\nnum_train_epochs: 1\n${line}\n`;

const lengths = "max_seq_length is called max_length in TRL";

describe("former keys", () => {
  // TRL: SFTConfig had both names from 0.16 to 0.19 (PRs 2895 and 3912).
  for (const [versions, said] of [
    ["trl=0.15.2", []],
    ["trl=0.16.0", [`hint: ${lengths} 0.16 and newer; the old key still works.`]],
    ["trl=0.19.1", [`hint: ${lengths} 0.16 and newer; the old key still works.`]],
    ["trl=0.20.0", [`error: ${lengths} 0.20 and newer: the run stops at the old key.`]],
    ["", [`information: ${lengths} 0.20 and newer: the run stops at the old key.`]],
  ] as const) {
    it(`are judged by the release: max_seq_length with ${versions || "none that is known"}`, () => {
      assert.deepEqual(saidOf(sft("max_seq_length: 1024"), versions), said);
    });
  }

  it("are milder news where a script of one's own may have them, and none where they are TRL's", () => {
    const name = "no_cuda is called use_cpu in transformers 5.0 and newer: the run stops at the old key.";
    assert.deepEqual(saidOf(script("no_cuda: true"), "transformers=5.18.0"), [`warning: ${name}`]);
    assert.deepEqual(saidOf(script("no_cuda: true")), [`information: ${name}`]);
    assert.deepEqual(saidOf(script("torch_dtype: bfloat16"), "trl=1.13.0"), []);
  });

  it("are renamed in all files at once only where the release is known, which has the new name", () => {
    const fixAll = (versions: string) =>
      analysisOf(sft("max_seq_length: 1024"), { versions: versionsFrom(versions) })
        .findings.filter(({ rule }) => rule === "keys/renamed")
        .flatMap(({ fixes }) => fixes.map(({ title, keepsExperiment }) => [title, keepsExperiment]));
    assert.deepEqual(fixAll("trl=0.20.0"), [["Rename max_seq_length to max_length", true]]);
    assert.deepEqual(fixAll(""), [["Rename max_seq_length to max_length", false]]);
  });

  it("are of the trainers that had them: GRPO lost max_prompt_length before DPO did", () => {
    const prompts = "model_name_or_path: Qwen/Qwen2.5-0.5B\nlearning_rate: 1.0e-6\nmax_prompt_length: 512\n";
    const grpo = `${prompts}reward_funcs: [accuracy_reward]\nnum_generations: 8\n`;
    const dpo = `${prompts}beta: 0.1\nmax_length: 1024\nprecompute_ref_log_probs: true\n`;
    assert.deepEqual(saidOf(grpo, "trl=0.28.0"), [
      "error: There is no max_prompt_length in TRL 0.27 and newer: the run stops at it.",
    ]);
    assert.deepEqual(saidOf(dpo, "trl=0.28.0"), []);
  });

  it("are of axolotl's FSDP from its release 0.12 on", () => {
    const text = "base_model: Qwen/Qwen2.5-0.5B\nmicro_batch_size: 1\nfsdp_config:\n  fsdp_offload_params: true\n";
    assert.deepEqual(saidOf(text, "axolotl=0.11.0"), []);
    assert.deepEqual(saidOf(text, "axolotl=0.12.0"), [
      "hint: fsdp_offload_params is called offload_params in axolotl 0.12 and newer; the old key still works.",
    ]);
  });

  it("are none where they are empty, or say what is so anyway", () => {
    const axolotl = (line: string) =>
      `base_model: Qwen/Qwen2.5-0.5B\ndatasets: [{ path: a, type: alpaca }]\nmicro_batch_size: 2\n${line}\n`;
    assert.deepEqual(saidOf(axolotl("flash_attention:")), []);
    assert.deepEqual(saidOf(axolotl("s2_attention: false")), []);
    assert.deepEqual(saidOf(axolotl("s2_attention: true")), [
      "warning: There is no s2_attention in axolotl: the run stops at it.",
    ]);
  });
});

describe("the remedy for a former key", () => {
  const remedies = (text: string, rule = "keys/renamed") =>
    analysisOf(text).findings.flatMap((finding) =>
      finding.rule === rule ? [finding.fixes.map(({ title, edits }) => [title, applyEdits(text, edits)])] : [],
    );
  const axolotl = (...lines: readonly string[]) =>
    [
      "base_model: Qwen/Qwen2.5-0.5B",
      "datasets: [{ path: a, type: alpaca }]",
      "micro_batch_size: 2",
      ...lines,
      "",
    ].join("\n");

  it("is what the value has become, or nothing where it said nothing", () => {
    assert.deepEqual(remedies(sft("group_by_length: true")), [
      [
        [
          "Set train_sampling_strategy to group_by_length in place of group_by_length",
          sft("train_sampling_strategy: group_by_length"),
        ],
      ],
    ]);
    assert.deepEqual(remedies(sft("group_by_length: false")), [
      [["Remove group_by_length, which says nothing", sft("").replace(/\n$/, "")]],
    ]);
  });

  it("is nothing where both names are there, or the value has become nobody knows what", () => {
    assert.deepEqual(remedies(axolotl("dpo_beta: 0.1", "rl_beta: 0.2")), [[]]);
    assert.deepEqual(remedies(axolotl("dpo_beta: 0.1")), [[["Rename dpo_beta to rl_beta", axolotl("rl_beta: 0.1")]]]);
    assert.deepEqual(remedies(sft("group_by_length: true\ntrain_sampling_strategy: random")), [[]]);
    assert.deepEqual(remedies(axolotl("fsdp: [full_shard, auto_wrap]")), [[]]);
    assert.deepEqual(remedies(sft("include_inputs_for_metrics: true")), [[]]);
  });

  it("may be made in all files at once where every release has the new name", () => {
    const [finding] = analysisOf(axolotl("dpo_beta: 0.1")).findings.filter(({ rule }) => rule === "keys/renamed");
    assert.equal(finding?.fixes[0]?.keepsExperiment, true);
  });

  it("stands under its new parent where it has another one", () => {
    const zero = (settings: object) => JSON.stringify({ zero_optimization: settings }, null, 2);
    const text = zero({ cpu_offload: true, stage: 2 });
    const { findings } = analysisOf(text, { format: "json" });
    const [fix] = findings.find(({ rule }) => rule === "keys/renamed")?.fixes ?? [];
    assert.deepEqual(JSON.parse(applyEdits(text, fix?.edits ?? [])), {
      zero_optimization: { stage: 2, offload_optimizer: { device: "cpu" } },
    });
  });
});
