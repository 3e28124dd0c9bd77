import assert from "node:assert/strict";
import { contains, lineStarts, positionAt } from "../../../src/core/text/position.ts";

describe("positions in a text", () => {
  it("counts lines that end with LF, CRLF and CR", () => {
    const starts = lineStarts("a\nbc\r\nd\re");
    assert.deepEqual(starts, [0, 2, 6, 8]);
    assert.deepEqual(positionAt(starts, 3), { line: 1, character: 1 });
    assert.deepEqual(positionAt(starts, 6), { line: 2, character: 0 });
    assert.deepEqual(positionAt(starts, 9), { line: 3, character: 1 });
  });

  it("counts a cursor behind the last character as inside", () => {
    const range = { start: { line: 1, character: 4 }, end: { line: 1, character: 8 } };
    assert.equal(contains(range, { line: 1, character: 8 }), true);
    assert.equal(contains(range, { line: 1, character: 9 }), false);
    assert.equal(contains(range, { line: 0, character: 5 }), false);
  });

  it("lie in a range of several lines whatever their columns are", () => {
    const range = { start: { line: 1, character: 4 }, end: { line: 3, character: 2 } };
    assert.equal(contains(range, { line: 2, character: 0 }), true);
    assert.equal(contains(range, { line: 2, character: 9 }), true);
    assert.equal(contains(range, { line: 1, character: 3 }), false);
    assert.equal(contains(range, { line: 3, character: 3 }), false);
  });
});
