import assert from "node:assert/strict";
import { entryAt, formatOfFile, foundAt } from "../../../src/core/text/document.ts";
import { parseYaml } from "../../../src/core/text/yaml.ts";

describe("how a file is read", () => {
  for (const [path, format] of [
    ["ds/zero3.json", "json"],
    ["ZERO3.JSON", "json"],
    ["run.jsonc", "json"],
    ["run.yaml", "yaml"],
    ["run.yml", "yaml"],
    ["run.json.yaml", "yaml"],
    ["run.jsonl", "yaml"],
    ["json", "yaml"],
  ] as const) {
    it(`${path} as ${format}`, () => assert.equal(formatOfFile(path), format));
  }
});

describe("the value at a path", () => {
  const [document] = parseYaml("lr: 1\ntrain: { lr: 2, optim: { lr: 3 } }\ngroup: { groups: 8 }\ntrain.lr: 5\n");
  const at = (path: string) => {
    assert.ok(document);
    return entryAt(document.root, path)?.value;
  };

  for (const [path, source] of [
    ["lr", "1"],
    ["train.optim.lr", "3"],
    ["train.lr", "5"],
  ] as const) {
    it(`${path} is ${source}`, () => {
      const node = at(path);
      assert.equal(node?.kind === "scalar" && node.source, source);
    });
  }

  for (const path of ["groups", "optim.lr", "train.none", "lr.none", "train.optim.lr.none", ""]) {
    it(`"${path}" is not there`, () => assert.equal(at(path), undefined));
  }

  it("is found with the mappings around it", () => {
    assert.ok(document);
    const { root } = document;
    const found = foundAt([root], "train.optim.lr");
    assert.deepEqual(found?.ancestors, [root, at("train"), found?.map]);
    assert.equal(found.map.entries.get("lr"), found.entry);
    assert.equal(foundAt([root], "train.lr")?.map, root);
  });
});
