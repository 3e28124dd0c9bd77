import { getLocation } from "jsonc-parser";
import type { TextFormat } from "../text/document.ts";
import { lineStarts, type Position, positionAt, type Range } from "../text/position.ts";

/** What stands at the cursor, typed or about to be. */
export interface Cursor {
  readonly kind: "key" | "value";
  /** Dotted path: of the mapping for a key (empty at the top), of the key for a value. Lists leave no trace in it. */
  readonly path: string;
  /** What has been typed of it; a completion takes its place. */
  readonly range: Range;
  /** How strings are written here: `json` with double quotes around them. */
  readonly notation: TextFormat;
  /** Spaces in front of the key's line. */
  readonly indentation: number;
}

/** What the cursor at `position` can complete: more than one thing in a list, which may hold values or mappings. */
export function cursorsAt(text: string, format: TextFormat, position: Position): readonly Cursor[] {
  return format === "json" || /^\s*(?:[#%].*\s+|---\s+)*\{/.test(text)
    ? inBraces(text, position)
    : inBlock(text.split(/\r?\n/), position);
}

/** JSON, and YAML that is one mapping in braces. */
function inBraces(text: string, position: Position): readonly Cursor[] {
  const starts = lineStarts(text);
  const offset = (starts[position.line] ?? 0) + position.character;
  const { path, isAtPropertyKey, previousNode } = getLocation(text, offset);
  const names = path.filter((part) => typeof part === "string");
  const span = previousNode ?? { offset, length: 0 };
  const touches = span.offset <= offset && offset <= span.offset + span.length;
  const range = touches
    ? { start: positionAt(starts, span.offset), end: positionAt(starts, span.offset + span.length) }
    : { start: position, end: position };
  const place = { range, notation: "json", indentation: 0 } as const;
  if (isAtPropertyKey) return [{ kind: "key", path: names.slice(0, -1).join("."), ...place }];
  return names.length === 0 ? [] : [{ kind: "value", path: names.join("."), ...place }];
}

/** A line of block YAML: its dashes, key and value. */
const blockLine = /^(\s*(?:-\s+)*)(?:(["']?)([\w.-]+)\2\s*:(?=\s|$)\s*(.*))?/;

function inBlock(lines: readonly string[], position: Position): readonly Cursor[] {
  const before = (lines[position.line] ?? "").slice(0, position.character);
  if (/(?:^|\s)#/.test(before)) return [];
  const [, lead = "", , key, value = ""] = blockLine.exec(before) ?? [];
  const place = (typed: string) => ({
    range: { start: { ...position, character: position.character - typed.length }, end: position },
    notation: "yaml" as const,
    indentation: lead.length,
  });
  const parent = parentPath(lines, position.line, lead);
  if (key !== undefined) {
    const typed = typedValue(value);
    const spaced = /\s$/.test(before.slice(0, before.length - value.length));
    return typed === undefined || !spaced ? [] : [{ kind: "value", path: joined(parent, key), ...place(typed) }];
  }
  const typed = before.slice(lead.length);
  if (!/^[\w.-]*$/.test(typed)) return [];
  const cursor = { kind: "key", path: parent, ...place(typed) } as const;
  return lead.includes("-") && parent !== "" ? [{ ...cursor, kind: "value" }, cursor] : [cursor];
}

/** What has been typed of a value, or of the last element of a list in brackets; undefined in the middle of a text. */
function typedValue(value: string): string | undefined {
  const element = /^\[(?:[^\]]*,)?\s*([\w./-]*)$/.exec(value)?.[1];
  return element ?? /^[\w./-]*$/.exec(value)?.[0];
}

/** The keys above a line whose first key or dash stands behind `lead`. */
function parentPath(lines: readonly string[], line: number, lead: string): string {
  const names: string[] = [];
  let column = lead.length;
  let dash = lead.indexOf("-");
  for (let above = line - 1; above >= 0 && (column > 0 || dash >= 0); above--) {
    const text = lines[above] ?? "";
    if (/^(?:---|\.\.\.)/.test(text)) break;
    if (/^\s*(?:#|$)/.test(text)) continue;
    const [, otherLead = "", , key, value = ""] = blockLine.exec(text) ?? [];
    const otherDash = otherLead.indexOf("-");
    const opens = key !== undefined && /^(?:[&!]\S+\s*)*(?:#.*)?$/.test(value);
    const holds = dash >= 0 ? otherLead.length <= dash && otherDash < dash : otherLead.length < column;
    if (opens && holds) {
      names.unshift(key);
      column = otherLead.length;
      dash = otherDash;
    } else if (otherLead.length === column && otherDash >= 0 && dash < 0) dash = otherDash;
  }
  return names.join(".");
}

function joined(parent: string, key: string): string {
  return parent === "" ? key : `${parent}.${key}`;
}
