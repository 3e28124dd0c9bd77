import assert from "node:assert/strict";
import { analyze } from "../../src/core/analyze.ts";
import { catalogue } from "../unit/builtIn.ts";
import { type Fixture, fixtures } from "../unit/rules/fixture.ts";

/** A key and its one value on a line of its own. */
const plainLine = /^(\s*(?:- )?"?[\w.-]+"?\s*:\s+)([^\s#{[|>&*][^#,]*?)(,?\s*(?:#.*)?)$/;

/** Those that speak of a key, whatever its value. */
const ofKeys: ReadonlySet<string> = new Set([
  "batch/equation",
  "deepspeed/beside-file",
  "deepspeed/scheduler-wins",
  "duration/max-steps-wins",
  "keys/ignored",
  "keys/removed",
  "keys/renamed",
  "keys/repeated",
  "lora/no-adapter",
  "lora/quantized-full",
  "lr/default",
  "lr/relative-step",
  "schedule/setting-ignored",
]);

function findingsOf(text: string, { options }: Fixture) {
  return analyze(text, { format: "yaml", catalogue, ...options })?.findings ?? [];
}

/** What is said of each line that something is said of, once its value is set elsewhere. */
function saidOfUnknown(fixture: Fixture): readonly string[] {
  const lines = fixture.text.split("\n");
  const spokenOf = new Set(findingsOf(fixture.text, fixture).map(({ range }) => range.start.line));
  return [...spokenOf].flatMap((at) => {
    const written = lines.map((line, index) => (index === at ? line.replace(plainLine, '$1"$${RUN}"$3') : line));
    if (written[at] === lines[at]) return [];
    return findingsOf(written.join("\n"), fixture)
      .filter(({ rule, range, message }) => range.start.line === at && !(ofKeys.has(rule) && !isMadeUp(message)))
      .map(({ rule, message }) => `${fixture.name}, line ${at + 1}: ${rule}: ${message}`);
  });
}

function isMadeUp(message: string): boolean {
  return /\b(?:undefined|NaN|null)\b/.test(message);
}

describe("a value that is set elsewhere", () => {
  it("is judged by no rule", () => {
    assert.deepEqual(fixtures().flatMap(saidOfUnknown), []);
  });
});
