import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import english from "../../../package.nls.json" with { type: "json" };
import { settingNamed } from "../../../scripts/manifest.mts";
import { listRows, manifestProperties, manifestTexts, schemaProperties } from "../../../scripts/rules/list.mts";
import { rules } from "../../../src/core/rules/index.ts";
import ranges from "../../../src/core/rules/lr/ranges.json" with { type: "json" };
import { familyOf } from "../../../src/core/rules/page.ts";
import { formatRate } from "../../../src/core/units.ts";
import schema from "../../../syntaxes/settings.schema.json" with { type: "json" };

const page = (family: string) => readFileSync(`docs/rules/${family}.md`, "utf8");

describe("the documentation of the rules", () => {
  it("has a page for each family, with a section for every rule and for no other", () => {
    const families = [...new Set(rules.map(({ id }) => familyOf(id)))];
    assert.deepEqual(readdirSync("docs/rules").sort(), families.map((family) => `${family}.md`).sort());
    for (const family of families) {
      const sections = [...page(family).matchAll(/^## (.+)$/gm)].map(([, title]) => title);
      const own = rules.map(({ id }) => id).filter((id) => familyOf(id) === family);
      assert.deepEqual(sections, own);
    }
  });

  it("says of every rule in bold what it finds, and why in a paragraph", () => {
    for (const { id } of rules) {
      const [, section = ""] = page(familyOf(id)).split(`## ${id}\n`);
      assert.match(section, /^\n\*\*[^*]+\*\*\n\n[^#]{80,}/, id);
    }
  });

  it("lists all rules with what they find and how severe that is; `npm run docs:rules` renews the list", () => {
    const rows = readFileSync("docs/rules.md", "utf8")
      .split("\n")
      .filter((line) => line.startsWith("| [`"));
    assert.deepEqual(rows, listRows());
  });

  it("shows the rates that are judged by, and names a source for each", () => {
    const rows = [...page("lr").matchAll(/^\| (?!Run|-).*$/gm)].map(([row]) => row);
    assert.equal(rows.length, ranges.length);
    for (const [index, { low, usual, upper, hintAbove, warnAbove, errorAbove, source }] of ranges.entries()) {
      const cells = [low, usual, upper, hintAbove, warnAbove, errorAbove].map(formatRate);
      assert.ok(rows[index]?.endsWith(`| ${cells.join(" | ")} |`), rows[index]);
      assert.ok(source.length > 10);
    }
  });
});

describe("the setting of the severities", () => {
  it("has an entry for every rule; `npm run docs:rules` renews it", () => {
    const manifest = JSON.parse(readFileSync("package.json", "utf8"));
    const { properties } = settingNamed<{ properties: unknown }>(manifest, "fineTuneLens.rules.severity");
    assert.deepEqual(properties, manifestProperties());
    assert.deepEqual(schema.properties.rules.properties.severity.properties, schemaProperties());
    const texts = Object.fromEntries(Object.entries(english).filter(([key]) => key.startsWith("rule.")));
    assert.deepEqual(texts, manifestTexts());
  });
});
