import assert from "node:assert/strict";
import { beside, findingsWith } from "./trainer.ts";

const found = (own: string, scheduler: object) =>
  findingsWith("deepspeed/scheduler-wins", { scheduler }, beside(`lr_scheduler_type: ${own}`));

describe("deepspeed/scheduler-wins", () => {
  for (const [own, type, severity] of [
    ["cosine", "WarmupLR", "warning"],
    ["constant_with_warmup", "WarmupLR", "hint"],
    ["linear", "WarmupDecayLR", "hint"],
    ["cosine", "WarmupDecayLR", "warning"],
    ["cosine", "WarmupCosineLR", "hint"],
    ["cosine", "OneCycle", "warning"],
  ] as const) {
    it(`is the ${severity} that ${type} in place of ${own} deserves`, () => {
      assert.deepEqual(
        found(own, { type }).map((finding) => finding.severity),
        [severity],
      );
    });
  }

  it("shows the scheduler that runs, and lets either of both go", () => {
    const [finding] = found("cosine", { type: "WarmupLR" });
    assert.equal(finding?.tag, "unused");
    assert.match(finding.message, /^ds\.json brings a scheduler of its own, so that cosine does nothing:/);
    assert.deepEqual(
      finding.related.map(({ range, uri }) => [range.start.line, uri]),
      [[2, "ds.json"]],
    );
    assert.deepEqual(
      finding.fixes.map(({ title, keepsExperiment }) => [title, keepsExperiment]),
      [
        ["Remove scheduler from ds.json, so that cosine runs", false],
        ["Remove lr_scheduler_type, which does nothing", true],
      ],
    );
  });

  it("tells a logarithmic warmup, of those that warm up, where it is not said to be linear", () => {
    const message = (type: string, params = {}) => found("polynomial", { type, params })[0]?.message ?? "";
    assert.match(message("WarmupLR"), /the rate stays at its peak after the warmup, and the warmup rises logarithm/);
    assert.match(message("WarmupLR", { warmup_type: "log" }), /logarithmically/);
    assert.doesNotMatch(message("WarmupLR", { warmup_type: "linear" }), /logarithmically/);
    assert.doesNotMatch(message("OneCycle"), /logarithmically/);
    assert.match(message("MyScheduler"), /the rate takes another course\.$/);
  });

  it("is silent where the config names no scheduler, and where DeepSpeed has none", () => {
    const rule = "deepspeed/scheduler-wins";
    assert.deepEqual(findingsWith(rule, { scheduler: { type: "WarmupLR" } }, beside()), []);
    assert.deepEqual(findingsWith(rule, {}, beside("lr_scheduler_type: cosine")), []);
    for (const type of ["auto", null, { name: "WarmupLR" }])
      assert.deepEqual(findingsWith(rule, { scheduler: { type } }, beside("lr_scheduler_type: cosine")), []);
  });
});
