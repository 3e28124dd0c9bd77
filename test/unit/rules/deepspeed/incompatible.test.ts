import assert from "node:assert/strict";
import { beside, findingsWith } from "./trainer.ts";

const found = (stage: number, ...lines: readonly string[]) =>
  findingsWith("deepspeed/incompatible", { zero_optimization: { stage } }, beside(...lines));

describe("deepspeed/incompatible", () => {
  for (const [line, stages, remedy] of [
    ["pure_bf16: true", [3], "Use bf16 in place of pure_bf16"],
    ["use_unsloth: true", [3], "Set use_unsloth to false"],
    ["pissa_init: true", [3], "Set pissa_init to false"],
    ["quantization_bit: 8", [3], "Set quantization_bit to 4"],
    ["use_galore: true", [0, 1, 2, 3], "Set use_galore to false"],
    ["use_apollo: true", [0, 1, 2, 3], "Set use_apollo to false"],
    ["quantization_bit: 4", [], ""],
    ["use_unsloth: false", [], ""],
  ] as const) {
    it(`refuses ${line} with ZeRO stages ${stages.join(", ") || "of no kind"}`, () => {
      const refused = [0, 1, 2, 3].filter((stage) => found(stage, line).length > 0);
      assert.deepEqual(refused, stages);
      for (const stage of stages) {
        assert.deepEqual(
          found(stage, line)[0]?.fixes.map(({ title, preferred }) => [title, preferred]),
          [[remedy, true]],
        );
      }
    });
  }

  it("says which stage it does not go with, and which bits do", () => {
    const message = (line: string) => found(3, line)[0]?.message;
    assert.match(message("use_galore: true") ?? "", /refuses use_galore together with DeepSpeed:/);
    assert.match(message("use_unsloth: true") ?? "", /refuses use_unsloth together with ZeRO-3:/);
    assert.match(message("quantization_bit: 8") ?? "", /weights of 4 bits only with ZeRO-3, and stops at 8 bits/);
  });

  it("switches pure_bf16 off where bf16 is there already", () => {
    assert.deepEqual(
      found(3, "pure_bf16: true", "bf16: true")[0]?.fixes.map(({ title }) => title),
      ["Set pure_bf16 to false"],
    );
  });

  it("is LLaMA-Factory's, and nobody's without DeepSpeed", () => {
    const settings = { zero_optimization: { stage: 3 } };
    const axolotl = "base_model: Qwen/Qwen2.5-1.5B\nmicro_batch_size: 1\ndeepspeed: ds.json\nuse_unsloth: true\n";
    assert.deepEqual(findingsWith("deepspeed/incompatible", settings, axolotl), []);
    const alone = beside("use_galore: true").replace("deepspeed: ds.json\n", "");
    assert.deepEqual(findingsWith("deepspeed/incompatible", settings, alone), []);
  });
});
