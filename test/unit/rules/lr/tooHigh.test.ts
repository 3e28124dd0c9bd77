import assert from "node:assert/strict";
import fc from "fast-check";
import type { AnalyzeOptions } from "../../../../src/core/analyze.ts";
import { lrTooHigh } from "../../../../src/core/rules/lr/tooHigh.ts";
import { analysisOf } from "../../analysis.ts";
import { applyEdits } from "../../edits.ts";

const llamaFactory = (method: string, rate: string, model = "meta-llama/Meta-Llama-3-8B") =>
  `model_name_or_path: ${model}\nstage: sft\nfinetuning_type: ${method}\nlearning_rate: ${rate} # peak\nbf16: true\n`;

function findings(text: string, options: Partial<AnalyzeOptions> = {}) {
  return analysisOf(text, options).findings.filter(({ rule }) => rule === lrTooHigh.id);
}

describe("lr/too-high", () => {
  it("warns on the value of a full fine-tune at 2e-4, with the number, the model and what is usual", () => {
    const [finding, ...others] = findings(llamaFactory("full", "2.0e-4"));
    assert.deepEqual(others, []);
    assert.equal(finding?.severity, "warning");
    assert.deepEqual(finding.range, { start: { line: 3, character: 15 }, end: { line: 3, character: 21 } });
    assert.equal(
      finding.message,
      "2e-4 is 10 times the usual rate (2e-5) for full fine-tuning of 8.03B parameters: steps this large overwrite what the model already knows.",
    );
  });

  it("says how much too high thousands and more are, and those that no number holds", () => {
    const start = (rate: string) => findings(llamaFactory("full", rate))[0]?.message.split(" (")[0];
    assert.equal(start("1.0"), "1e0 is 50,000 times the usual rate");
    assert.equal(start("1.0e+400"), "∞ is ∞ times the usual rate");
  });

  it("offers the usual rate first, then the upper edge, and changes nothing but the value", () => {
    const text = llamaFactory("full", "2.0e-4");
    const fixes = findings(text)[0]?.fixes ?? [];
    assert.deepEqual(
      fixes.map(({ title, preferred }) => [title, preferred]),
      [
        ["Set learning_rate to 2e-5 (usual for full fine-tuning)", true],
        ["Set learning_rate to 5e-5 (upper edge for full fine-tuning)", false],
      ],
    );
    const fixed = applyEdits(text, fixes[0]?.edits ?? []);
    assert.equal(fixed, text.replace("2.0e-4", "2.0e-5"));
    assert.deepEqual(findings(fixed), []);
  });

  it("keeps the file's notation, quotes and JSON", () => {
    const fix = (text: string, options: Partial<AnalyzeOptions> = {}) =>
      applyEdits(text, findings(text, options)[0]?.fixes[0]?.edits ?? []);
    const yaml = (rate: string) => llamaFactory("full", rate);
    assert.equal(fix(yaml("2e-4")), yaml("2e-5"));
    assert.equal(fix(yaml("0.0002")), yaml("0.00002"));
    assert.equal(fix(yaml("'2E-04'")), yaml("'2E-05'"));
    const json = (rate: string) =>
      `{\n  "model_name_or_path": "meta-llama/Llama-2-7b-hf",\n  "learning_rate": ${rate},\n  "bf16": true\n}\n`;
    assert.equal(fix(json("2e-4"), { format: "json" }), json("2e-5"));
  });

  for (const [title, text] of [
    ["full fine-tuning at 2e-5", llamaFactory("full", "2e-5")],
    ["full fine-tuning at 5e-5, the edge itself", llamaFactory("full", "5e-5")],
    ["LoRA at 2e-4", llamaFactory("lora", "2e-4")],
    ["LoRA at 5e-4", llamaFactory("lora", "5e-4")],
    ["a model under a billion at 2e-4", llamaFactory("full", "2e-4", "Qwen/Qwen2.5-0.5B")],
    ["Lion, which has rates of its own", `${llamaFactory("full", "2e-4")}optim: lion_32bit\n`],
    ["GaLore, which has rates of its own", `${llamaFactory("full", "2e-4")}optim: galore_adamw\n`],
    ["a rate from the environment", llamaFactory("full", "${LR}")],
    ["partial fine-tuning, whatever its rate", llamaFactory("freeze", "2e-2")],
  ] as const) {
    it(`says nothing about ${title}`, () => assert.deepEqual(findings(text), []));
  }

  it("only calls high what is above good recipes, without a consequence", () => {
    assert.equal(
      findings(llamaFactory("full", "6e-5"))[0]?.message,
      "6e-5 is high for full fine-tuning of 8.03B parameters: the usual rate is 2e-5, and good recipes go up to 5e-5.",
    );
  });

  for (const [rate, severity] of [
    ["6e-5", "hint"],
    ["1e-4", "hint"],
    ["1.01e-4", "warning"],
    ["1e-3", "warning"],
    ["1.1e-3", "error"],
  ] as const) {
    it(`is the ${severity} that full fine-tuning of 8B at ${rate} deserves`, () => {
      assert.equal(findings(llamaFactory("full", rate))[0]?.severity, severity);
    });
  }

  it("offers a tenth too, where that is neither the usual rate nor the edge", () => {
    const [, , tenth] = findings(llamaFactory("full", "3e-4"))[0]?.fixes ?? [];
    assert.equal(tenth?.title, "Set learning_rate to 3e-5 (a tenth)");
    assert.equal(tenth.preferred, false);
    for (const rate of ["5e-4", "6e-4"]) assert.equal(findings(llamaFactory("full", rate))[0]?.fixes.length, 2, rate);
  });

  it("judges a mixture of experts by the parameters that are active, and names both", () => {
    const mixtral = llamaFactory("full", "1.1e-4", "mistralai/Mixtral-8x7B-v0.1");
    const [finding] = findings(mixtral);
    assert.match(
      finding?.message ?? "",
      /usual rate \(2e-5\) for full fine-tuning of 46\.7B parameters \(12\.9B active\)/,
    );
    assert.deepEqual(findings(mixtral.replace("1.1e-4", "5e-5")), []);
  });

  it("judges QLoRA and DoRA as LoRA where there is no evidence of their own", () => {
    const qlora = (rate: string) => `${llamaFactory("lora", rate).replace("sft", "dpo")}quantization_bit: 4\n`;
    assert.equal(findings(qlora("2e-4"))[0]?.severity, "hint");
    assert.equal(findings(qlora("2.1e-4"))[0]?.severity, "warning");
  });

  for (const [stage, method, consequence] of [
    ["sft", "full", /steps this large overwrite what the model already knows/],
    ["sft", "lora", /training is likely to diverge/],
    ["pt", "full", /steps this large overwrite/],
    ["dpo", "lora", /or the answers fall apart/],
    ["ppo", "full", /the policy collapses/],
  ] as const) {
    it(`says what comes of a rate of 1e-2: ${stage}, ${method}`, () => {
      assert.match(findings(llamaFactory(method, "1e-2").replace("sft", stage))[0]?.message ?? "", consequence);
    });
  }

  for (const [title, text, usual] of [
    ["LoRA at 2e-3", llamaFactory("lora", "2e-3"), "2e-4"],
    ["an unknown model in full at 2e-4", llamaFactory("full", "2e-4", "my-org/my-model"), "2e-5"],
    ["a 70B model in full at 8e-5", llamaFactory("full", "8e-5", "meta-llama/Llama-2-70b-hf"), "5e-6"],
    ["a small model in full at 2e-3", llamaFactory("full", "2e-3", "Qwen/Qwen2.5-0.5B"), "5e-5"],
    ["DPO in full at 2e-5", llamaFactory("full", "2e-5").replace("sft", "dpo"), "5e-7"],
  ] as const) {
    it(`warns about ${title}: usual is ${usual}`, () => {
      const [finding] = findings(text);
      assert.match(finding?.message ?? "", new RegExp(`\\(${usual}\\)`));
      assert.match(finding?.fixes[0]?.title ?? "", new RegExp(`to ${usual} `));
    });
  }

  it("is gone after its own first fix, whatever the rate and the notation", () => {
    const notations = [(rate: number) => rate.toExponential(), (rate: number) => rate.toFixed(7)];
    fc.assert(
      fc.property(fc.double({ min: 1.1e-4, max: 0.5, noNaN: true }), fc.constantFrom(...notations), (rate, write) => {
        const text = llamaFactory("full", write(rate));
        const [finding] = findings(text);
        assert.ok(finding);
        assert.deepEqual(findings(applyEdits(text, finding.fixes[0]?.edits ?? [])), []);
      }),
      { numRuns: 30 },
    );
  });
});
