import assert from "node:assert/strict";
import { analysisOf } from "../../analysis.ts";
import { judges, severitiesOf, trlWith } from "../severities.ts";

describe("lora/scale", () => {
  it("keeps to a quarter to four, and to 16 with rank-stabilised LoRA", () => {
    judges("lora/scale", [
      ["use_peft: true\nlora_r: 16\nlora_alpha: 64", []],
      ["use_peft: true\nlora_r: 16\nlora_alpha: 65", ["hint"]],
      ["use_peft: true\nlora_r: 16\nlora_alpha: 4", []],
      ["use_peft: true\nlora_r: 16\nlora_alpha: 3", ["hint"]],
      ["use_peft: true\nlora_r: 8\nlora_alpha: 128", ["hint"]],
      ["use_peft: true\nlora_r: 8\nlora_alpha: 129", ["warning"]],
      // Rank-stabilised: 16 is 128 / √64; a scale below a quarter needs an alpha below 2.
      ["use_peft: true\nuse_rslora: true\nlora_r: 64\nlora_alpha: 128", []],
      ["use_peft: true\nuse_rslora: true\nlora_r: 64\nlora_alpha: 136", ["warning"]],
      ["use_peft: true\nuse_rslora: true\nlora_r: 64\nlora_alpha: 16", []],
    ]);
  });

  it("says how much the adapters count, or how little", () => {
    const message = (more: string) =>
      analysisOf(trlWith(`use_peft: true\n${more}`)).findings.find(({ rule }) => rule === "lora/scale")?.message;
    assert.match(message("lora_r: 16\nlora_alpha: 2") ?? "", /^alpha \/ rank is 0\.125: the adapters hardly count/);
    assert.match(message("lora_r: 3\nlora_alpha: 64") ?? "", /^alpha \/ rank is 21\.3, which multiplies what/);
  });

  it("is silent about mlx-lm's scale of 20, which goes with rates of its own, and about what is not known", () => {
    const mlx =
      "model: mlx-community/Llama-3.2-1B\ntrain: true\nfine_tune_type: lora\nlearning_rate: 1.0e-5\niters: 1000\n";
    assert.deepEqual(severitiesOf("lora/scale", `${mlx}lora_parameters: { rank: 8, scale: 20.0, dropout: 0.0 }\n`), []);
    judges("lora/scale", [["use_peft: true\nlora_r: 16\nlora_alpha: ${ALPHA}", []]]);
  });

  it("offers a scale of 2: twice the rank, or twice its root, where alpha is there", () => {
    const titles = (more: string) =>
      analysisOf(trlWith(`use_peft: true\n${more}`))
        .findings.filter(({ rule }) => rule === "lora/scale")
        .flatMap(({ fixes }) => fixes.map(({ title, preferred }) => [title, preferred]));
    assert.deepEqual(titles("lora_r: 16\nlora_alpha: 160"), [["Set lora_alpha to 32 (a scale of 2)", true]]);
    assert.deepEqual(titles("lora_r: 64\nlora_alpha: 160\nuse_rslora: true"), [
      ["Set lora_alpha to 16 (a scale of 2)", true],
    ]);
    // TRL's alpha is 32 where none is set: of a rank of 256 an eighth.
    assert.deepEqual(titles("lora_r: 256"), []);
  });
});
