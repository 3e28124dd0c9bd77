import assert from "node:assert/strict";
import { beside, findingsWith } from "./trainer.ts";

const known = { bitsandbytes: "0.43.3", accelerate: "1.0.1", transformers: "4.45.0", trl: "0.12.0", peft: "0.13.1" };
const qlora = ["finetuning_type: lora", "quantization_bit: 4"];

function said(stage: number, lines: readonly string[], versions = {}): readonly string[] {
  const settings = { zero_optimization: { stage } };
  return findingsWith("deepspeed/zero3-qlora", settings, beside(...lines), { versions }).map(
    ({ severity }) => severity,
  );
}

describe("deepspeed/zero3-qlora", () => {
  it("speaks of 4-bit weights with stage 3", () => {
    assert.deepEqual(said(3, qlora), ["information"]);
    assert.deepEqual(said(2, qlora), []);
    assert.deepEqual(said(3, ["finetuning_type: lora"]), []);
  });

  it("lists the releases that it takes, or the one that is older", () => {
    const message = (versions: object) => {
      const settings = { zero_optimization: { stage: 3 } };
      return findingsWith("deepspeed/zero3-qlora", settings, beside(...qlora), { versions: { ...versions } })[0]
        ?.message;
    };
    assert.match(message({}) ?? "", /from bitsandbytes 0\.43\.3, accelerate 1\.0\.1, transformers 4\.45, .* on\.$/);
    assert.match(message({ trl: "0.11.4" }) ?? "", /^QLoRA with ZeRO-3 takes trl 0\.12 or newer; with 0\.11\.4/);
  });

  it("is silent where all releases are known to be new enough", () => {
    assert.deepEqual(said(3, qlora, known), []);
    const { peft: _, ...others } = known;
    assert.deepEqual(said(3, qlora, others), ["information"]);
  });

  for (const [library, older] of [
    ["bitsandbytes", "0.43.2"],
    ["accelerate", "1.0.0"],
    ["transformers", "4.44.2"],
    ["trl", "0.11.4"],
    ["peft", "0.13.0"],
  ] as const) {
    it(`warns of ${library} ${older}, whatever the others are`, () => {
      assert.deepEqual(said(3, qlora, { ...known, [library]: older }), ["warning"]);
      assert.deepEqual(said(3, qlora, { [library]: older }), ["warning"]);
    });
  }
});
