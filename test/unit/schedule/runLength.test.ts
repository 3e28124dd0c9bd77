import assert from "node:assert/strict";
import type { ScheduleFamily, TrainingPlan, Warmup } from "../../../src/core/plan/plan.ts";
import { byDefault, unknown as notTold, said } from "../../../src/core/plan/sourced.ts";
import { replacesEpochs, runLengthOf } from "../../../src/core/schedule/runLength.ts";
import { unitsOf } from "../../../src/core/schedule/runUnits.ts";
import { updatesPerEpoch } from "../../../src/core/schedule/updates.ts";
import { tokensPlan } from "./tokens.ts";

const plan = tokensPlan("num_train_epochs: 2");

const of = (family: ScheduleFamily, duration: Partial<TrainingPlan["duration"]> = {}): TrainingPlan => ({
  ...plan,
  learningRate: { ...plan.learningRate, family },
  duration: { ...plan.duration, ...duration },
});

const warmedUp = (warmup: Warmup | undefined): TrainingPlan => ({
  ...plan,
  learningRate: { ...plan.learningRate, warmup: warmup ? byDefault(warmup) : notTold("the script decides") },
});

const lengthOf = (plan: TrainingPlan, samples: number | undefined, steps?: number) =>
  runLengthOf(plan, samples === undefined ? notTold("no data") : said(samples), steps, {});

describe("the length of a run", () => {
  it("is that of all epochs, up to a whole update: one and a half of 32 are 48", () => {
    const half = of("huggingface", { epochs: byDefault(1.5) });
    assert.equal(lengthOf(half, 1000).updatesPerEpoch, 32); // ⌈⌈1000/4⌉/8⌉
    assert.equal(lengthOf(half, 1000).totalSteps, 48);
    assert.equal(lengthOf(of("huggingface", { epochs: byDefault(1.01) }), 1000).totalSteps, 33);
  });

  it("is that of all samples at once in axolotl: 3 epochs of 1,001 by 32 are 94 updates, not 3 of 32", () => {
    const three = of("axolotl", { epochs: byDefault(3) });
    assert.equal(lengthOf(three, 1001).totalSteps, 94); // ⌈3·1001/32⌉
    assert.equal(lengthOf(three, 1001).updatesPerEpoch, 32); // ⌈⌈1001/4⌉/8⌉
    assert.equal(lengthOf(of("axolotl", { epochs: byDefault(0.5) }), 1001).totalSteps, 16);
    assert.equal(lengthOf(of("huggingface", { epochs: byDefault(3) }), 1001).totalSteps, 96);
  });

  it("is of full updates in axolotl where samples are packed, one less per epoch where the last batch is left out", () => {
    const packed = (dropLast: boolean, epochs: number): TrainingPlan => ({
      ...of("axolotl", { epochs: byDefault(epochs) }),
      packing: byDefault(true),
      data: { ...plan.data, dropLast: byDefault(dropLast) },
    });
    assert.equal(lengthOf(packed(false, 3), 1001).totalSteps, 93); // 3·⌊1001/32⌋
    assert.equal(lengthOf(packed(true, 3), 1001).totalSteps, 90);
    assert.equal(lengthOf(packed(false, 3), 7).totalSteps, 3);
    assert.equal(lengthOf(packed(true, 1), 7).totalSteps, 1); // nothing would be left: an epoch of transformers'
  });

  it("is left to transformers by axolotl where it trains on answers: ⌊1000/(32/8)⌋ of each of 3 epochs", () => {
    const answers = byDefault({ perSample: 8, passes: 1 });
    const grpo = { ...of("axolotl", { epochs: byDefault(3) }), data: { ...plan.data, answers } };
    assert.equal(lengthOf(grpo, 1001).totalSteps, 750);
  });

  it("is not known without samples, nor without epochs, nor without a batch", () => {
    assert.equal(lengthOf(plan, undefined).totalSteps, undefined);
    assert.equal(lengthOf(of("huggingface", { epochs: notTold("the script decides") }), 1000).totalSteps, undefined);
    const without = { ...plan, batch: { ...plan.batch, accumulation: notTold("the script decides") } };
    assert.equal(lengthOf(without, 1000).updatesPerEpoch, undefined);
  });

  it("is not limited by a negative number of epochs", () => {
    const asked = { epochs: byDefault(-1), maxSteps: byDefault(500) };
    assert.equal(lengthOf(of("nemo", asked), 1000).totalSteps, 500);
    assert.equal(lengthOf(of("huggingface", { epochs: byDefault(-1) }), 1000).totalSteps, undefined);
  });

  it("is what the user says, whatever the config says", () => {
    assert.equal(lengthOf(of("huggingface", { maxSteps: byDefault(7) }), 1000, 5).totalSteps, 5);
  });

  for (const [family, steps, expected] of [
    ["huggingface", 1000, 1000],
    ["axolotl", 1000, 1000],
    ["llamafactory", 1000, 1000],
    ["open-instruct", 1000, 1000],
    ["ludwig", 1000, 1000],
    ["torchtune", 1000, 62], // 2 epochs of ⌊⌊1000/4⌋/8⌋
    ["torchtune", 20, 20],
  ] as const) {
    it(`of ${family} is ${expected} where ${steps} updates are asked for beside two epochs of 1,000 samples`, () => {
      assert.equal(lengthOf(of(family, { maxSteps: byDefault(steps) }), 1000).totalSteps, expected);
      assert.equal(replacesEpochs(family), family !== "torchtune");
    });
  }

  it("is until the tokens have been seen, where they are told: a million by 65,536 are 15.3 updates", () => {
    const tokens = { epochs: notTold("no epochs"), maxTokens: byDefault(1_000_000) };
    assert.equal(lengthOf(of("litgpt-pretrain", tokens), undefined).totalSteps, 15);
    assert.equal(lengthOf(of("composer", tokens), undefined).totalSteps, 16);
    const { sequenceLength: _, ...others } = of("composer", tokens);
    const endless = { ...others, sequenceLength: notTold("the script decides") };
    assert.equal(lengthOf(endless, undefined).totalSteps, undefined);
  });

  it("has batches of what a GPU takes of the whole one, where that alone is told: 1,000 by 96 on two GPUs", () => {
    const onTwo: TrainingPlan = {
      ...of("torchtune", { epochs: byDefault(1) }),
      batch: { ...plan.batch, micro: notTold("the script decides"), global: byDefault(96) },
      parallelism: { ...plan.parallelism, gpus: byDefault(2) },
    };
    assert.equal(lengthOf(onTwo, 1000).totalSteps, 10); // ⌊⌈1000/2⌉/48⌋
    const halfTold = { ...onTwo, batch: { ...onTwo.batch, micro: byDefault(4), accumulation: notTold("no") } };
    assert.equal(lengthOf(halfTold, 1000).totalSteps, 10);
    const few = { ...onTwo, batch: { ...onTwo.batch, global: byDefault(1) } };
    assert.equal(lengthOf(few, 1000).totalSteps, 500); // not less than one on each GPU
  });

  it("leaves out the last, incomplete batch where the config says so: 1,001 by 32 are 31 or 32 updates", () => {
    const dropping = (dropLast: boolean | undefined) => {
      const composer = of("composer", { epochs: byDefault(1) });
      const data = dropLast === undefined ? {} : { dropLast: byDefault(dropLast) };
      const { dropLast: _, ...others } = composer.data;
      return lengthOf({ ...composer, data: { ...others, ...data } }, 1001).totalSteps;
    };
    assert.deepEqual([true, false, undefined].map(dropping), [31, 32, 32]);
  });
});

describe("the warmup of a run", () => {
  it("is known without its length where it is a number of updates", () => {
    assert.equal(lengthOf(warmedUp({ steps: 30 }), undefined).warmupSteps, 30);
  });

  it("follows from the length where it is a share: 0.05·64, up, down or as it is", () => {
    const steps = (rounding: "up" | "down" | "exact") =>
      lengthOf(warmedUp({ ratio: 0.05, rounding }), 1000).warmupSteps;
    assert.deepEqual([steps("up"), steps("down"), steps("exact")], [4, 3, 0.05 * 64]);
  });

  it("is not known where that is not", () => {
    assert.equal(lengthOf(warmedUp({ ratio: 0.05, rounding: "up" }), undefined).warmupSteps, undefined);
    assert.equal(lengthOf(warmedUp(undefined), 1000).warmupSteps, undefined);
  });
});

describe("the updates of an epoch", () => {
  const inputs = { samples: 1001, microBatch: 4, replicas: 2, accumulation: 6, globalBatch: 48, dropLast: false };
  for (const [family, expected] of [
    ["huggingface", 21], // ⌈⌈⌈1001/4⌉/2⌉/6⌉ = ⌈126/6⌉
    ["torchtune", 20], // ⌊⌊⌈1001/2⌉/4⌋/6⌋ = ⌊125/6⌋
    ["litgpt-finetune", 21], // ⌊⌈⌈1001/2⌉/4⌉/6⌋ = ⌊126/6⌋
    ["composer", 21], // ⌈1001/48⌉
    ["ludwig", 21],
    ["verl", 20], // ⌊1001/48⌋
    ["nemo", 20],
    ["megatron", 20],
    ["torch", 20],
    ["olmo", 20],
    ["litgpt-pretrain", undefined],
    ["mlx", undefined],
  ] as const) {
    it(`of ${family} are ${expected ?? "not known"} for 1,001 samples, 4 by 6 on 2 GPUs`, () => {
      assert.equal(updatesPerEpoch(family, inputs, {}), expected);
    });
  }

  it("of Ludwig and Composer are one less without the last, incomplete batch", () => {
    assert.equal(updatesPerEpoch("ludwig", { ...inputs, dropLast: true }, {}), 20);
    assert.equal(updatesPerEpoch("composer", { ...inputs, dropLast: true }, {}), 20);
  });

  it("of LitGPT are one less without the last, incomplete accumulation: 1,001 samples, 4 by 5 on 2 GPUs", () => {
    const by5 = { ...inputs, accumulation: 5, globalBatch: 40 };
    assert.equal(updatesPerEpoch("litgpt-finetune", by5, {}), 25); // ⌊126/5⌋
    assert.equal(updatesPerEpoch("composer", by5, {}), 26); // ⌈1001/40⌉
  });

  it("of torchtune's GRPO are of prompts, of which 4 answers are 2 by 2: ⌊⌈1001/2⌉/2⌋ rounds of 3 passes", () => {
    const grpo = { ...inputs, accumulation: 1, answers: { perSample: 2, passes: 3 } };
    assert.equal(updatesPerEpoch("torchtune", grpo, {}), 750);
  });

  it("of TRL's GRPO are of prompts whose answers fill an update: 48 by 8 are 6 of 1,001", () => {
    const answers = { perSample: 8, passes: 1 };
    assert.equal(updatesPerEpoch("huggingface", { ...inputs, answers }, {}), 166); // ⌊1001/6⌋
  });
});

describe("what converts other units of time into updates", () => {
  const open = { updatesPerEpoch: undefined };

  it("are the passes, sequences and tokens of an update", () => {
    assert.deepEqual(unitsOf(plan, { updatesPerEpoch: 32 }), {
      updatesPerEpoch: 32,
      accumulation: 8,
      processes: 1,
      passes: undefined,
      globalBatch: 32,
      tokensPerUpdate: 65_536,
    });
  });

  it("are the passes of a run of a million tokens: 122 of 8,192 each", () => {
    assert.equal(unitsOf(of("litgpt-pretrain", { maxTokens: byDefault(1_000_000) }), open).passes, 122);
  });

  it("are not known where the batch or the length of sequences is not", () => {
    const tokens = of("litgpt-pretrain", { maxTokens: byDefault(1_000_000) });
    const { batch } = tokens;
    const whole = { ...batch, global: byDefault(32), accumulation: notTold("the script decides") };
    assert.deepEqual(unitsOf({ ...tokens, batch: whole, sequenceLength: byDefault(2048) }, open), {
      updatesPerEpoch: undefined,
      accumulation: undefined,
      processes: 1,
      passes: undefined,
      globalBatch: 32,
      tokensPerUpdate: 65_536,
    });
    const { passes, tokensPerUpdate } = unitsOf({ ...tokens, sequenceLength: notTold("the script decides") }, open);
    assert.deepEqual([passes, tokensPerUpdate], [undefined, undefined]);
  });

  it("are the tokens of all updates of a step, where a step makes several", () => {
    const stepped: TrainingPlan = {
      ...plan,
      batch: { ...plan.batch, step: byDefault(16) },
      data: { ...plan.data, answers: byDefault({ perSample: 4, passes: 1 }) },
    };
    assert.equal(unitsOf(stepped, open).tokensPerUpdate, 131_072); // 16·4 answers are two updates of 32
  });
});
