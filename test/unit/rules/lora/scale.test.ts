import { judges } from "../severities.ts";

describe("lora/scale", () => {
  it("keeps to a quarter to four, and to 16 with rank-stabilised LoRA", () => {
    judges("lora/scale", [
      ["use_peft: true\nlora_r: 16\nlora_alpha: 64", []],
      ["use_peft: true\nlora_r: 16\nlora_alpha: 65", ["hint"]],
      ["use_peft: true\nlora_r: 16\nlora_alpha: 4", []],
      ["use_peft: true\nlora_r: 16\nlora_alpha: 3", ["hint"]],
      ["use_peft: true\nlora_r: 8\nlora_alpha: 136", ["warning"]],
      // Rank-stabilised: 16 is 128 / √64; a scale below a quarter needs an alpha below 2.
      ["use_peft: true\nuse_rslora: true\nlora_r: 64\nlora_alpha: 128", []],
      ["use_peft: true\nuse_rslora: true\nlora_r: 64\nlora_alpha: 136", ["warning"]],
      ["use_peft: true\nuse_rslora: true\nlora_r: 64\nlora_alpha: 16", []],
    ]);
  });
});
