import assert from "node:assert/strict";
import { analysisOf } from "../../analysis.ts";
import { beside, findingsWith } from "./trainer.ts";

const scheduler = (steps: number | string, type = "WarmupLR") => ({
  scheduler: { type, params: { warmup_num_steps: steps } },
});

const said = (settings: object, versions = {}, ...lines: readonly string[]) =>
  findingsWith("deepspeed/no-warmup", settings, beside(...lines), { versions }).map(({ severity }) => severity);

describe("deepspeed/no-warmup", () => {
  it("is an error in DeepSpeed 0.19.6, right before, and a warning where no release is known", () => {
    assert.deepEqual(said(scheduler(0), { deepspeed: "0.19.6" }), ["error"]);
    assert.deepEqual(said(scheduler(0), { deepspeed: "0.19.5" }), []);
    assert.deepEqual(said(scheduler(0)), ["warning"]);
    assert.deepEqual(said(scheduler(2), { deepspeed: "0.19.6" }), []);
    assert.deepEqual(said(scheduler(2), { deepspeed: "0.19.6", transformers: "5.17.0" }), []);
  });

  it("is of the schedulers that warm up", () => {
    for (const type of ["WarmupLR", "WarmupDecayLR", "WarmupCosineLR"])
      assert.deepEqual(said(scheduler(0, type)), ["warning"], type);
    for (const type of ["OneCycle", "MyWarmupLR", "WarmupLRs"]) assert.deepEqual(said(scheduler(0, type)), [], type);
  });

  it("is filled in for auto by transformers before 5.18, from a config without a warmup", () => {
    const old = { transformers: "5.17.0", deepspeed: "0.19.6" };
    assert.deepEqual(said(scheduler("auto"), old), ["error"]);
    assert.deepEqual(said(scheduler("auto"), old, "warmup_ratio: 0.0"), ["error"]);
    assert.deepEqual(said(scheduler("auto"), old, "warmup_ratio: 0.03"), []);
    assert.deepEqual(said({ scheduler: { params: { warmup_num_steps: 0 } } }, old), []);
    assert.deepEqual(said(scheduler("auto"), old, "warmup_steps: 1"), []);
    assert.deepEqual(said(scheduler("auto"), { ...old, transformers: "5.18.0" }), []);
  });

  it("stands where the zero does: in the settings, or at what points to them", () => {
    const [finding] = findingsWith("deepspeed/no-warmup", scheduler(0), beside());
    assert.equal(finding?.range.start.line, 3);
    assert.deepEqual(
      finding.related.map(({ range }) => range.start.line),
      [4],
    );
    const own = JSON.stringify({ zero_optimization: { stage: 2 }, ...scheduler(0) }, null, 2);
    const [inOwn] = analysisOf(own, { format: "json" }).findings.filter(({ rule }) => rule === "deepspeed/no-warmup");
    assert.equal(inOwn?.range.start.line, 7);
    assert.deepEqual(inOwn.related, []);
  });

  it("becomes the two updates that it was, which changes nothing", () => {
    const [inFile] = findingsWith("deepspeed/no-warmup", scheduler(0), beside());
    const versions = { transformers: "5.17.0" };
    const [filledIn] = findingsWith("deepspeed/no-warmup", scheduler("auto"), beside(), { versions });
    for (const finding of [inFile, filledIn]) {
      const [fix] = finding?.fixes ?? [];
      assert.ok(fix?.preferred && fix.keepsExperiment);
      assert.match(fix.title, / to 2[ ,]/);
      assert.ok(finding?.related.every(({ uri }) => uri === "ds.json") && finding.related.length === 1);
    }
  });
});
