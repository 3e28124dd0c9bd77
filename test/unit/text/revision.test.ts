import assert from "node:assert/strict";
import fc from "fast-check";
import { lineStarts, positionAt } from "../../../src/core/text/position.ts";
import { editsOf, type Revision, revise, revisionOf } from "../../../src/core/text/revision.ts";
import { applyEdits } from "../edits.ts";

describe("edits made one after the other", () => {
  const replace = (revision: Revision, start: number, end: number, newText: string) => {
    const starts = lineStarts(revision.text);
    return revise(revision, [{ range: { start: positionAt(starts, start), end: positionAt(starts, end) }, newText }]);
  };

  it("become edits of the original, each no larger than what it changes", () => {
    const original = "a: 1\nb: 2\nc: 3\n";
    const first = replace(revisionOf(original), 8, 9, "200");
    const second = replace(first, first.text.length, first.text.length, "d: 4\n");
    assert.equal(second.text, "a: 1\nb: 200\nc: 3\nd: 4\n");
    assert.deepEqual(editsOf(second, original), [
      { range: { start: { line: 1, character: 3 }, end: { line: 1, character: 4 } }, newText: "200" },
      { range: { start: { line: 3, character: 0 }, end: { line: 3, character: 0 } }, newText: "d: 4\n" },
    ]);
  });

  it("that change the same place twice become one", () => {
    const once = replace(revisionOf("a: 1\n"), 3, 4, "2048");
    const twice = replace(once, 3, 7, "512");
    assert.deepEqual(editsOf(twice, "a: 1\n"), [
      { range: { start: { line: 0, character: 3 }, end: { line: 0, character: 4 } }, newText: "512" },
    ]);
  });

  it("keep the order of what goes in at one place", () => {
    const range = { start: { line: 0, character: 4 }, end: { line: 0, character: 4 } };
    const { text } = revise(revisionOf("a: 1\n"), [
      { range, newText: "\nb: 2" },
      { range, newText: "\nc: 3" },
    ]);
    assert.equal(text, "a: 1\nb: 2\nc: 3\n");
  });

  it("keep the order of what goes in at one place of a line", () => {
    const range = { start: { line: 0, character: 5 }, end: { line: 0, character: 5 } };
    const { text } = revise(revisionOf("{a: 1}\n"), [
      { range, newText: ", b: 2" },
      { range, newText: ", c: 3" },
    ]);
    assert.equal(text, "{a: 1, b: 2, c: 3}\n");
  });

  it("that are made at once may come in any order", () => {
    const at = (line: number, from: number, to: number, newText: string) => ({
      range: { start: { line, character: from }, end: { line, character: to } },
      newText,
    });
    const added = at(1, 0, 0, "warmup: 10\n");
    const changed = at(1, 0, 2, "learning_rate");
    const last = at(2, 6, 7, "20");
    for (const edits of [
      [added, changed, last],
      [changed, added, last],
      [last, changed, added],
    ]) {
      const { text } = revise(revisionOf("seed: 1\nlr: 2\nstep: 5\n"), edits);
      assert.equal(text, "seed: 1\nwarmup: 10\nlearning_rate: 2\nstep: 20\n");
    }
  });

  it("give the same text when made at once, and lie apart in their order, whatever they are", () => {
    const words = fc.array(fc.constantFrom("a", "bc", "\n", "\r\n", " ", "é", "🙂"), { maxLength: 12 });
    const texts = words.map((parts) => parts.join(""));
    const changes = fc.array(fc.tuple(fc.nat(30), fc.nat(5), texts), { maxLength: 6 });
    fc.assert(
      fc.property(texts, changes, (original, edits) => {
        const offsets = (text: string, at: number) => Math.min(at, text.length);
        let expected = original;
        let revision = revisionOf(original);
        for (const [at, length, newText] of edits) {
          const start = offsets(expected, at);
          const end = offsets(expected, at + length);
          // An edit in the middle of a line break has no place in lines and columns.
          if (/\r$/.test(expected.slice(0, start)) || /\r$/.test(expected.slice(0, end))) continue;
          revision = replace(revision, start, end, newText);
          expected = expected.slice(0, start) + newText + expected.slice(end);
        }
        assert.equal(revision.text, expected);
        const combined = editsOf(revision, original);
        assert.equal(applyEdits(original, combined), expected);
      }),
    );
  });
});
