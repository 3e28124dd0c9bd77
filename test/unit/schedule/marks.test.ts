import assert from "node:assert/strict";
import { atEnd, every, type Interval, never } from "../../../src/core/plan/interval.ts";
import { unknown as notTold } from "../../../src/core/plan/sourced.ts";
import { everyUpdates } from "../../../src/core/schedule/marks.ts";
import { tokensPlan } from "./tokens.ts";

const plan = tokensPlan();
const known = { totalSteps: 110, updatesPerEpoch: 55 };
const open = { totalSteps: undefined, updatesPerEpoch: undefined };
const updates = (interval: Interval, length: typeof known | typeof open = known) =>
  everyUpdates(interval, length, plan);

const share = (of: "run" | "epoch", part: number, rounding: "up" | "down"): Interval => ({
  kind: "share",
  of,
  share: part,
  rounding,
});

describe("the updates between two evaluations or two saves", () => {
  it("are those that the config counts, whether or not the length of the run is known", () => {
    assert.equal(updates(every(25, "updates")), 25);
    assert.equal(updates(every(25, "updates"), open), 25);
  });

  it("are those of an epoch, or of several", () => {
    assert.equal(updates(every(1, "epochs")), 55);
    assert.equal(updates(every(2, "epochs")), 110);
    assert.equal(updates(every(1, "epochs"), open), null);
  });

  it("are a part of the run or the epoch, rounded as the framework rounds it", () => {
    assert.equal(updates(share("run", 0.07, "up")), 8); // ⌈7.7⌉
    assert.equal(updates(share("run", 0.07, "down")), 7);
    assert.equal(updates(share("epoch", 1 / 4, "down")), 13); // ⌊13.75⌋
    assert.equal(updates(share("run", 0.07, "up"), open), null);
  });

  it("follow from passes, samples and tokens", () => {
    assert.equal(updates(every(200, "passes")), 25); // 8 passes per update
    assert.equal(updates(every(1024, "samples")), 32); // 32 sequences per update
    assert.equal(updates(every(1_048_576, "tokens")), 16); // 65,536 tokens per update
  });

  it("may have a fraction, which an average has", () => {
    assert.equal(updates(every(100, "passes")), 12.5);
  });

  it("are at least one, however short the interval", () => {
    assert.equal(updates(every(2, "passes")), 1);
    assert.equal(updates(share("epoch", 1 / 100, "down")), 1);
  });

  it("are all those of the run where it happens at the end alone", () => {
    assert.equal(updates(atEnd), 110);
    assert.equal(updates(atEnd, open), null);
  });

  it("are not there where it never happens, as a frequency of 0 or -1 says", () => {
    assert.equal(updates(never), null);
    assert.equal(updates(every(0, "updates")), null);
    assert.equal(updates(every(-1, "updates")), null);
  });

  it("are not known where the batch is not", () => {
    const without = { ...plan, batch: { ...plan.batch, accumulation: notTold("the training script decides") } };
    assert.equal(everyUpdates(every(200, "passes"), known, without), null);
    assert.equal(everyUpdates(every(1024, "samples"), known, without), null);
  });
});
