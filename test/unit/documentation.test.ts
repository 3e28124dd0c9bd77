import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import manifest from "../../package.json" with { type: "json" };

const pages = ["README.md", "CONTRIBUTING.md", ...filesIn("docs")];

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** The first folders of the paths that pages name; those of the rules name files of the frameworks too. */
const folders = /^(?:src|test|scripts|docs|examples|media|syntaxes)\//;
const ofRules = join("docs", "rules");

describe("the documentation", () => {
  for (const page of pages) {
    const text = readFileSync(page, "utf8");

    it(`names no path in ${page} that is not there`, () => {
      const named = [...text.matchAll(/`([^`\n]+)`/g)]
        .map(([, path = ""]) => path)
        .filter((path) => folders.test(path) && !page.startsWith(ofRules));
      const linked = [...text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)]
        .map(([, target = ""]) => target)
        .filter((target) => !/^https?:/.test(target))
        .map((target) => join(dirname(page), target));
      const lost = [...named.filter((path) => !/[<*]/.test(path)), ...linked].filter((path) => !existsSync(path));
      assert.deepEqual(lost, []);
    });

    it(`names no command in ${page} that npm does not have`, () => {
      const named = [...text.matchAll(/npm run (?:-s )?([\w:]+)/g)].map(([, name = ""]) => name);
      assert.deepEqual(
        named.filter((name) => !(name in manifest.scripts)),
        [],
      );
    });
  }

  it("says in ten steps or fewer how to add a framework, a rule, a model and a GPU", () => {
    const sections = readFileSync("docs/architecture.md", "utf8").split("\n## How to add ").slice(1);
    const steps = sections.map(
      (section) => [section.split("\n")[0], (section.match(/^\d+\. /gm) ?? []).length] as const,
    );
    assert.deepEqual(
      steps.map(([subject]) => subject),
      ["a framework", "a rule", "a model", "a GPU"],
    );
    for (const [subject, count] of steps) assert.ok(count <= 10, subject);
  });

  it("has a room in the architecture for every folder of the core", () => {
    const text = readFileSync("docs/architecture.md", "utf8");
    const rooms = readdirSync("src/core", { withFileTypes: true }).filter((entry) => entry.isDirectory());
    assert.deepEqual(
      rooms.map(({ name }) => name).filter((name) => !text.includes(`| \`src/core/${name}\` |`)),
      [],
    );
  });
});
