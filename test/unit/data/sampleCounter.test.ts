import assert from "node:assert/strict";
import fc from "fast-check";
import { sampleCounter } from "../../../src/core/data/sampleCounter.ts";

/** The samples of a file that arrives in pieces of `size` bytes. */
function count(path: string, content: string, size = 7): number | undefined {
  const counter = sampleCounter(path);
  assert.ok(counter, `${path} is not counted`);
  const bytes = new TextEncoder().encode(content);
  for (let start = 0; start < bytes.length; start += size) counter.push(bytes.subarray(start, start + size));
  return counter.end();
}

describe("samples are counted in", () => {
  it("JSON Lines: every line that is not blank, with and without a line end at the end", () => {
    assert.equal(count("train.jsonl", '{"text": "a"}\n{"text": "b\\n"}\n\n  \r\n{"text": "c"}'), 3);
    assert.equal(count("train.jsonl", '\ufeff{"text": "a"}\r\n{"text": "b"}\r\n'), 2);
    assert.equal(count("train.ndjson", ""), 0);
  });

  it("a JSON list: its elements, whatever they hold", () => {
    assert.equal(count("alpaca.json", '[\n  {"instruction": "Sort [1, 2]", "tags": ["x", "y"]},\n  {"a": {}}\n]\n'), 2);
    assert.equal(count("x.json", "[]"), 0);
    assert.equal(count("x.json", '["a, b", 1.5e-3, null, true, "\\"],[", -2]'), 6);
  });

  it("a JSON object of columns: the length that they share", () => {
    assert.equal(count("x.json", '{"prompt": ["a", "b", "c"], "answer": ["d", "e", ["f"]]}'), 3);
    assert.equal(count("x.json", '{"version": "1.0", "data": [{"id": 1, "turns": [1, 2]}, {"id": 2}]}'), 2);
    assert.equal(count("x.json", '{"prompt": ["a", "b"], "answer": ["c"]}'), undefined);
    assert.equal(count("x.json", '{"model_type": "llama"}'), undefined);
  });

  it("JSON Lines that are called .json", () => {
    assert.equal(count("x.json", '{"text": "a", "meta": [1, 2, 3]}\n{"text": "b"}\n{"text": "c"}\n'), 3);
  });

  it("CSV and TSV: records without the header; line breaks within quotes are text", () => {
    assert.equal(count("x.csv", 'prompt,answer\n"a\nb","c ""d"", e"\nf,g\n'), 2);
    assert.equal(count("x.csv", "prompt,answer\r\na,b\r\n\r\nc,d"), 2);
    assert.equal(count("x.csv", "height\n5' 10\"\n6' 2\"\n"), 2);
    assert.equal(count("x.tsv", 'prompt\tanswer\n"a, b\n"\tc\n'), 1);
    assert.equal(count("x.csv", ""), 0);
  });

  it("plain text: every line", () => {
    assert.equal(count("x.txt", "one\n\nthree"), 3);
    assert.equal(count("x.txt", "one\ntwo\n"), 2);
  });

  it("no file that is cut off or broken", () => {
    assert.equal(count("x.json", '[{"a": 1}, {"b": '), undefined);
    assert.equal(count("x.json", '["a'), undefined);
    assert.equal(count("x.json", ""), undefined);
    assert.equal(count("x.csv", 'a\n"b'), undefined);
  });

  it("no format whose rows cannot be told from its text", () => {
    for (const path of ["x.parquet", "x.arrow", "x.gz", "tatsu-lab/alpaca", ""]) {
      assert.equal(sampleCounter(path), undefined, path);
    }
  });

  it("the same way however the file is cut into pieces", () => {
    const sample = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(fc.array(sample), fc.integer({ min: 1, max: 50 }), (samples, size) => {
        assert.equal(count("x.json", JSON.stringify(samples, null, 1), size), samples.length);
        assert.equal(count("x.jsonl", samples.map((each) => JSON.stringify(each)).join("\n"), size), samples.length);
      }),
      { numRuns: 30 },
    );
  });
});
