import assert from "node:assert/strict";
import { does, releases } from "../../../src/core/plan/releases.ts";

describe("what differs between releases", () => {
  it("holds from a release on, and for the newest where nothing is pinned", () => {
    const { countsIncompleteAccumulation } = releases;
    assert.ok(does({}, countsIncompleteAccumulation));
    assert.ok(does({ transformers: "4.52.0" }, countsIncompleteAccumulation));
    assert.ok(does({ transformers: "5.1" }, countsIncompleteAccumulation));
    assert.ok(!does({ transformers: "4.51.3" }, countsIncompleteAccumulation));
    assert.ok(does({ torch: "1.13" }, countsIncompleteAccumulation));
  });

  it("holds up to a release where it was taken back", () => {
    const holds = (transformers: string) => does({ transformers }, releases.copiesLogits);
    assert.deepEqual(["4.45.2", "4.46.0", "4.49.0", "4.50.0"].map(holds), [true, true, true, false]);
    assert.ok(!does({}, releases.copiesLogits));
  });

  it("has a source for each", () => {
    for (const [name, { source }] of Object.entries(releases))
      assert.match(source, /PR \d+|issue \d+|transformers|TRL|bitsandbytes|\.md$/, name);
  });
});
