import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parse } from "yaml";

interface Workflow {
  readonly permissions: object;
  readonly jobs: Readonly<Record<string, { readonly permissions: object }>>;
}

const text = readFileSync(".github/workflows/ci.yml", "utf8");
const workflow: Workflow = parse(text);

describe("the workflow of continuous integration", () => {
  it("takes every action at a commit, with its release beside it", () => {
    const actions = text.match(/uses: .*/g) ?? [];
    assert.ok(actions.length > 0);
    for (const action of actions) assert.match(action, /^uses: actions\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it("may read the repository and nothing else, and keeps no credentials in its checkout", () => {
    assert.deepEqual(workflow.permissions, {});
    for (const { permissions } of Object.values(workflow.jobs)) assert.deepEqual(permissions, { contents: "read" });
    assert.equal(text.match(/actions\/checkout@/g)?.length, text.match(/persist-credentials: false/g)?.length);
  });

  it("runs suites that there are", () => {
    const suites = [...text.matchAll(/suites: ([\w ]+)$/gm)].flatMap(([, names = ""]) => names.split(" "));
    assert.ok(suites.includes("web"));
    const known = /const suites = \{([\s\S]*?)\n\};/.exec(readFileSync("scripts/test.mjs", "utf8"))?.[1] ?? "";
    for (const suite of suites) assert.match(known, new RegExp(`^ {2}${suite}:`, "m"));
  });
});
