import assert from "node:assert/strict";
import type { AnalyzeOptions } from "../../../../src/core/analyze.ts";
import { analysisOf, answered } from "../../analysis.ts";
import { applyEdits } from "../../edits.ts";
import { gpuOf } from "../gpuOf.ts";
import { judges, severitiesOf, trlWith } from "../severities.ts";

const axolotl = (...lines: readonly string[]) =>
  ["base_model: NousResearch/Llama-2-7b-hf", "sequence_len: 1024", "micro_batch_size: 1", ...lines, ""].join("\n");

/** Title and result of each fix of the first finding of a rule. */
function fixed(rule: string, text: string): readonly (readonly [title: string, text: string])[] {
  const { fixes } = analysisOf(text).findings.find((finding) => finding.rule === rule) ?? { fixes: [] };
  return fixes.map(({ title, edits }) => [title, applyEdits(text, edits)]);
}

describe("lora/attention-only", () => {
  const rule = "lora/attention-only";
  const targets = (list: string) => trlWith(`use_peft: true\nlora_r: 16\nlora_target_modules: ${list}`);

  it("speaks of adapters that leave the MLP out", () => {
    assert.deepEqual(severitiesOf(rule, targets("[q_proj, v_proj]")), ["hint"]);
    assert.deepEqual(severitiesOf(rule, targets("[q_proj, k_proj, v_proj, o_proj]")), ["hint"]);
    assert.deepEqual(severitiesOf(rule, targets("[q_proj, v_proj, down_proj]")), []);
    assert.deepEqual(severitiesOf(rule, targets("all-linear")), []);
    assert.deepEqual(severitiesOf(rule, targets("[nothing_here]")), []);
  });

  it("names what gets adapters, and stands at the key", () => {
    const found = analysisOf(targets("[q_proj, v_proj]")).findings.find((finding) => finding.rule === rule);
    assert.match(found?.message ?? "", /^Only the attention gets adapters \(q_proj, v_proj\):/);
    assert.deepEqual(found?.range, { start: { line: 7, character: 0 }, end: { line: 7, character: 19 } });
  });

  it("has a remedy where the framework has a switch or a word for all", () => {
    const own = axolotl("adapter: lora", "lora_r: 8", "lora_target_modules: [q_proj, v_proj]");
    const [[title, text] = ["", ""]] = fixed(rule, own);
    assert.equal(title, "Set lora_target_linear to true (all linear layers)");
    assert.match(text, /lora_target_modules: \[q_proj, v_proj\]\nlora_target_linear: true\n/);
    const factory =
      "model_name_or_path: meta-llama/Llama-2-7b-hf\nstage: sft\nlearning_rate: 1.0e-4\nfinetuning_type: lora\nlora_target: q_proj,v_proj\n";
    assert.deepEqual(
      fixed(rule, factory).map(([words]) => words),
      ["Set lora_target to all"],
    );
    assert.deepEqual(fixed(rule, targets("[q_proj, v_proj]")), []);
  });

  it("is silent about adapters that are trained already", () => {
    const saved = JSON.stringify({
      peft_type: "LORA",
      base_model_name_or_path: "meta-llama/Llama-2-7b-hf",
      r: 256,
      lora_alpha: 2560,
      target_modules: ["q_proj", "v_proj"],
      inference_mode: true,
    });
    for (const id of [rule, "lora/rank-high", "lora/scale"]) {
      assert.deepEqual(severitiesOf(id, saved, { format: "json" }), [], id);
      const open = saved.replace('"inference_mode":true', '"inference_mode":false');
      assert.equal(severitiesOf(id, open, { format: "json" }).length, 1, id);
    }
  });
});

describe("lora/large-batch", () => {
  it("speaks of more than 256 sequences per update, of an adapter", () => {
    const lora = "use_peft: true\nlora_r: 16\n";
    judges(
      "lora/large-batch",
      [
        [`${lora}gradient_accumulation_steps: 256`, []],
        [`${lora}gradient_accumulation_steps: 257`, ["hint"]],
        ["gradient_accumulation_steps: 512", []],
        [`${lora}gradient_accumulation_steps: 512\nnum_generations: 8\nmax_completion_length: 512`, []],
      ],
      { gpus: 1 },
    );
  });

  it("stands at the key that makes it large", () => {
    const text = trlWith("use_peft: true\nlora_r: 16\ngradient_accumulation_steps: 512");
    const found = analysisOf(text, { gpus: 1 }).findings.find(({ rule }) => rule === "lora/large-batch");
    assert.equal(found?.range.start.line, 7);
  });
});

describe("lora/qlora-not-4bit", () => {
  const rule = "lora/qlora-not-4bit";
  const titles = (...lines: readonly string[]) => fixed(rule, axolotl(...lines)).map(([title]) => title);

  it("wants load_in_4bit, and nothing that excludes it", () => {
    assert.deepEqual(titles("adapter: qlora"), ["Set load_in_4bit to true"]);
    assert.deepEqual(titles("adapter: qlora", "load_in_4bit: false"), ["Set load_in_4bit to true"]);
    for (const other of ["load_in_8bit", "gptq"]) {
      assert.deepEqual(titles("adapter: qlora", "load_in_4bit: true", `${other}: true`), [
        `Set load_in_4bit to true and ${other} to false`,
      ]);
    }
  });

  it("is silent where 4 bits are on, where peft.weight_dtype sets them, and about LoRA", () => {
    assert.deepEqual(severitiesOf(rule, axolotl("adapter: qlora", "load_in_4bit: true")), []);
    assert.deepEqual(severitiesOf(rule, axolotl("adapter: qlora", "peft: { weight_dtype: nf4 }")), []);
    assert.deepEqual(severitiesOf(rule, axolotl("adapter: lora")), []);
    assert.deepEqual(severitiesOf(rule, axolotl("adapter: qlora")), ["error"]);
  });

  it("shows what excludes 4 bits", () => {
    const text = axolotl("adapter: qlora", "load_in_4bit: true", "load_in_8bit: true");
    const related = (config: string) =>
      analysisOf(config)
        .findings.find((finding) => finding.rule === rule)
        ?.related.map(({ range }) => range.start.line);
    assert.deepEqual(related(text), [5]);
    assert.deepEqual(related(axolotl("adapter: qlora")), []);
  });
});

describe("lora/quantized-full", () => {
  const factory = (method: string, bits: number) =>
    `model_name_or_path: Qwen/Qwen2.5-7B\nstage: sft\nlearning_rate: 1.0e-5\nfinetuning_type: ${method}\nquantization_bit: ${bits}\n`;

  it("refuses all weights and layers of them that are quantised, and no adapters on them", () => {
    for (const [method, bits, expected] of [
      ["full", 4, ["error"]],
      ["full", 8, ["error"]],
      ["freeze", 4, ["error"]],
      ["lora", 4, []],
    ] as const) {
      assert.deepEqual(severitiesOf("lora/quantized-full", factory(method, bits)), expected, `${method}, ${bits}`);
    }
  });

  it("says how many bits they have, where that is known", () => {
    const message = (text: string) =>
      analysisOf(text).findings.find(({ rule }) => rule === "lora/quantized-full")?.message ?? "";
    assert.match(message(factory("full", 8)), /^Weights of 8 bits cannot be trained: LLaMA-Factory stops/);
  });

  it("says of mlx-lm that it trains the norms alone, and trains adapters instead", () => {
    const mlx =
      "model: mlx-community/Mistral-7B-Instruct-v0.3-4bit\nfine_tune_type: full\niters: 1000\nnum_layers: -1\n";
    const [{ message = "" } = {}] = analysisOf(mlx).findings.filter(({ rule }) => rule === "lora/quantized-full");
    assert.match(
      message,
      /^Weights of 4 bits cannot be trained: mlx-lm leaves them as they are, and trains the norms alone/,
    );
    const [[, text] = ["", ""]] = fixed("lora/quantized-full", mlx);
    assert.match(text, /fine_tune_type: lora\n/);
    assert.deepEqual(severitiesOf("lora/quantized-full", mlx.replace("full", "lora")), []);
  });

  it("trains adapters on the weights as they are quantised, and knows no way that takes the quantisation away", () => {
    const [[title, text] = ["", ""], ...others] = fixed("lora/quantized-full", factory("full", 4));
    assert.deepEqual(others, []);
    assert.match(title, /^Train adapters on the quantised weights \(finetuning_type/);
    assert.match(text, /finetuning_type: lora\n/);
    assert.match(text, /quantization_bit: 4\n/);
    assert.deepEqual(fixed("lora/quantized-full", factory("full", 8)), []);
  });
});

describe("lora/small-model", () => {
  const text = (model: string, more = "") =>
    trlWith(`use_peft: true\nlora_r: 16\n${more}`).replace("meta-llama/Llama-2-7b-hf", model);
  const said = (model: string, gpu: AnalyzeOptions["target"], more = "") =>
    severitiesOf("lora/small-model", text(model, more), gpu ? { target: gpu } : {});
  const large = { gpu: gpuOf(2 ** 40), count: 1 };

  it("speaks below a billion parameters, where a GPU is chosen that holds the training of all", () => {
    assert.deepEqual(said("Qwen/Qwen2.5-0.5B", large), ["hint"]);
    assert.deepEqual(said("Qwen/Qwen2.5-1.5B", large), []);
    assert.deepEqual(said("Qwen/Qwen2.5-0.5B", undefined), []);
    const whole = answered(analysisOf(text("Qwen/Qwen2.5-0.5B").replace("use_peft: true\nlora_r: 16\n", "")).memory);
    assert.deepEqual(said("Qwen/Qwen2.5-0.5B", { gpu: gpuOf(whole.deviceBytes * 1.01), count: 1 }), ["hint"]);
    assert.deepEqual(said("Qwen/Qwen2.5-0.5B", { gpu: gpuOf(whole.deviceBytes * 0.99), count: 1 }), []);
  });

  it("is silent about reinforcement learning, and about runs that train all anyway", () => {
    assert.deepEqual(
      said("Qwen/Qwen2.5-0.5B", large, "num_generations: 8\nmax_prompt_length: 512\nmax_completion_length: 512"),
      [],
    );
    const full = text("Qwen/Qwen2.5-0.5B").replace("use_peft: true\nlora_r: 16\n", "");
    assert.deepEqual(severitiesOf("lora/small-model", full, { target: large }), []);
  });
});
