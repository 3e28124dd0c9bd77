import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "acorn";
import { transformSync } from "esbuild";
import { dialects } from "../../src/core/dialects/index.ts";
import lrRanges from "../../src/core/rules/lr/ranges.json";
import { textsIn } from "../bundle/texts.mjs";

/** Texts of a language, by the English or by their key in the manifest. */
export type Texts = Readonly<Record<string, string>>;

/** Where the extension's texts are: the command line speaks English. */
const rooms = ["src/core", "src/features", "src/webview", "src/extension.ts"];

/** What the extension says, in English: the templates of its code, and what its data say about keys and rates. */
export function englishTexts(): ReadonlySet<string> {
  return new Set([
    ...rooms.flatMap(sources).flatMap(templatesIn),
    ...aboutKeys(),
    ...lrRanges.map(({ source }) => source),
  ]);
}

function sources(path: string): readonly string[] {
  if (path.endsWith(".ts")) return [path];
  const files = readdirSync(path, { recursive: true, encoding: "utf8" }).sort();
  return files.filter((file) => file.endsWith(".ts")).map((file) => join(path, file));
}

function templatesIn(path: string): readonly string[] {
  const { code } = transformSync(readFileSync(path, "utf8"), { loader: "ts", charset: "utf8" });
  const texts: string[] = [];
  const noted = (text: string) => {
    texts.push(text);
    return "";
  };
  for (const _ of textsIn(parse(code, { ecmaVersion: "latest", sourceType: "module" }), noted));
  return texts;
}

function aboutKeys(): readonly string[] {
  return dialects.flatMap(({ vocabulary }) =>
    Object.values(vocabulary).flatMap(({ about, note }) => (note === undefined ? [about] : [about, note])),
  );
}

/** The file of a language that VS Code reads for the code's texts; without a language, the manifest's English. */
export function textsFrom(file: string): Texts {
  return JSON.parse(readFileSync(file, "utf8"));
}

/** The languages that there are translations for. */
export function languages(): readonly string[] {
  return readdirSync("l10n").flatMap((file) => /^bundle\.l10n\.(.+)\.json$/.exec(file)?.[1] ?? []);
}

/** What a language lacks, and what it has that nothing says. */
export interface Gaps {
  readonly file: string;
  readonly missing: readonly string[];
  readonly unneeded: readonly string[];
}

/** The gaps of a language, file by file. */
export function gapsOf(language: string): readonly Gaps[] {
  return [
    gaps(`l10n/bundle.l10n.${language}.json`, englishTexts()),
    gaps(`package.nls.${language}.json`, new Set(Object.keys(textsFrom("package.nls.json")))),
  ];
}

function gaps(file: string, wanted: ReadonlySet<string>): Gaps {
  const translated = textsFrom(file);
  return {
    file,
    missing: [...wanted].filter((text) => !translated[text]),
    unneeded: Object.keys(translated).filter((text) => !wanted.has(text)),
  };
}
