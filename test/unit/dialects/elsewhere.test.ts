import assert from "node:assert/strict";
import { dialects } from "../../../src/core/dialects/index.ts";
import type { Sourced } from "../../../src/core/plan/sourced.ts";
import { documentOf } from "./reading.ts";

type Tree = { [key: string]: Tree | string };

/** Each key of a vocabulary with a value that is set elsewhere. */
function setElsewhere(keys: readonly string[]): Tree {
  const root: Tree = {};
  const deepestFirst = [...keys].sort((a, b) => b.split(".").length - a.split(".").length);
  for (const key of deepestFirst) enter(root, key.split("."));
  return root;
}

function enter(tree: Tree, [key = "", ...keys]: readonly string[]): void {
  const inner = tree[key] ?? (keys.length === 0 ? "${oc.env:RUN}" : {});
  tree[key] = inner;
  if (keys.length > 0 && typeof inner === "object") enter(inner, keys);
}

/** All that a plan says of the run, with the names that lead there. */
function sourcedIn(value: unknown, path: string): readonly (readonly [string, Sourced<unknown>])[] {
  if (typeof value !== "object" || value === null) return [];
  if ("origin" in value) return [[path, value as Sourced<unknown>]];
  return Object.entries(value).flatMap(([name, part]) => sourcedIn(part, `${path}.${name}`));
}

describe("a config whose values are all set elsewhere", () => {
  for (const { id, vocabulary, read } of dialects) {
    it(`says nothing in ${id}, whatever the key`, () => {
      const document = documentOf(JSON.stringify(setElsewhere(Object.keys(vocabulary))), "json");
      const plan = read(document, { versions: {}, linked: new Map() });
      const made = sourcedIn(plan, "plan")
        .filter(([, { origin }]) => origin === "file" || origin === "linked")
        // A schedule is handed its settings as they are written; axolotl streams what it pretrains on, whatever that is.
        .filter(([path]) => path !== "plan.learningRate.schedulerArguments" && path !== "plan.data.streaming")
        .map(([path, { value }]) => `${path}: ${JSON.stringify(value)}`);
      assert.deepEqual(made, []);
    });
  }
});
