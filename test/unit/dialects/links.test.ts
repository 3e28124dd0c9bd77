import assert from "node:assert/strict";
import { linkAt, settingsAt, standingIn } from "../../../src/core/dialects/links.ts";
import { byDefault, type Known, unknown } from "../../../src/core/plan/sourced.ts";
import { documentOf, linkedFile } from "./reading.ts";

const range = { start: { line: 3, character: 0 }, end: { line: 3, character: 9 } };
const place = { range, keyRange: range };
const path: Known<string> = { value: "ds.json", origin: "file", place };

describe("following links", () => {
  it("links a path that the file writes, not one by default or one that is not known", () => {
    assert.deepEqual(linkAt(path), [{ path: "ds.json", place }]);
    assert.deepEqual([linkAt(byDefault("ds.json")), linkAt(unknown("not set", place))], [[], []]);
  });

  it("finds settings in a mapping or in the file of that name", () => {
    const document = documentOf("own:\n  stage: 2\nfile: ds.json\n");
    const file = linkedFile("file:///ds.json", '{ "stage": 3 }');
    const find = (key: string) =>
      settingsAt(document, document.root.entries.get(key)?.value, new Map([["ds.json", file]]));
    assert.deepEqual([...(find("own")?.document.root.entries.keys() ?? [])], ["stage"]);
    assert.deepEqual([find("own")?.uri, find("file")?.uri, find("none")], [undefined, "file:///ds.json", undefined]);
    assert.equal(
      settingsAt(document, document.root.entries.get("file")?.value, new Map([["ds.json", null]])),
      undefined,
    );
  });

  it("moves what stands in a file to that file", () => {
    const file = linkedFile("file:///ds.json", "{}");
    assert.deepEqual(standingIn(file, path), {
      value: "ds.json",
      origin: "linked",
      place: { ...place, uri: file.uri },
    });
    assert.deepEqual(standingIn(file, byDefault(1)), byDefault(1));
    assert.equal(standingIn({ document: file.document }, path), path);
  });
});
