import { judges } from "../severities.ts";

describe("lora/no-adapter", () => {
  it("speaks where nothing says whether adapters are trained", () => {
    judges("lora/no-adapter", [
      ["lora_r: 16", ["warning"]],
      ["lora_r: 16\nuse_peft: false", []],
      ["lora_r: 16\nuse_peft: true", []],
      ["lora_r: 16\nload_in_4bit: true", []],
      ["lora_alpha: 16", []],
      ["lora_r:", []],
    ]);
  });
});
