import assert from "node:assert/strict";
import { byDefault } from "../../../src/core/plan/sourced.ts";
import {
  discriminativeGroups,
  layerRates,
  type Stack,
  ulmfitRatio,
} from "../../../src/core/schedule/discriminativeRates.ts";

const stack: Stack = { layers: 3, tied: false, positions: 0, nonTextParameters: 0 };

/** Within the digits that are written. */
function assertRate(rate: number | undefined, expected: number): void {
  assert.ok(rate !== undefined && Math.abs(rate / expected - 1) < 1e-9, `${rate} is not ${expected}`);
}

describe("discriminative rates", () => {
  it("go from the peak at the head down to the embeddings, each over 2.6 in the next", () => {
    const groups = discriminativeGroups(byDefault(2e-5), stack, ulmfitRatio);
    assert.deepEqual(
      groups.map(({ name }) => name),
      ["head", "block 2", "block 1", "block 0", "embeddings"],
    );
    // 2e-5, 2e-5/2.6, 2e-5/6.76, 2e-5/17.576, 2e-5/45.6976
    const expected = [2e-5, 7.692307692e-6, 2.958579882e-6, 1.137915339e-6, 4.376597458e-7];
    for (const [index, rate] of expected.entries()) assertRate(groups[index]?.peak.value, rate);
  });

  it("are shares of the peak, whatever the ratio", () => {
    assert.deepEqual(
      layerRates(stack, 2).map(({ layer, share }) => [layer, share]),
      [
        ["head", 1],
        [2, 1 / 2],
        [1, 1 / 4],
        [0, 1 / 8],
        ["input", 1 / 16],
      ],
    );
  });

  it("come from where the peak comes from, and say how", () => {
    const [head, below] = discriminativeGroups({ value: 1e-3, origin: "file" }, stack, 2);
    assert.deepEqual(head?.peak, { value: 1e-3, origin: "file" });
    assert.deepEqual(below?.peak, {
      value: 5e-4,
      origin: "file",
      note: "the rate of the layer above divided by 2",
    });
  });

  it("are one rate, the peak, for embeddings whose weights the output layer shares", () => {
    const names = (more: Partial<Stack>) => layerRates({ ...stack, tied: true, ...more }, 2).map(({ name }) => name);
    assert.deepEqual(names({}), ["head and embeddings (shared)", "block 2", "block 1", "block 0"]);
    assert.equal(names({ positions: 1024 })[4], "position embeddings");
  });

  it("are lowest for what sees and hears, which feeds the first block", () => {
    const lowest = (more: Partial<Stack>) => layerRates({ ...stack, nonTextParameters: 1, ...more }, 2).at(-1);
    assert.equal(lowest({})?.name, "embeddings and towers");
    assert.equal(lowest({ tied: true })?.name, "towers");
    assert.equal(lowest({})?.share, 1 / 16);
  });
});
