import { type ConfigDocument, entryAt } from "../text/document.ts";
import { type EditNames, type EditValue, setValues, type TextEdit } from "../text/edit.ts";
import type { Dialect } from "./dialect.ts";
import { namesOf } from "./vocabulary.ts";

/**
 * What can be done about the memory of a run besides a `PlanChange`: losses that never hold all logits (the framework's own,
 * or Liger's, for the models that Liger knows), attention without the matrix of all scores, states split over the GPUs,
 * optimizers by what they keep, what leaves the GPU, and what is trained.
 */
export type LeverName =
  | "chunkedLoss"
  | "ligerLoss"
  | "flashAttention"
  | "zero2"
  | "zero3"
  | "adamw"
  | "adamw8bit"
  | "pagedAdamw8bit"
  | "offloadOptimizer"
  | "offloadAll"
  | "full"
  | "lora"
  | "qlora";

/** What a framework writes to pull a lever, by the dotted paths of its keys. */
export interface Lever {
  readonly set: LeverValues;
  /** What it needs besides, for keys that the file lacks, such as the rank of new adapters. */
  readonly fill?: LeverValues;
}

export type LeverValues = Readonly<Record<string, LeverValue>>;

/**
 * A value, where an absent key that means the same stays absent; names that the key's list holds besides those it has; or what
 * becomes of the present text, undefined where the lever does not apply.
 */
export type LeverValue = EditValue | EditNames | ((present: string) => string | undefined);

/** The levers that a framework has keys for. */
export type Levers = Readonly<Partial<Record<LeverName, Lever>>>;

/** Edits of `document` that pull a lever; none where the framework has no such lever, or the file has pulled it. */
export function pull(document: ConfigDocument, dialect: Dialect, name: LeverName): readonly TextEdit[] {
  const lever = dialect.levers?.[name];
  if (!lever) return [];
  const pathOf = (key: string) =>
    namesOf(dialect.vocabulary, key).find((alias) => entryAt(document.root, alias)) ?? key;
  const values: [string, EditValue | EditNames][] = [];
  for (const [key, value] of Object.entries(lever.set)) {
    const path = pathOf(key);
    const present = entryAt(document.root, path)?.value;
    const source = present?.kind === "scalar" ? present.source : "";
    const written = typeof value === "function" ? value(source) : value;
    if (written === undefined) return [];
    const same = present ? present.kind === "scalar" && present.value === written : isDefault(dialect, key, written);
    if (!same) values.push([path, written]);
  }
  for (const [key, value] of Object.entries(lever.fill ?? {})) {
    if (!entryAt(document.root, pathOf(key)) && typeof value !== "function") values.push([key, value]);
  }
  return setValues(document, values);
}

/** Whether an absent key means what `value` says. */
function isDefault({ vocabulary }: Dialect, key: string, value: EditValue | EditNames): boolean {
  return value === null || value === (vocabulary[key]?.default ?? false);
}
