import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { dialects } from "../../src/core/dialects/index.ts";
import type { KeyFacts } from "../../src/core/dialects/vocabulary.ts";
import type { TextFormat } from "../../src/core/text/document.ts";

/** A text that may stand in an editor. */
export interface ConfigText {
  readonly text: string;
  readonly format: TextFormat;
}

/** The YAML and JSON files in `folders`. */
export function textsIn(folders: readonly string[]): readonly ConfigText[] {
  return folders
    .flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.(?:ya?ml|json)$/.test(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort()
    .map((file) => ({ text: readFileSync(file, "utf8"), format: file.endsWith(".json") ? "json" : "yaml" }));
}

/** Values that nobody means, as they are written. */
const strangeValues: readonly string[] = [
  ...["", "~", "null", ".nan", ".inf", "-.inf", "NaN", "Infinity", "-Infinity", "1e309", "-1e309", "1e-400", "-0", "0"],
  ...[
    "0.0",
    "-1",
    "1.5",
    "1e18",
    "9007199254740993",
    "99999999999999999999999999",
    "0x10",
    "0o17",
    "1_000",
    "1:30",
    "+1",
  ],
  ...["true", "no", "auto", "none", "???", "{}", "[]", "[[]]", "[{}]", "{a: {b: [1, {c: 2}]}}", "[a, 1, null, {}, []]"],
  ...[
    '"\\ud800"',
    '"\\u0000"',
    '"\\u202e"',
    "'it''s'",
    "|",
    ">-",
    "&a",
    "*a",
    "*missing",
    "!!binary x",
    "!x {}",
    "- a",
  ],
  ...["${a}", "${.a}", "${..a}", "${oc.env:HOME}", "${mul:2,${a}}", "${learning_rate}", "${", "${{{{{{{{{{"],
  ...["__proto__", "constructor", "toString", "{__proto__: 1}", "[__proto__]", "{constructor: {prototype: 1}}"],
  ...[
    "~/x.json",
    "../../../etc/passwd",
    "/etc/passwd",
    "file:///etc/passwd",
    "\\\\server\\share\\x.json",
    "C:\\x",
    ".",
  ],
  ...[
    "(a|a)*b",
    "(",
    "[a-",
    "a{1,999}",
    ".*",
    "\\",
    "meta-llama/Llama-2-7b-hf",
    "Qwen/Qwen2.5-7B",
    "70B",
    "0B",
    "1e99B",
  ],
  ...["[1]", "[0.9, 0.999]", "100ba", "1ep", "100tok", "1h", "10%", '"1e-4"', "'2e-5'", "🦙", "größe", "<<: *a"],
];

/** Pieces that change what a text means around them. */
const strangePieces: readonly string[] = [
  ...["\0", "\uFEFF", "\r", "\r\n", "\n", "\t", "\u2028", "\u0085", "\ud800", "\udc00", "\u001b[31m", "---\n", "...\n"],
  ...[
    "&a ",
    "*a",
    "<<: *a\n",
    "<<: [*a, *a]\n",
    "? ",
    ": ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    '"',
    "'",
    "#",
    " #",
    "|\n",
    ">\n",
  ],
  ...["!!map ", "%YAML 1.1\n", "// x\n", "/* x */", ",", "@", "`", "__proto__: 1\n", "constructor: {}\n", "  ", "${a}"],
];

const words = fc.constantFrom(...strangeValues);
const pieces = fc.oneof(fc.constantFrom(...strangePieces), words, fc.string({ unit: "binary", maxLength: 5 }));

/** Configs of every framework: some of its keys with values that it knows, values of other keys, and values that nobody means. */
const writtenConfigs: fc.Arbitrary<ConfigText> = fc
  .tuple(fc.constantFrom(...dialects), fc.boolean())
  .chain(([{ vocabulary, telltales }, isJson]) => {
    const names = [...Object.keys(vocabulary), ...telltales].map((name) => name.replaceAll("\\", ""));
    const keys = names.map((name) => fc.tuple(fc.constant(name), valuesOf(vocabulary[name] ?? { about: "" })));
    return fc
      .array(fc.oneof(...keys), { minLength: 3, maxLength: 40 })
      .map((entries) => (isJson ? jsonOf(entries) : yamlOf(entries)));
  });

function valuesOf(facts: KeyFacts): fc.Arbitrary<string> {
  const known = [...(facts.values ?? []), ...(facts.default === undefined ? [] : [String(facts.default)])];
  const plain = fc.constantFrom("1", "2", "8", "2e-5", "0.1", "2048", "lora", "bf16", "cosine", ...known);
  const numbers = fc.oneof(fc.double().map(String), fc.integer().map(String), fc.nat(64).map(String));
  return fc.oneof(
    plain,
    plain,
    numbers,
    words,
    fc.array(words, { maxLength: 3 }).map((items) => `[${items.join(", ")}]`),
  );
}

type Entries = readonly (readonly [path: string, value: string])[];

function yamlOf(entries: Entries): ConfigText {
  const text = [...tree(entries)].map((entry) => yamlLines(entry, "")).join("");
  return { text, format: "yaml" };
}

function yamlLines([key, value]: [string, Tree], indent: string): string {
  if (typeof value === "string") return `${indent}${key}: ${value}\n`;
  return `${indent}${key}:\n${[...value].map((entry) => yamlLines(entry, `${indent}  `)).join("")}`;
}

function jsonOf(entries: Entries): ConfigText {
  const braces = (map: ReadonlyMap<string, Tree>): string =>
    `{\n${[...map].map(([key, value]) => `${JSON.stringify(key)}: ${typeof value === "string" ? jsonValue(value) : braces(value)}`).join(",\n")}\n}`;
  return { text: braces(tree(entries)), format: "json" };
}

function jsonValue(value: string): string {
  return /^(?:true|false|null|-?\d+(?:\.\d+)?(?:e[-+]?\d+)?|\[\]|\{\})$/.test(value) ? value : JSON.stringify(value);
}

type Tree = string | Map<string, Tree>;

/** Dotted paths as mappings in each other. */
function tree(entries: Entries): Map<string, Tree> {
  const root = new Map<string, Tree>();
  for (const [path, value] of entries) {
    let map = root;
    const keys = path.split(".");
    for (const key of keys.slice(0, -1)) {
      const found = map.get(key);
      const inner: Map<string, Tree> = found instanceof Map ? found : new Map();
      map.set(key, inner);
      map = inner;
    }
    map.set(keys.at(-1) ?? "", value);
  }
  return root;
}

/** A change of a text at a place, which is a share of its length. */
type Mutation = (text: string) => string;

const places = fc.double({ min: 0, max: 1, noNaN: true });

const mutations: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(places, pieces).map(
    ([place, piece]): Mutation =>
      (text) =>
        spliced(text, place, 0, piece),
  ),
  fc.tuple(places, fc.nat(40)).map(
    ([place, length]): Mutation =>
      (text) =>
        spliced(text, place, length, ""),
  ),
  fc.tuple(places, words).map(
    ([place, word]): Mutation =>
      (text) =>
        withLine(text, place, (line) => revalued(line, word)),
  ),
  fc.tuple(places, words).map(
    ([place, word]): Mutation =>
      (text) =>
        withLine(text, place, (line) => revalued(line, word)),
  ),
  places.map(
    (place): Mutation =>
      (text) =>
        withLine(text, place, (line) => `${line}\n${line}`),
  ),
  places.map(
    (place): Mutation =>
      (text) =>
        withLine(text, place, (line) => ` ${line}`),
  ),
  places.map(
    (place): Mutation =>
      (text) =>
        withLine(text, place, (line) => `#${line}`),
  ),
  places.map(
    (place): Mutation =>
      (text) =>
        text.slice(0, Math.floor(place * text.length)),
  ),
  fc.constantFrom<Mutation[]>(
    (text) => text.replaceAll("\n", "\r\n"),
    (text) => text.replaceAll("\n", "\r"),
    (text) => `\uFEFF${text}`,
    (text) => `${text}\n---\n${text}`,
    (text) => text.replaceAll("  ", "\t"),
    (text) => `base: &a\n${text.replace(/^/gm, "  ")}\n<<: *a\n`,
  ),
);

function spliced(text: string, place: number, length: number, piece: string): string {
  const at = Math.floor(place * text.length);
  return text.slice(0, at) + piece + text.slice(at + length);
}

function withLine(text: string, place: number, change: (line: string) => string): string {
  const lines = text.split("\n");
  const at = Math.min(Math.floor(place * lines.length), lines.length - 1);
  return lines.map((line, index) => (index === at ? change(line) : line)).join("\n");
}

/** Another value behind the key of a line. */
function revalued(line: string, value: string): string {
  return line.replace(/:.*$/s, () => `: ${value}`);
}

/** `seeds` and configs of every framework, as they are and with what may happen to them; and texts that are nothing at all. */
export function configTexts(seeds: readonly ConfigText[]): fc.Arbitrary<ConfigText> {
  const whole = fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...seeds) }, { weight: 3, arbitrary: writtenConfigs });
  const mutated = fc
    .tuple(whole, fc.array(mutations, { maxLength: 6 }))
    .map(([{ text, format }, changes]) => ({ text: changes.reduce((before, change) => change(before), text), format }));
  const noise = fc
    .tuple(fc.array(pieces, { maxLength: 30 }), fc.constantFrom<TextFormat[]>("yaml", "json"))
    .map(([all, format]) => ({ text: `learning_rate: 1e-5\nmicro_batch_size: ${all.join("")}`, format }));
  return fc.oneof({ weight: 9, arbitrary: mutated }, { weight: 1, arbitrary: noise });
}
