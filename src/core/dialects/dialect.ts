import type { TrainingPlan } from "../plan/plan.ts";
import type { Versions } from "../plan/versions.ts";
import type { ConfigDocument } from "../text/document.ts";
import type { TextEdit } from "../text/edit.ts";

/** The config language of one framework. */
export interface Dialect {
  /** Stable name, as the command line prints it. */
  readonly id: string;
  /** The framework's name as people write it. */
  readonly label: string;
  /** Keys of which every config of this framework has at least one; a text with none of them is not even parsed. */
  readonly telltales: readonly string[];
  /** How sure it is, from 0 (not this framework) to 1, that `document` trains a model with this framework. */
  readonly detect: (document: ConfigDocument) => number;
  readonly read: (document: ConfigDocument, versions: Versions) => TrainingPlan;
  /** Edits of this framework's keys that bring about `change`; nothing where the file has no place for it. */
  readonly write: (document: ConfigDocument, change: PlanChange) => readonly TextEdit[];
  /** The key that a change of the peak learning rate edits, for the titles of fixes. */
  readonly keys: { readonly peakLearningRate: string };
}

/** A change of the plan, in the field's terms. */
export interface PlanChange {
  readonly peakLearningRate: number;
}
