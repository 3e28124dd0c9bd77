import assert from "node:assert/strict";
import { groupsOf, samplesOf, totalsOf } from "../../../scripts/accuracy/groups.mts";
import { type Outcome, outcomeOf } from "../../../scripts/accuracy/outcome.mts";
import { measurementsOf, releasesIn, sourceOf } from "../../../scripts/accuracy/row.mts";
import { catalogue } from "../builtIn.ts";
import { loraRow } from "./rows.ts";

function reasonOf(outcome: Outcome): string {
  return outcome.kind === "unknown" ? outcome.reason : "";
}

describe("measured rows beside their estimates", () => {
  it("has a point for the row's own figure and for each that was read beside it", () => {
    assert.deepEqual(measurementsOf(loraRow), [
      { counter: "allocated", gib: 25 },
      { counter: "nvidia-smi", gib: 29 },
    ]);
    assert.deepEqual(measurementsOf({ ...loraRow, memory_kind: "active", also_measured: null }), [
      { counter: "allocated", gib: 25 },
    ]);
    assert.equal(measurementsOf({ ...loraRow, memory_kind: null })[0]?.counter, "unstated");
  });

  it("finds the releases in the notes and in the framework's name", () => {
    const framework = "plain PyTorch loop (transformers 5.13.1, torch 2.13)";
    assert.deepEqual(releasesIn({ ...loraRow, framework, notes: "inputs padded; PyTorch 2.13, peft 0.12.0, bf16" }), {
      transformers: "5.13.1",
      torch: "2.13",
      peft: "0.12.0",
    });
  });

  it("names a source by its project and framework", () => {
    assert.equal(sourceOf(loraRow), "some-lab/benchmarks: TRL SFTTrainer");
    const page = { ...loraRow, source: "https://docs.example.org/benchmarks (lengths)", framework: "unsloth (2025)" };
    assert.equal(sourceOf(page), "docs.example.org: unsloth");
  });

  it("measures errors as a share of what was measured", () => {
    const outcome = outcomeOf(loraRow, catalogue);
    assert.ok(outcome.kind === "compared");
    const [allocated, device] = outcome.points;
    assert.ok(allocated && device);
    const gibibyte = 2 ** 30;
    assert.equal(allocated.error, outcome.estimate.allocatedBytes / (25 * gibibyte) - 1);
    assert.equal(device.error, outcome.estimate.deviceBytes / (29 * gibibyte) - 1);
    // 2 bytes for each of 7e9 weights, 16 for 32 layers × 16 × (4096 + 4096 + 4096 + 1024) adapter parameters, s·b·d·L·12.
    const textbook = 2 * 7e9 + 16 * 6_815_744 + 4096 * 4 * 4096 * 32 * 12;
    assert.ok(Math.abs(allocated.ruleOfThumbError - (textbook / (25 * gibibyte) - 1)) < 1e-9);
  });

  it("says why a row has no estimate", () => {
    assert.match(reasonOf(outcomeOf({ ...loraRow, seq_len: null }, catalogue)), /longest batch was not recorded/);
    assert.match(reasonOf(outcomeOf({ ...loraRow, framework: "torchtitan" }, catalogue)), /torchtitan are not read/);
    assert.match(reasonOf(outcomeOf({ ...loraRow, lora_rank: 0 }, catalogue)), /LoRA rank/);
  });

  it("reads the config.json of a model that is not in the catalogue", () => {
    const outcome = outcomeOf({ ...loraRow, model: "some-lab/own-model" }, catalogue);
    assert.equal(outcome.kind, "compared");
  });

  it("groups by source, method, GPUs and counter, and keeps the sets that accuracy is promised for", () => {
    const outcome = outcomeOf(loraRow, catalogue);
    assert.ok(outcome.kind === "compared");
    const samples = samplesOf([outcome]);
    assert.deepEqual(
      groupsOf(samples).map(({ name }) => name),
      [
        ["some-lab/benchmarks: TRL SFTTrainer", "lora", "1", "allocated"],
        ["some-lab/benchmarks: TRL SFTTrainer", "lora", "1", "nvidia-smi"],
      ],
    );
    const names = totalsOf(samples).map(({ name, ours }) => `${name[0]}: ${ours.count}`);
    assert.ok(names.includes("allocated, quality A, one GPU: 1"));
    assert.ok(names.includes("reserved or nvidia-smi: 1"));
    assert.ok(!names.some((name) => name.includes("several GPUs")));
  });
});
