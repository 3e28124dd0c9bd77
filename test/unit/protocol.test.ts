import assert from "node:assert/strict";
import fc from "fast-check";
import { panelDetails, panelModel } from "../../src/core/report/panelModel.ts";
import { type HostMessage, hostMessage, pageMessage, plotStateOf, shownIn } from "../../src/protocol.ts";
import { analysisOf } from "./analysis.ts";

describe("a message of the extension", () => {
  const analysis = analysisOf("base_model: meta-llama/Llama-2-7b-hf\nmicro_batch_size: 1\nlearning_rate: 2e-5\n");
  const shown = { uri: "file:///a.yaml", pinned: false, compared: [] };

  it("is what it says", () => {
    const messages: readonly HostMessage[] = [
      { type: "show", shown, model: panelModel("a.yaml", analysis), hypothesis: { microBatch: 2 }, answers: 1 },
      { type: "details", details: panelDetails(analysis) },
      { type: "nothing", shown, reason: "a.yaml is gone." },
      { type: "reveal", section: "memory" },
    ];
    for (const message of messages) assert.deepEqual(hostMessage(message), message);
  });

  it("is none where it is something else", () => {
    for (const message of [
      null,
      "reveal",
      { type: "show", shown, hypothesis: {}, answers: 0 },
      { type: "show", shown: { uri: 1 }, model: {}, hypothesis: {}, answers: 0 },
      { type: "show", shown, model: {}, hypothesis: {}, answers: "0" },
      { type: "details", details: "none" },
      { type: "nothing", shown, reason: {} },
      { type: "reveal", section: "javascript:alert(1)" },
      { type: "ready" },
    ]) {
      assert.equal(hostMessage(message), undefined);
    }
    fc.assert(fc.property(fc.anything(), (message) => hostMessage(message) === undefined));
  });
});

describe("a message of the page", () => {
  it("is what it says", () => {
    const memory = { microBatch: 4, sequenceLength: 4096, gradientCheckpointing: false, method: "lora", gpus: 8 };
    const schedule = { peakLearningRate: 2e-5, scheduler: "cosine", warmupSteps: 0, warmupRatio: 0.03, floor: 0.1 };
    const hypothesis = { ...memory, ...schedule, epochs: 0.5, maxSteps: 100, samples: 1e7 };
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
      peakLearningRate: 0,
      scheduler: "cosine\nevil: true",
      warmupSteps: -1,
      warmupRatio: 2,
      floor: Number.NaN,
      epochs: Number.POSITIVE_INFINITY,
      maxSteps: "100",
      samples: 1.5,
      other: 1,
    };
    assert.deepEqual(pageMessage({ type: "try", question: 1, hypothesis }), {
      type: "try",
      question: 1,
      hypothesis: {},
    });
  });

  it("saves a picture or a table under a name that stays in its folder", () => {
    const save = (more: object) => pageMessage({ type: "save", name: "sft", kind: "svg", content: "<svg/>", ...more });
    assert.deepEqual(save({}), { type: "save", name: "sft", kind: "svg", content: "<svg/>" });
    assert.deepEqual(save({ name: "../../.bashrc" }), { ...save({}), name: "bashrc" });
    assert.deepEqual(save({ name: "a/b\\c d:e" }), { ...save({}), name: "a-b-c-d-e" });
    assert.deepEqual(save({ name: "…" }), { ...save({}), name: "plot" });
    assert.deepEqual(save({ kind: "png", content: "iVBORw0=" }), { ...save({}), kind: "png", content: "iVBORw0=" });
    for (const wrong of [{ kind: "sh" }, { name: 1 }, { content: null }, { kind: "png", content: "<svg/>" }]) {
      assert.equal(save(wrong), undefined);
    }
  });

  it("copies a text that a clipboard can hold", () => {
    assert.deepEqual(pageMessage({ type: "copy", text: "k / W" }), { type: "copy", text: "k / W" });
    assert.equal(pageMessage({ type: "copy", text: 1 }), undefined);
    assert.equal(pageMessage({ type: "copy", text: "x".repeat(2 ** 20 + 1) }), undefined);
  });

  it("is none where it is something else", () => {
    for (const message of [null, 1, "ready", [], {}, { type: "try" }, { type: "try", question: 1, hypothesis: 1 }]) {
      assert.equal(pageMessage(message), undefined);
    }
    fc.assert(fc.property(fc.anything(), (message) => pageMessage(message) === undefined));
  });

  it("tells a number of training samples, or takes it back", () => {
    assert.deepEqual(pageMessage({ type: "samples", samples: 52_002 }), { type: "samples", samples: 52_002 });
    assert.deepEqual(pageMessage({ type: "samples", samples: null }), { type: "samples", samples: null });
    for (const samples of [undefined, 0, -1, 1.5, "52002", 2 ** 53, Number.NaN]) {
      assert.equal(pageMessage({ type: "samples", samples }), undefined);
    }
  });

  it("pins the panel, chooses what it is compared with, and takes a file out of that", () => {
    assert.deepEqual(pageMessage({ type: "pin", pinned: true }), { type: "pin", pinned: true });
    assert.deepEqual(pageMessage({ type: "compare" }), { type: "compare" });
    assert.deepEqual(pageMessage({ type: "remove", uri: "file:///a.yaml" }), { type: "remove", uri: "file:///a.yaml" });
    for (const wrong of [
      { type: "pin" },
      { type: "pin", pinned: 1 },
      { type: "remove" },
      { type: "remove", uri: {} },
    ]) {
      assert.equal(pageMessage(wrong), undefined);
    }
  });
});

describe("what a page has kept", () => {
  const kept = { uri: "file:///a.yaml", pinned: true, compared: ["file:///b.yaml", "file:///c.yaml"] };

  it("says which file the panel was about, whether it stays with it, and what it is compared with", () => {
    assert.deepEqual(shownIn({ ...kept, plot: {} }), kept);
  });

  it("is read from a state of an older version, or a damaged one, as far as that goes", () => {
    assert.deepEqual(shownIn({ uri: "file:///a.yaml" }), { uri: "file:///a.yaml", pinned: false, compared: [] });
    assert.deepEqual(shownIn({ ...kept, pinned: "yes", compared: [1, null, "file:///b.yaml"] }), {
      uri: "file:///a.yaml",
      pinned: false,
      compared: ["file:///b.yaml"],
    });
    const many = Array.from({ length: 1000 }, (_, index) => `file:///${index}.yaml`);
    assert.deepEqual(shownIn({ ...kept, compared: many })?.compared, many.slice(0, 20));
    for (const state of [undefined, null, { uri: 1 }, "file:///a.yaml", []]) assert.equal(shownIn(state), null);
  });

  it("has the plot as it was looked at, of that file alone", () => {
    const plot = { range: { from: 10, to: 20 }, log: true, hidden: ["group embeddings"] };
    assert.deepEqual(plotStateOf({ ...kept, plot }, kept.uri), plot);
    assert.equal(plotStateOf({ ...kept, plot }, "file:///b.yaml"), null);
    assert.equal(plotStateOf(kept, kept.uri), null);
    const damaged = { range: { from: 20, to: 10 }, log: 1, hidden: "all" };
    assert.deepEqual(plotStateOf({ ...kept, plot: damaged }, kept.uri), { range: null, log: false, hidden: [] });
  });
});
