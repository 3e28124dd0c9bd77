import assert from "node:assert/strict";
import fc from "fast-check";
import { isPageState, pageMessage } from "../../src/protocol.ts";

describe("a message of the page", () => {
  it("is what it says", () => {
    const hypothesis = { microBatch: 4, sequenceLength: 4096, gradientCheckpointing: false, method: "lora", gpus: 8 };
    assert.deepEqual(pageMessage({ type: "ready" }), { type: "ready" });
    assert.deepEqual(pageMessage({ type: "apply", more: 1 }), { type: "apply" });
    assert.deepEqual(pageMessage({ type: "try", question: 3, hypothesis }), { type: "try", question: 3, hypothesis });
  });

  it("tries nothing that no run can have", () => {
    const hypothesis = {
      microBatch: 0,
      sequenceLength: 1.5,
      gradientCheckpointing: "yes",
      optimizer: "rm -rf",
      method: "zero3",
      gpus: 1e300,
      other: 1,
    };
    assert.deepEqual(pageMessage({ type: "try", question: 1, hypothesis }), {
      type: "try",
      question: 1,
      hypothesis: {},
    });
  });

  it("is none where it is something else", () => {
    for (const message of [null, 1, "ready", [], {}, { type: "try" }, { type: "try", question: 1, hypothesis: 1 }]) {
      assert.equal(pageMessage(message), undefined);
    }
    fc.assert(fc.property(fc.anything(), (message) => pageMessage(message) === undefined));
  });

  it("leaves a state that can be restored only with an address", () => {
    assert.equal(isPageState({ uri: "file:///a.yaml" }), true);
    for (const state of [undefined, null, { uri: 1 }, "file:///a.yaml"]) assert.equal(isPageState(state), false);
  });
});
