import assert from "node:assert/strict";
import { boundaryTable } from "../../../scripts/accuracy/boundaries.mts";
import { groupsOf, samplesOf } from "../../../scripts/accuracy/groups.mts";
import { listOf } from "../../../scripts/accuracy/list.mts";
import { type Compared, outcomeOf } from "../../../scripts/accuracy/outcome.mts";
import { page } from "../../../scripts/accuracy/page.mts";
import { provenanceOf } from "../../../scripts/accuracy/provenance.mts";
import { markdown, plain, signed, unknownTable } from "../../../scripts/accuracy/report.mts";
import type { Row } from "../../../scripts/accuracy/row.mts";
import { verdictsOf } from "../../../scripts/accuracy/verdicts.mts";
import { weaknessesOf } from "../../../scripts/accuracy/weaknesses.mts";
import { catalogue } from "../builtIn.ts";
import { loraRow } from "./rows.ts";

function compared(row: Row): Compared {
  const outcome = outcomeOf(row, catalogue);
  assert.ok(outcome.kind === "compared");
  return outcome;
}

describe("the report on accuracy", () => {
  it("aligns words to the left and numbers to the right", () => {
    assert.equal(
      plain([
        ["Set", "n", "median"],
        ["one GPU", "7", "12.5 %"],
        ["all", "12", "1.0 %"],
      ]),
      ["Set      n   median", "one GPU   7  12.5 %", "all      12   1.0 %"].join("\n"),
    );
  });

  it("writes Markdown whose numbers are aligned to the right", () => {
    assert.equal(
      markdown([
        ["Set", "n"],
        ["all", "12"],
      ]),
      "| Set | n |\n| --- | ---: |\n| all | 12 |",
    );
  });

  it("writes signs out", () => {
    assert.equal(signed(-0.0123), "−1.2 %");
    assert.equal(signed(0.5), "+50.0 %");
  });

  it("lists each row with estimate, measured figure and moment of the peak, and the unknown ones with the reason", () => {
    const unknown = outcomeOf({ ...loraRow, id: "lora-2", framework: "torchtitan" }, catalogue);
    const [head = "", first = "", second = "", last = ""] = listOf([compared(loraRow), unknown]).split("\n");
    assert.match(head, /Row +Run +Counter +Estimate +Measured +Error +Peak at/);
    assert.match(first, /^lora-1 +Mistral-7B-v0\.1 lora 4×4096 on 1 +allocated +[\d.]+ +25\.00 +[−+][\d.]+ % +\w/);
    assert.match(second, /nvidia-smi +[\d.]+ +29\.00/);
    assert.match(last, /^lora-2 .*torchtitan are not read$/);
  });

  it("counts rows without an estimate by reason", () => {
    const rows = ["a", "b"].map((id) => ({ ...loraRow, id }));
    const unknown = rows.map((row) => ({ kind: "unknown", row, reason: "no rank" }) as const);
    assert.deepEqual(unknownTable(unknown).slice(1), [["2", "no rank", "a, b"]]);
  });

  it("tells runs that went well from those that ended without memory, on the GPU that each was on", () => {
    const failed = compared({
      ...loraRow,
      method: "full",
      point_type: "oom",
      micro_batch: 64,
      gpu: "A10G",
      measured_peak_gib: null,
    });
    const unnamed = compared({ ...loraRow, gpu: null });
    const larger = compared({ ...loraRow, gpu: "A100", measured_peak_gib: 60 });
    assert.deepEqual(verdictsOf([compared(loraRow), failed, unnamed, larger]), {
      ran: { fits: 1, tight: 0, no: 0 },
      failed: { fits: 0, tight: 0, no: 1 },
    });
  });

  it("tells how much of a card the longest sequence that fits on it takes", () => {
    const limit = { ...loraRow, point_type: "fit_boundary", memory_kind: "gpu capacity", also_measured: null };
    const outcomes = [20, 40].map((gib) => compared({ ...limit, measured_peak_gib: gib }));
    const [, line] = boundaryTable(outcomes);
    const gibibytes = (outcomes[0]?.estimate.deviceBytes ?? 0) / 2 ** 30;
    const percentOf = (gib: number) => `${((100 * gibibytes) / gib).toFixed(0)} %`;
    assert.deepEqual(line?.slice(1, 3), ["mistralai/Mistral-7B-v0.1", "2"]);
    assert.equal(line?.[3], percentOf(40));
    assert.equal(line?.[5], percentOf(20));
    assert.deepEqual(outcomes[0]?.points, []);
  });

  it("gives a reason for groups that are off by more than 4 %, and none for others", () => {
    const row = { ...loraRow, framework: "litgpt", also_measured: null };
    const [outcome] = compared(row).points;
    assert.ok(outcome);
    const off = (factor: number) => {
      const point = { ...outcome, error: factor - 1 };
      return weaknessesOf(groupsOf([{ row, point }]));
    };
    assert.deepEqual(off(1.03), []);
    assert.match(off(0.9)[0] ?? "", /^\*\*litgpt\*\* \(lora on 1: 10\.0 %\): LitGPT has model code of its own/);
  });

  it("tells what the errors do not show: the sources that shares were fitted to, and how the rest does", () => {
    const [point] = compared(loraRow).points;
    assert.ok(point);
    const sample = (source: string, counter: "allocated" | "nvidia-smi", error: number, isInRange = true) => ({
      row: { ...loraRow, source },
      point: { ...point, counter, error, isInRange },
    });
    const fitted = "foundation-model-stack/fms-acceleration a100_80gb.csv";
    const [aside, range, lead] = provenanceOf([
      sample(fitted, "nvidia-smi", 0.01),
      sample("some-lab/one", "nvidia-smi", -0.2, false),
      sample("some-lab/two", "nvidia-smi", 0.1),
      sample(fitted, "allocated", 0.01),
      sample(fitted, "allocated", 0.01),
      sample("some-lab/one", "allocated", -0.3),
    ]);
    assert.match(aside ?? "", /None of these runs was kept aside/);
    // Half-way between 10 % and 20 %.
    assert.match(range ?? "", /are 1 of the 3 .* Of the 2 others 1 are in range, with a median error of 15\.0 %\./);
    assert.match(lead ?? "", /2 of the 3 allocated .* the other 1 have a median error of 30\.0 %/);
    assert.match(provenanceOf([sample(fitted, "nvidia-smi", 0)])[1] ?? "", /There is no other to test them on/);
  });

  it("is a page with every table", () => {
    const outcome = compared(loraRow);
    const text = page({
      samples: samplesOf([outcome]),
      unknown: [],
      runs: 1,
      verdicts: verdictsOf([outcome]),
      boundaries: boundaryTable([]),
      setAside: [["Run", "Error"]],
    });
    assert.match(text, /^# How accurate/);
    assert.match(text, /## What this does not show\n\n- \*\*None of these runs was kept aside/);
    assert.match(text, /Of 1 measured runs 1 have an estimate/);
    assert.match(text, /\| allocated, quality A, one GPU \| 1 \|/);
    assert.match(text, /\| some-lab\/benchmarks: TRL SFTTrainer \| lora \| 1 \| nvidia-smi \| 1 \|/);
  });
});
