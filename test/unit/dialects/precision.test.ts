import assert from "node:assert/strict";
import {
  autocastFlagged,
  autocastNamed,
  composerPrecision,
  dtypeNamed,
  precisionOf,
} from "../../../src/core/dialects/precision.ts";
import { byDefault, unknown } from "../../../src/core/plan/sourced.ts";

describe("types by their names", () => {
  it("are known as torch and the frameworks write them", () => {
    const bfloat16 = ["bfloat16", "bf16", "torch.bfloat16"].map(dtypeNamed);
    assert.deepEqual(bfloat16, ["bfloat16", "bfloat16", "bfloat16"]);
    assert.deepEqual(["half", "fp16", "float", "f32"].map(dtypeNamed), ["float16", "float16", "float32", "float32"]);
    assert.deepEqual([dtypeNamed("auto"), dtypeNamed(undefined)], [undefined, undefined]);
  });

  it("need no autocast when they are float32 or none", () => {
    assert.deepEqual(["bf16", "fp16", "fp32", "no"].map(autocastNamed), ["bfloat16", "float16", null, null]);
  });
});

describe("a run's types", () => {
  const [on, off] = [byDefault(true), byDefault(false)];

  it("are autocast to bfloat16 before float16", () => {
    assert.deepEqual(
      [autocastFlagged(on, on), autocastFlagged(off, on), autocastFlagged(off, off)],
      [byDefault("bfloat16"), byDefault("float16"), byDefault(null)],
    );
  });

  it("are those of the weights, for adapters too unless they have their own", () => {
    const [brain, float32] = [byDefault("bfloat16" as const), byDefault("float32" as const)];
    const autocast = byDefault(null);
    const weights = { trained: brain, frozen: brain, autocast };
    assert.deepEqual(precisionOf(brain, autocast), { ...weights, adapters: brain, quantizedAdapters: brain });
    assert.deepEqual(precisionOf(brain, autocast, float32), {
      ...weights,
      adapters: float32,
      quantizedAdapters: float32,
    });
  });

  it("follow Composer's precision, where it is known", () => {
    const autocast = (name: string) => composerPrecision(byDefault(name), byDefault("float32")).autocast;
    assert.deepEqual([autocast("amp_fp16"), autocast("fp32")], [byDefault("float16"), byDefault(null)]);
    assert.match(autocast("amp_fp4").note ?? "", /amp_fp4/);
    const unset = unknown("precision is not set");
    assert.equal(composerPrecision(unset, byDefault("float32")).autocast, unset);
  });
});
