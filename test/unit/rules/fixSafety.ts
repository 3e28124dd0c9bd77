import type { Fix } from "../../../src/core/rules/rule.ts";
import type { ConfigNode, TextFormat } from "../../../src/core/text/document.ts";
import { parse } from "../../../src/core/text/parse.ts";
import { applyEdits } from "../edits.ts";

/**
 * What a fix of `text` does that it does not say: keys that it changes without naming them in its title, and lines that it
 * touches without a key that it changes in them. Empty for a fix that keeps to its word.
 */
export function unsaidChanges(text: string, format: TextFormat, { title, edits }: Fix): readonly string[] {
  const after = applyEdits(text, edits);
  const [before, changed] = [valuesIn(text, format), valuesIn(after, format)];
  const paths = [...new Set([...before.keys(), ...changed.keys()])].filter(
    (path) => before.get(path) !== changed.get(path),
  );
  const unnamed = paths.filter((path) => !segments(path).some((segment) => title.includes(segment)));
  const keys = new Set(paths.flatMap(segments));
  const lines = differingLines(text, after).filter(
    (line) => !isPunctuation(line) && !hasSeveralEntries(line) && ![...keys].some((key) => line.includes(key)),
  );
  return [
    ...(paths.length === 0 && after !== text ? changesOfNames(text, after, title) : []),
    ...unnamed.map((path) => `changes ${path} unsaid`),
    ...lines.filter((line) => paths.length > 0 && !/^\s*-/.test(line)).map((line) => `touches "${line.trim()}"`),
  ];
}

/** An empty line, or braces alone, behind which a new key may bring a comma. */
function isPunctuation(line: string): boolean {
  return /^[\s{}[\],]*$/.test(line);
}

/** A line with several entries in braces is another as a whole. */
function hasSeveralEntries(line: string): boolean {
  return (line.match(/[{,]\s*"?[\w.-]+"?\s*:/g) ?? []).length > 1;
}

/** A fix that changes no value changes how one is written. */
function changesOfNames(text: string, after: string, title: string): readonly string[] {
  return differingLines(text, after)
    .filter((line) => !/[\w.-]+/.test(line) || !line.match(/[\w.-]+/g)?.some((word) => title.includes(word)))
    .map((line) => `rewrites "${line.trim()}"`);
}

function segments(path: string): readonly string[] {
  return path.split("\0").filter((segment) => !/^\d+$/.test(segment));
}

/** The values of a text by the keys that lead to them. */
function valuesIn(text: string, format: TextFormat): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const collect = (node: ConfigNode, path: string): void => {
    if (node.kind === "scalar") values.set(path, JSON.stringify(node.value));
    else if (node.kind === "list") for (const [index, item] of node.items.entries()) collect(item, `${path}\0${index}`);
    else for (const [key, { value }] of node.entries) collect(value, `${path}\0${key}`);
  };
  for (const [index, { root }] of parse(text, format).entries()) collect(root, String(index));
  return values;
}

/**
 * The lines that are in one of the texts alone, as often as they are there more often than in the other. A comma behind an entry is
 * not told from none: JSON has none behind the last.
 */
function differingLines(before: string, after: string): readonly string[] {
  const counts = new Map<string, number>();
  const linesOf = (text: string) => text.split(/\r\n|\r|\n/).map((line) => line.replace(/,(?=\s*(?:\/\/.*)?$)/, ""));
  for (const line of linesOf(before)) counts.set(line, (counts.get(line) ?? 0) + 1);
  for (const line of linesOf(after)) counts.set(line, (counts.get(line) ?? 0) - 1);
  return [...counts].filter(([, count]) => count !== 0).map(([line]) => line);
}
