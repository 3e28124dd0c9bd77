import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { rules } from "../../src/core/rules/index.ts";
import { type Config, type Outcome, plantAll, tallyByRule } from "../planted/mistake.ts";
import { mistakes } from "../planted/mistakes/index.ts";
import { fixtures } from "../unit/rules/fixture.ts";

const examples = readdirSync("examples", { recursive: true, encoding: "utf8" })
  .filter((name) => /\.(?:ya?ml|json)$/.test(name) && !name.includes("data"))
  .map((name): Config => {
    const format = name.endsWith(".json") ? "json" : "yaml";
    return { name, text: readFileSync(join("examples", name), "utf8"), options: { format } };
  });

describe("mistakes that are planted in examples and fixtures", () => {
  let outcomes: readonly Outcome[] = [];

  before(() => {
    outcomes = plantAll([...examples, ...fixtures()], mistakes);
  });

  for (const { id } of rules) {
    it(`are found and mended: ${id}`, () => {
      const { planted, found, fixed } = tallyByRule(outcomes).get(id) ?? assert.fail("none is planted");
      const own = outcomes.filter(({ mistake }) => mistake.rule === id);
      const missed = own
        .filter(({ isFound }) => !isFound)
        .map(({ config, mistake }) => `${config.name}: ${mistake.name}`);
      const troubles = own.flatMap(({ config, trouble }) => (trouble === null ? [] : [`${config.name}: ${trouble}`]));
      assert.ok(found >= 0.95 * planted, `missed: ${missed.join("; ")}`);
      assert.ok(fixed >= 0.95 * found, troubles.join("; "));
    });
  }
});
