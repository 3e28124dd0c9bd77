import assert from "node:assert/strict";
import { rules } from "../../../src/core/rules/index.ts";
import type { Finding, Fix } from "../../../src/core/rules/rule.ts";
import { analysisOf } from "../analysis.ts";
import { linkedFile } from "../dialects/reading.ts";
import { applyEdits } from "../edits.ts";
import { type FixedText, type Fixture, fixtures } from "./fixture.ts";

const all = fixtures();

/** Fixtures none of whose fixes is what most would do; elsewhere the first is. */
const undecided = [
  "duration/endless/",
  "duration/max-steps-wins/",
  "schedule/constant-by-default/",
  "schedule/stops-run/two-floors",
];

const said = ({ severity, rule, range }: Finding) => `${severity} ${rule} on line ${range.start.line + 1}`;

/** Advice of other rules is none of a fixture's business. */
function isWrong(severity: Finding["severity"]): boolean {
  return severity === "error" || severity === "warning";
}

function findingsOf({ text, options }: Pick<Fixture, "text" | "options">): readonly Finding[] {
  return analysisOf(text, options).findings;
}

describe("the fixtures of the rules", () => {
  for (const { id } of rules) {
    it(`have ${id} fire in YAML and in JSON, and keep quiet`, () => {
      const own = all.filter(({ rule }) => rule === id);
      const fires = own.filter(({ expected }) => expected.some((found) => found.split(" ")[1] === id));
      assert.ok(
        fires.some(({ options }) => options.format === "yaml"),
        "no YAML of it fires",
      );
      assert.ok(
        fires.some(({ options }) => options.format === "json"),
        "no JSON of it fires",
      );
      assert.ok(own.length > fires.length, "there is none of it that is right");
    });
  }

  it("are of rules that there are", () => {
    const ids = new Set(rules.map(({ id }) => id));
    assert.deepEqual(
      all.map(({ rule }) => rule).filter((rule) => !ids.has(rule)),
      [],
    );
  });

  for (const fixture of all) {
    it(`find what they say, with the fixes beside them, and nothing else is wrong: ${fixture.name}`, () => {
      const findings = findingsOf(fixture);
      const found = findings.filter(({ rule, severity }) => rule === fixture.rule || isWrong(severity));
      assert.deepEqual(found.map(said).sort(), fixture.expected);
      const fixes = findings.find(({ rule }) => rule === fixture.rule)?.fixes ?? [];
      assert.deepEqual(
        fixes.map((fix) => resultOf(fixture, fix)),
        fixture.fixed,
      );
      assert.deepEqual(
        fixes.map(({ preferred }) => preferred),
        fixes.map((_, index) => index === 0 && !undecided.some((name) => fixture.name.startsWith(name))),
      );
    });
  }
});

describe("the fixes of the rules", () => {
  for (const fixture of all.filter(({ fixed }) => fixed.length > 0)) {
    it(`leave nothing of the finding, and bring no other: ${fixture.name}`, () => {
      const before = findingsOf(fixture).map(({ rule, severity }) => `${severity} ${rule}`);
      for (const { title, text, linked } of fixture.fixed) {
        const options = linked === undefined ? fixture.options : withLinked(fixture, linked, text);
        const after = findingsOf({ text: linked === undefined ? text : fixture.text, options });
        assert.ok(
          after.filter(({ rule }) => rule === fixture.rule).length <
            before.filter((found) => found.endsWith(` ${fixture.rule}`)).length,
          `${title}: the finding is still there`,
        );
        const others = after
          .map(({ rule, severity }) => `${severity} ${rule}`)
          .filter((found) => !before.includes(found));
        assert.deepEqual(others, [], title);
      }
    });
  }
});

function resultOf({ text, options }: Fixture, { title, edits, uri }: Fix): FixedText {
  const before = uri === undefined ? text : (options.linked?.get(uri)?.document.text ?? "");
  return { title, text: applyEdits(before, edits), linked: uri };
}

/** What is known of the run, with another text for a file that the config points to. */
function withLinked({ options }: Fixture, name: string, text: string): Fixture["options"] {
  return {
    ...options,
    linked: { get: (path) => (path.endsWith(name) ? linkedFile(name, text) : options.linked?.get(path)) },
  };
}
