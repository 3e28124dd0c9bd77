import type { TextEdit } from "../text/edit.ts";
import type { Position } from "../text/position.ts";
import type { Finding, Fix } from "./rule.ts";

/** The fixes that leave the experiment as its author meant it: one of each finding, as many as keep clear of each other. */
export function harmlessFixes(findings: readonly Finding[]): readonly Fix[] {
  const taken: Fix[] = [];
  for (const { fixes } of findings) {
    const fix = fixes.find(({ keepsExperiment }) => keepsExperiment);
    if (fix && !taken.some((other) => other.uri === fix.uri && collide(other.edits, fix.edits))) taken.push(fix);
  }
  return taken;
}

function collide(some: readonly TextEdit[], others: readonly TextEdit[]): boolean {
  return some.some(({ range: a }) =>
    others.some(({ range: b }) => !isBefore(a.end, b.start) && !isBefore(b.end, a.start)),
  );
}

function isBefore(a: Position, b: Position): boolean {
  return a.line < b.line || (a.line === b.line && a.character < b.character);
}
