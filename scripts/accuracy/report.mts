import type { Group } from "./groups.mts";
import type { Unknown } from "./outcome.mts";
import { groupBy, type Summary } from "./statistics.mts";

/** A table of text: the first row is its head. */
export type Table = readonly (readonly string[])[];

const heads = ["n", "median", "p90", "bias", "rule: median", "p90", "bias", "in range"];
const groupHeads = ["Source", "Method", "GPUs", "Counter"];

export function groupTable(groups: readonly Group[]): Table {
  return [[...groupHeads, ...heads], ...groups.map(cellsOf)];
}

export function totalsTable(groups: readonly Group[]): Table {
  return [["Set", ...heads], ...groups.map(cellsOf)];
}

function cellsOf({ name, ours, ruleOfThumb, inRange }: Group): readonly string[] {
  const range = name.some((part) => /\ballocated\b|all figures|unstated/.test(part)) ? "" : percent(inRange, 0);
  return [...name, String(ours.count), ...errorCells(ours), ...errorCells(ruleOfThumb), range];
}

function errorCells({ median, p90, bias }: Summary): readonly string[] {
  return [percent(median), percent(p90), signed(bias)];
}

/** How many rows have no estimate, and why. */
export function unknownTable(unknown: readonly Unknown[]): Table {
  const byReason = groupBy(unknown, ({ reason }) => reason);
  return [
    ["Rows", "Why there is no estimate", "Which"],
    ...[...byReason].map(([reason, rows]) => [String(rows.length), reason, rows.map(({ row }) => row.id).join(", ")]),
  ];
}

export function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)} %`;
}

export function signed(share: number): string {
  return `${share < 0 ? "−" : "+"}${percent(Math.abs(share))}`;
}

/** In columns for a terminal: words to the left, numbers to the right. */
export function plain(table: Table): string {
  const widths = columnsOf(table).map((cells) => Math.max(...cells.map(({ length }) => length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (isNumber(cell) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join("  ")
      .trimEnd();
  return table.map(line).join("\n");
}

/** As Markdown. */
export function markdown([head = [], ...body]: Table): string {
  const rule = columnsOf(body).map((cells) => (cells.every(isNumber) ? "---:" : "---"));
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [head, rule.length ? rule : head.map(() => "---"), ...body].map(line).join("\n");
}

function columnsOf(table: Table): readonly (readonly string[])[] {
  return (table[0] ?? []).map((_, column) => table.map((cells) => cells[column] ?? ""));
}

function isNumber(cell: string): boolean {
  return /^[−+]?[\d.]+(?: %)?$|^$/.test(cell);
}
