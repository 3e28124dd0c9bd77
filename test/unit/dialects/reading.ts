import assert from "node:assert/strict";
import type { Dialect, ReadContext } from "../../../src/core/dialects/dialect.ts";
import type { LinkedFile } from "../../../src/core/dialects/links.ts";
import type { Interval } from "../../../src/core/plan/interval.ts";
import type { TrainingPlan } from "../../../src/core/plan/plan.ts";
import type { ConfigDocument, TextFormat } from "../../../src/core/text/document.ts";
import { parse } from "../../../src/core/text/parse.ts";

/** The first document of a text that must have one. */
export function documentOf(text: string, format: TextFormat = "yaml"): ConfigDocument {
  const [document] = parse(text, format);
  assert.ok(document, "the text has no mapping");
  return document;
}

/** The plan that `dialect` reads from a config that it must know. */
export function planOf(
  dialect: Dialect,
  text: string,
  { format = "yaml", versions = {}, linked = new Map() }: Partial<ReadContext> & { format?: TextFormat } = {},
): TrainingPlan {
  const document = documentOf(text, format);
  assert.ok(dialect.detect(document) > 0, `${dialect.id} does not know the config`);
  return dialect.read(document, { versions, linked });
}

/** A linked file as the platform hands it over. */
export function linkedFile(uri: string, text: string): LinkedFile {
  return { uri, document: documentOf(text, uri.endsWith(".json") ? "json" : "yaml") };
}

/** When a plan evaluates, and when it saves. */
export function intervalsOf({ evaluationInterval, saveInterval }: TrainingPlan): readonly (Interval | undefined)[] {
  return [evaluationInterval?.value, saveInterval?.value];
}

/** The names of the parameters with a rate of their own, and their peaks. */
export function groupsOf({ learningRate: { groups = [] } }: TrainingPlan): readonly (readonly [string, number])[] {
  return groups.map(({ name, peak }) => [name, peak.value]);
}
