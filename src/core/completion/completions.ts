import type { Analysis } from "../analyze.ts";
import type { KeyFacts, Vocabulary } from "../dialects/vocabulary.ts";
import { t, translated } from "../language.ts";
import { architectureIn } from "../models/facts.ts";
import { escapeMarkdown } from "../report/markdown.ts";
import { entryAt, type MapNode } from "../text/document.ts";
import type { Position, Range } from "../text/position.ts";
import { type Cursor, cursorsAt } from "./cursor.ts";

/** A key or a value that may stand at the cursor. */
export interface Completion {
  readonly kind: "key" | "value";
  readonly label: string;
  /** The default of a key, or that a value is the default. */
  readonly detail: string;
  /** What it decides; Markdown. */
  readonly documentation: string;
  readonly insertText: string;
  /** What it takes the place of. */
  readonly range: Range;
  /** Whether there are values to choose from once the key stands there. */
  readonly hasValues: boolean;
}

/** The keys of the vocabulary that are missing where the cursor is, or the values that its key can have; `models` are ids. */
export function completionsAt(
  analysis: Analysis,
  position: Position,
  models: readonly string[],
): readonly Completion[] {
  const { text, format } = analysis.document;
  return cursorsAt(text, format, position).flatMap((cursor) =>
    cursor.kind === "key" ? keysAt(analysis, cursor) : valuesAt(analysis, cursor, models),
  );
}

function keysAt({ document, dialect }: Analysis, cursor: Cursor): readonly Completion[] {
  const map = mapAt(document.root, cursor.path);
  const present = new Set([...(map?.entries.keys() ?? [])].map(normalised));
  const prefix = cursor.path === "" ? "" : `${cursor.path}.`;
  const completions = new Map<string, Completion>();
  for (const [path, facts] of Object.entries(dialect.vocabulary)) {
    if (!path.startsWith(prefix)) continue;
    const [name = "", ...below] = path.slice(prefix.length).split(".");
    const known = [name, ...(below.length === 0 ? (facts.aliases ?? []) : [])];
    if (completions.has(name) || known.some((key) => present.has(normalised(key)))) continue;
    completions.set(name, keyCompletion(name, below.length > 0 ? undefined : facts, cursor));
  }
  return [...completions.values()];
}

/** A key with its facts; without them it is a mapping of others. */
function keyCompletion(label: string, facts: KeyFacts | undefined, cursor: Cursor): Completion {
  const { notation, indentation, range } = cursor;
  const key = notation === "json" ? JSON.stringify(label) : label;
  const opened = notation === "json" ? "{}" : `\n${" ".repeat(indentation + 2)}`;
  return {
    kind: "key",
    label,
    detail: facts?.default === undefined ? "" : `default: ${facts.default}`,
    documentation: facts ? documentationOf(facts) : t`A group of keys`,
    insertText: facts ? `${key}: ` : `${key}:${notation === "json" ? " " : ""}${opened}`,
    range,
    hasValues: facts !== undefined && (facts.holds !== undefined || namedValues(facts).length > 0),
  };
}

function documentationOf({ about, note, values, aliases }: KeyFacts): string {
  const lines = [
    translated(about),
    note && note !== about ? t`Default: ${translated(note)}` : "",
    values ? t`Values: ${values.join(", ")}` : "",
    aliases ? t`Also called ${aliases.join(", ")}` : "",
  ];
  return lines
    .filter((line) => line !== "")
    .map(escapeMarkdown)
    .join("\n\n");
}

function valuesAt(analysis: Analysis, cursor: Cursor, models: readonly string[]): readonly Completion[] {
  const facts = factsOf(analysis.dialect.vocabulary, cursor.path);
  if (!facts) return [];
  return [...namedValues(facts), ...heldValues(facts, analysis, models)].map((value) => ({
    kind: "value",
    label: value,
    detail: value === String(facts.default) ? "default" : "",
    documentation: escapeMarkdown(translated(facts.about)),
    insertText: cursor.notation === "json" && !isLiteral(value) ? JSON.stringify(value) : value,
    range: cursor.range,
    hasValues: false,
  }));
}

function namedValues({ values, default: otherwise }: KeyFacts): readonly string[] {
  return values ?? (typeof otherwise === "boolean" ? ["true", "false"] : []);
}

/** What keys hold whose values are facts about models. */
function heldValues({ holds }: KeyFacts, { model }: Analysis, models: readonly string[]): readonly string[] {
  switch (holds) {
    case "modules":
      return [...new Set(architectureIn(model).value?.linears.map(({ name }) => name) ?? [])];
    case "model":
      return models;
    default:
      return [];
  }
}

function factsOf(vocabulary: Vocabulary, path: string): KeyFacts | undefined {
  const named = (name: string) =>
    vocabulary[name] ?? Object.values(vocabulary).find(({ aliases }) => aliases?.includes(name));
  return named(path) ?? named(normalised(path));
}

function mapAt(root: MapNode, path: string): MapNode | undefined {
  if (path === "") return root;
  const node = entryAt(root, path)?.value;
  return node?.kind === "map" ? node : undefined;
}

/** `train-iters` and `train_iters` are one key to the frameworks that know both. */
function normalised(key: string): string {
  return key.replaceAll("-", "_");
}

/** Whether JSON writes the value without quotes. */
function isLiteral(value: string): boolean {
  return /^(?:true|false|null|-?\d+(?:\.\d+)?)$/.test(value);
}
