import assert from "node:assert/strict";
import { Tape, type Tensor } from "../../../src/core/memory/tape.ts";

/** A tape of small tensors; its input has 10 bytes. */
const tapeOf = (needsGradient = true) => new Tape(10, needsGradient);

/** A tensor of a byte that an operation before the tape made. */
const byte = (): Tensor => ({ bytes: 1, needsGradient: true });

describe("what a tape keeps for the backward pass", () => {
  it("is counted once, however many operations need it", () => {
    const tape = tapeOf();
    tape.record([tape.input], 20, { saved: [tape.input] });
    tape.record([tape.input], 5, { saved: [tape.input], savesOutput: true });
    assert.equal(tape.savedBytes(), 10 + 5);
    assert.equal(tape.savesInput(), true);
  });

  it("is nothing where no gradient has to come through", () => {
    const tape = tapeOf(false);
    tape.record([tape.input], 20, { saved: [tape.input], savesOutput: true });
    assert.equal(tape.savedBytes(), 0);
    assert.equal(tape.savesInput(), false);
  });

  it("is there where one input of several needs a gradient, or the operation has weights", () => {
    const one = tapeOf();
    one.record([one.input, { bytes: 30, needsGradient: false }], 20, { saved: [one.input] });
    assert.equal(one.savedBytes(), 10);
    const weights = tapeOf(false);
    weights.record([weights.input], 20, { saved: [weights.input], weightGradient: 3 });
    assert.equal(weights.savedBytes(), 10);
  });

  it("is the whole of which a part is needed", () => {
    const tape = tapeOf();
    const whole = tape.record([tape.input], 90);
    const part = tape.record([whole], 30, { partOf: whole });
    const ofPart = tape.record([part], 15, { partOf: part });
    tape.record([ofPart], 7, { saved: [part, ofPart] });
    assert.equal(tape.savedBytes(), 90);
  });
});

describe("a forward pass", () => {
  it("holds each tensor from its operation to its last use, and what is kept beyond", () => {
    const tape = tapeOf();
    const a = tape.record([tape.input], 100);
    const b = tape.record([a], 20, { saved: [a] });
    const c = tape.record([b], 50);
    tape.record([c, b], 60);
    // The kept 100, and at the end 20 + 50 + 60; without it, 100 + 20 or 20 + 50 + 60.
    assert.equal(tape.forwardPeakBytes(), 100 + 130);
    assert.equal(tape.forwardPeakBytes(false), 130);
  });

  it("lets go at once of what nothing uses", () => {
    const tape = tapeOf();
    tape.record([tape.input], 100);
    const x = tape.record([tape.input], 20);
    tape.record([x], 90);
    assert.equal(tape.forwardPeakBytes(), 20 + 90);
  });

  it("holds an operation's scratch while it runs only", () => {
    const tape = tapeOf();
    const a = tape.record([tape.input], 100, { forwardScratch: 70 });
    tape.record([a], 60, { backwardScratch: 1000 });
    assert.equal(tape.forwardPeakBytes(), 100 + 70);
  });
});

describe("a backward pass", () => {
  it("frees what is kept when the last operation that needs it is through, and a gradient when it is taken", () => {
    const tape = tapeOf();
    const a = tape.record([tape.input], 100, { saved: [tape.input], backwardScratch: 1000 });
    tape.record([a], 20, { saved: [tape.input, a] });
    // The first operation's: its kept input, the gradients of its output and its input, its scratch.
    assert.equal(tape.backwardPeak(true).bytes, 10 + 100 + 10 + 1000);
  });

  it("starts with all that is kept and the gradient of the output", () => {
    const tape = tapeOf();
    const a = tape.record([tape.input], 5, { saved: [{ bytes: 400, needsGradient: false }] });
    tape.record([a], 20);
    assert.equal(tape.backwardPeak(true).bytes, 400 + 20 + 5);
  });

  it("ends where nothing needs a gradient", () => {
    const tape = tapeOf(false);
    const frozen = tape.record([tape.input], 100);
    tape.record([frozen], 20, { weightGradient: 7 });
    assert.deepEqual(tape.backwardPeak(false), { bytes: 20 + 7, weightGradientBytes: 7 });
  });

  it("collects the gradients of weights, unless they are added to those that are there", () => {
    const tape = tapeOf();
    const a = tape.record([tape.input], 10, { weightGradient: 300 });
    tape.record([a], 10, { weightGradient: 200 });
    assert.deepEqual(tape.backwardPeak(false), { bytes: 10 + 10 + 500, weightGradientBytes: 500 });
    assert.deepEqual(tape.backwardPeak(true), { bytes: 10 + 10 + 300, weightGradientBytes: 300 });
    assert.equal(tape.weightGradientBytes(), 500);
  });

  it("hands a sum's gradient on to what is as large as the sum, and makes another for what is smaller", () => {
    const peak = (bytes: number) => {
      const tape = tapeOf();
      const f = tape.record([byte()], bytes);
      tape.record([tape.input, f], 10, { passesGradient: true });
      return tape.backwardPeak(true).bytes;
    };
    // One gradient for the sum, the input and f, and that of the byte at the end.
    assert.equal(peak(10), 10 + 1);
    assert.equal(peak(4), 10 + 4 + 1);
  });

  it("adds a second gradient in the place of the first", () => {
    const tape = tapeOf();
    const wide = tape.record([byte()], 100);
    const a = tape.record([wide], 10);
    const b = tape.record([wide], 10);
    tape.record([a, b], 10);
    // Those of a, of the wide one from b, and from a.
    assert.equal(tape.backwardPeak(true).bytes, 10 + 100 + 100);
  });

  it("adds it in a new place where the first is someone else's too", () => {
    const tape = tapeOf();
    const x = tape.record([byte()], 100);
    const f = tape.record([byte()], 100);
    const g = tape.record([x], 10);
    const sum = tape.record([x, f], 100, { passesGradient: true });
    tape.record([sum, g], 10);
    // That of x and f in one, another of x from g, and their sum.
    assert.equal(tape.backwardPeak(true).bytes, 100 + 100 + 100);
  });

  it("frees that place like others, and the first when all that share it are through", () => {
    const tape = tapeOf();
    const y = tape.record([byte()], 100, { backwardScratch: 1000 });
    const x = tape.record([y], 100);
    const f = tape.record([byte()], 100);
    const h = tape.record([byte()], 100);
    const g = tape.record([x, h], 100, { passesGradient: true });
    const sum = tape.record([x, f], 100, { passesGradient: true });
    tape.record([sum, g], 100);
    // In the end: that of y, and a byte of each input of h, f and y.
    assert.equal(tape.backwardPeak(true).bytes, 100 + 3 + 1000);
  });
});
