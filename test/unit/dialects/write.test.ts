import assert from "node:assert/strict";
import { writeBare } from "../../../src/core/dialects/write.ts";
import { documentOf } from "./reading.ts";

describe("writing a text such as 2ep", () => {
  const edits = (text: string, format?: "json") => writeBare(documentOf(text, format), "max_duration", "2ep");

  it("leaves quotes out of YAML that has none", () => {
    assert.deepEqual(
      edits("max_duration: 1ep\n").map(({ newText }) => newText),
      ["2ep"],
    );
  });

  it("leaves them where they are", () => {
    const [edit] = edits('max_duration: "1ep"\n');
    assert.deepEqual([edit?.newText, edit?.range.start.character, edit?.range.end.character], ["2ep", 15, 18]);
  });

  it("puts them into JSON", () => {
    assert.deepEqual(
      edits('{ "max_duration": 1000 }', "json").map(({ newText }) => newText),
      ['"2ep"'],
    );
  });
});
