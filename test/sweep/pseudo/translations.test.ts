import assert from "node:assert/strict";
import { gapsOf, languages, textsFrom } from "../../../scripts/l10n/texts.mts";

const english = textsFrom("package.nls.json");

/** The values that a text has places for, and what it says in code or links to; in the order of the alphabet. */
function keptIn(text: string): readonly string[] {
  return (text.match(/\{\d+\}|`[^`]*`|\]\([^)]*\)|#fineTuneLens[\w.]*#/g) ?? []).sort();
}

describe("translations", () => {
  it("are there", () => assert.ok(languages().includes("zh-cn")));

  for (const language of languages()) {
    it(`say everything in ${language}, and nothing that is said no more`, () => {
      const gaps = gapsOf(language).map(({ file, missing, unneeded }) => [file, [...missing, ...unneeded]]);
      assert.deepEqual(
        gaps.map(([, texts]) => texts),
        gaps.map(() => []),
      );
    });

    it(`keep values, code, links and settings in ${language}`, () => {
      const texts = Object.entries(textsFrom(`l10n/bundle.l10n.${language}.json`));
      const manifest = Object.entries(textsFrom(`package.nls.${language}.json`));
      const pairs = [...texts, ...manifest.map(([key, text]) => [english[key] ?? "", text] as const)];
      for (const [original, text] of pairs) assert.deepEqual(keptIn(text), keptIn(original), original);
    });
  }
});
