import assert from "node:assert/strict";
import type { MapNode } from "../../../src/core/text/document.ts";
import { leavesIn, mapsIn } from "../../../src/core/text/nodes.ts";
import { parseYaml } from "../../../src/core/text/yaml.ts";

function rootOf(text: string): MapNode {
  const [document] = parseYaml(text);
  assert.ok(document);
  return document.root;
}

describe("the values of a config", () => {
  const written = (text: string) => leavesIn(rootOf(text)).map(({ path, node }) => `${path} = ${node.source}`);

  it("have the paths of their keys", () => {
    assert.deepEqual(written("lr: 1e-4\ntrain:\n  steps: 5\n  optim:\n    name: adamw\n"), [
      "lr = 1e-4",
      "train.steps = 5",
      "train.optim.name = adamw",
    ]);
  });

  it("have the path of their list in lists", () => {
    assert.deepEqual(written("gpus: [0, [1]]\ndatasets:\n  - path: alpaca\n"), [
      "gpus = 0",
      "gpus = 1",
      "datasets.path = alpaca",
    ]);
  });

  it("are named once, where they are first, however many aliases there are", () => {
    assert.deepEqual(written("base: &base { lr: 1 }\nagain: *base\nrun:\n  <<: *base\n"), ["base.lr = 1"]);
  });
});

describe("the mappings of a config", () => {
  const keys = (text: string) => mapsIn(rootOf(text)).map(({ entries }) => [...entries.keys()].join(" "));

  it("are those at any depth, in lists too", () => {
    assert.deepEqual(keys("train:\n  optim:\n    lr: 1\ndatasets:\n  - path: alpaca\n  - [{ name: c4 }, 1]\n"), [
      "train datasets",
      "optim",
      "lr",
      "path",
      "name",
    ]);
  });

  it("are given once, however many aliases there are", () => {
    assert.deepEqual(keys("base: &base { lr: 1 }\nagain: *base\nall: [*base, *base]\n"), ["base again all", "lr"]);
  });

  it("include those that a repeated key displaces", () => {
    assert.deepEqual(keys("train:\n  lr: 1\ntrain:\n  steps: 5\n"), ["train", "steps", "lr"]);
  });
});
