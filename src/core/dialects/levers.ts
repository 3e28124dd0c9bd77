import { type ConfigDocument, entryAt } from "../text/document.ts";
import { type EditValue, type KeyEdit, setValues, type TextEdit } from "../text/edit.ts";
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
  /** An absent key whose default means the same stays absent. */
  readonly set: LeverValues;
  /** What it needs besides, for keys that the file lacks. */
  readonly fill?: KeyValues;
  /** What adapters need besides, for keys that the file lacks, where it trains none yet. */
  readonly adapters?: KeyValues;
  /** Whether whoever reads `document` knows these keys; all do where absent. */
  readonly isFor?: (document: ConfigDocument) => boolean;
}

export type LeverValues = Readonly<Record<string, LeverValue>>;

type KeyValues = Readonly<Record<string, KeyEdit>>;

/** What becomes of a key, or what becomes of its present text (empty without it): undefined where the lever does not apply. */
export type LeverValue = KeyEdit | Replacement | ((present: string) => EditValue | undefined);

/** `value` where the pattern `inPlaceOf` matches; the lever does not apply elsewhere. */
interface Replacement {
  readonly inPlaceOf: string;
  readonly value: EditValue;
}

/** The levers that a framework has keys for; of several ways to pull one, the first that applies is taken. */
export type Levers = Readonly<Partial<Record<LeverName, readonly Lever[]>>>;

/** `value` where what is there now matches, such as a preset that shares less; the flags of `present` do not count. */
export function inPlaceOf({ source }: RegExp, value: EditValue): Replacement {
  return { inPlaceOf: source, value };
}

/** AdamW in full, in 8 bits, and in 8 bits that move to the host when memory runs out, by the names that `key` takes. */
export function optimizerLevers(key: string, adamw: string, eightBit?: string, paged?: string): Levers {
  return {
    adamw: [{ set: { [key]: adamw } }],
    ...(eightBit ? { adamw8bit: [{ set: { [key]: eightBit } }] } : {}),
    ...(paged ? { pagedAdamw8bit: [{ set: { [key]: paged } }] } : {}),
  };
}

/** Edits of `document` that pull a lever; none where the framework has no such lever, or the file has pulled it. */
export function pull(document: ConfigDocument, dialect: Dialect, name: LeverName): readonly TextEdit[] {
  for (const lever of dialect.levers?.[name] ?? []) {
    if (lever.isFor?.(document) === false) continue;
    const values = valuesOf(document, dialect, lever);
    if (values) return setValues(document, values);
  }
  return [];
}

/** The keys that `lever` changes in this file; undefined where it does not apply. */
function valuesOf(document: ConfigDocument, dialect: Dialect, { set, fill, adapters }: Lever) {
  const pathOf = (key: string) =>
    namesOf(dialect.vocabulary, key).find((alias) => entryAt(document.root, alias)) ?? key;
  const values: [string, KeyEdit][] = [];
  for (const [key, value] of Object.entries(set)) {
    const path = pathOf(key);
    const present = entryAt(document.root, path)?.value;
    const written = valueFor(value, present?.kind === "scalar" ? present.source : "");
    if (written === undefined) return undefined;
    const same = present ? present.kind === "scalar" && present.value === written : isDefault(dialect, key, written);
    if (!same) values.push([path, written]);
  }
  const isNew = adapters && dialect.read(document, { versions: {}, linked: new Map() }).lora === null;
  for (const [key, value] of Object.entries({ ...(isNew ? adapters : {}), ...fill })) {
    if (!entryAt(document.root, pathOf(key))) values.push([key, value]);
  }
  return values;
}

/** Undefined where the lever does not apply. */
function valueFor(value: LeverValue, present: string): KeyEdit | undefined {
  if (typeof value === "function") return value(present);
  if (typeof value !== "object" || value === null || !("inPlaceOf" in value)) return value;
  return new RegExp(value.inPlaceOf).test(present) ? value.value : undefined;
}

/** Whether an absent key means what `value` says. */
function isDefault({ vocabulary }: Dialect, key: string, value: KeyEdit): boolean {
  return value === (vocabulary[key]?.default ?? false);
}
