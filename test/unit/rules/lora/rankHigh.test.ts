import { judges } from "../severities.ts";

describe("lora/rank-high", () => {
  it("keeps to 128", () => {
    judges("lora/rank-high", [
      ["use_peft: true\nlora_r: 128", []],
      ["use_peft: true\nlora_r: 129", ["hint"]],
    ]);
  });
});
