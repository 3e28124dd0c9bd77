import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { englishTexts } from "../../../scripts/l10n/texts.mts";
import type { surfacesIn } from "./surfaces.mts";

/** Texts in brackets, their values outside: `⟦Set ⟧{0}⟦ to ⟧{1}`. */
const pseudo = Object.fromEntries([...englishTexts()].map((text) => [text, `⟦${text.replace(/\{\d+\}/g, "⟧$&⟦")}⟧`]));

/** Code, icons, pictures, addresses, and functions in formulas are the same in every language. */
const untranslated = /⟦[^⟧]*⟧|`[^`]*`|\$\(\w+\)|data:image\S*|\w+:\/\/\S+|[a-z]+\(/g;

describe("in a language that nobody speaks", () => {
  const folder = join("out", "pseudo");

  before(async () => {
    await build({
      entryPoints: [join(import.meta.dirname, "surfaces.mts")],
      outfile: join(folder, "surfaces.mjs"),
      bundle: true,
      packages: "external",
      platform: "node",
      format: "esm",
    });
  });

  after(() => rmSync(folder, { recursive: true }));

  it("is everything said that is meant for the reader", async () => {
    const surfaces: { readonly surfacesIn: typeof surfacesIn } = await import(
      pathToFileURL(join(folder, "surfaces.mjs")).href
    );
    const english: string[] = [];
    for (const { text, known } of await surfaces.surfacesIn(pseudo)) {
      const rest = text.replace(untranslated, " ").replaceAll("\\", "");
      const words = rest.match(/(?<![\w./-])[a-z]{3,}(?![\w./-])/g) ?? [];
      english.push(...words.filter((word) => !known.has(word)).map((word) => `${word}: ${text}`));
    }
    assert.deepEqual(english, []);
  });
});
