import type { TrainingPlan } from "../plan/plan.ts";
import type { Versions } from "../plan/versions.ts";
import type { ConfigDocument } from "../text/document.ts";
import type { TextEdit } from "../text/edit.ts";
import type { FormerKey } from "./formerKeys.ts";
import type { Levers } from "./levers.ts";
import type { Link, LinkedFiles } from "./links.ts";
import type { Loader } from "./loader.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** The config language of one framework. */
export interface Dialect {
  /** Stable name, as the command line prints it. */
  readonly id: string;
  /** The framework's name as people write it. */
  readonly label: string;
  /** Keys of which every config of this framework has at least one; a text with none of them is not even parsed. */
  readonly telltales: readonly string[];
  /** The keys that we know, by their dotted paths. */
  readonly vocabulary: Vocabulary;
  /** How sure it is, from 0 (not this framework) to 1, that `document` trains a model with this framework. */
  readonly detect: (document: ConfigDocument) => number;
  readonly read: (document: ConfigDocument, context: ReadContext) => TrainingPlan;
  /** The files that `document` points to and `read` would like to see. */
  readonly links?: (document: ConfigDocument) => readonly Link[];
  /** Edits of this framework's keys that bring about `change`; nothing for what the framework has no key for. */
  readonly write: (document: ConfigDocument, change: PlanChange) => readonly TextEdit[];
  /** The key that each change edits, for the titles of fixes; `*` stands for the name of a scheduler's setting. */
  readonly keys: ChangeKeys;
  /** What it writes for savings of memory that `PlanChange` has no words for. */
  readonly levers?: Levers;
  /** Whether a script that nobody knows reads `document`, which may take what the framework refuses; it is not so where absent. */
  readonly isForScripts?: (document: ConfigDocument) => boolean;
  /** Where the framework's loader is not as PyYAML and Python's json with types that convert texts. */
  readonly loader?: Loader;
  /** Keys that newer releases call something else, or no longer have. */
  readonly formerKeys?: readonly FormerKey[];
}

/** What a config means beyond its own text. */
export interface ReadContext {
  readonly versions: Versions;
  readonly linked: LinkedFiles;
}

/** Changes of the plan, in the field's terms. */
export interface PlanChange {
  readonly peakLearningRate?: number;
  readonly microBatch?: number;
  readonly accumulation?: number;
  readonly evaluationBatch?: number;
  readonly sequenceLength?: number;
  readonly gradientCheckpointing?: boolean;
  readonly epochs?: number;
  readonly warmupSteps?: number;
  readonly warmupRatio?: number;
  /** By the framework's own name. */
  readonly scheduler?: string;
  /** By the framework's own names; null takes a setting away. */
  readonly schedulerSettings?: Readonly<Record<string, number | null>>;
  /** By the framework's own name. */
  readonly optimizer?: string;
  readonly loraRank?: number;
}

export type ChangeKeys = Readonly<Partial<Record<keyof PlanChange, string>>>;
