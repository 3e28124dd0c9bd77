import assert from "node:assert/strict";
import { rateOf, textbookOf } from "../../../src/core/schedule/lrSchedule.ts";
import { analysisOf, answered } from "../analysis.ts";

/** The textbook's curve beside that of a Trainer config. */
function textbook(lines: string) {
  const { schedule } = analysisOf(`model_name_or_path: m\nlearning_rate: 1e-4\nmax_steps: 1000\n${lines}`);
  return textbookOf(answered(schedule));
}

describe("the textbook's curve", () => {
  it("warms up where constant ignores the warmup: a tenth of the peak after ten of a hundred updates", () => {
    const curve = textbook("lr_scheduler_type: constant\nwarmup_steps: 100\n") ?? assert.fail();
    const rate = rateOf(curve);
    assert.equal(rate(9), 1e-5);
    assert.equal(rate(100), 1e-4);
    assert.equal(rate(999), 1e-4);
  });

  it("applies some of the peak to the first of few updates of warmup, where transformers applies none", () => {
    const rate = rateOf(textbook("lr_scheduler_type: cosine\nwarmup_steps: 10\n") ?? assert.fail());
    assert.equal(rate(0), 1e-5);
    assert.ok(Math.abs(rate(505) - 5e-5) < 1e-12);
  });

  it("goes down to the floor that the config sets", () => {
    const kwargs = "lr_scheduler_kwargs: { min_lr: 2e-5 }";
    const curve = textbook(`lr_scheduler_type: cosine_with_min_lr\n${kwargs}\nwarmup_steps: 10\n`) ?? assert.fail();
    assert.ok(Math.abs(rateOf(curve)(999) - 2e-5) < 1e-8);
  });

  it("goes down to a share of the peak", () => {
    const kwargs = "lr_scheduler_kwargs: { min_lr_rate: 0.2 }";
    const curve = textbook(`lr_scheduler_type: cosine_with_min_lr\n${kwargs}\nwarmup_steps: 10\n`) ?? assert.fail();
    assert.ok(Math.abs(rateOf(curve)(999) - 2e-5) < 1e-8);
  });

  it("rises in a straight line where DeepSpeed's warmup is logarithmic", () => {
    const text = JSON.stringify({
      train_micro_batch_size_per_gpu: 1,
      optimizer: { type: "AdamW", params: { lr: 1e-4 } },
      scheduler: {
        type: "WarmupDecayLR",
        params: { warmup_num_steps: 100, total_num_steps: 1000, warmup_max_lr: 1e-4 },
      },
    });
    const rate = rateOf(textbookOf(answered(analysisOf(text, { format: "json" }).schedule)) ?? assert.fail());
    assert.equal(rate(49), 5e-5);
    assert.equal(rate(550), 5e-5);
  });

  for (const [title, lines] of [
    ["cannot be told from the real one: a hundredth of the peak", "lr_scheduler_type: cosine\nwarmup_steps: 100\n"],
    ["is the real one without a warmup", "lr_scheduler_type: linear\n"],
    [
      "is in no textbook",
      "lr_scheduler_type: cosine_with_restarts\nlr_scheduler_kwargs: { num_cycles: 3 }\nwarmup_steps: 10\n",
    ],
    ["is in none, whatever the power", "lr_scheduler_type: polynomial\nwarmup_steps: 10\n"],
    [
      "is in no textbook either",
      "lr_scheduler_type: warmup_stable_decay\nlr_scheduler_kwargs: { num_decay_steps: 9 }\n",
    ],
  ] as const) {
    it(`is not there where it ${title}`, () => assert.equal(textbook(lines), undefined));
  }
});
