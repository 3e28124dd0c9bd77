import type { Dialect } from "../dialects/dialect.ts";
import type { FollowedLink } from "../dialects/links.ts";
import type { Gpu } from "../gpus/gpu.ts";
import type { MemoryEstimate } from "../memory/estimate.ts";
import type { TrainingPlan } from "../plan/plan.ts";
import type { ConfigDocument } from "../text/document.ts";
import type { TextEdit } from "../text/edit.ts";
import type { Range } from "../text/position.ts";

/** `error` only where the run crashes or the value is not what was meant; `warning` where it likely fails. */
export type Severity = "error" | "warning" | "information" | "hint";

/** A check of one thing that goes wrong in training configs. */
export interface Rule {
  /** Stable name, as settings, suppressions and the documentation use it. */
  readonly id: string;
  /** What is wrong when it fires, in a few words. */
  readonly title: string;
  readonly check: (subject: Subject) => Iterable<Report>;
}

/** What rules look at. */
export interface Subject {
  readonly document: ConfigDocument;
  readonly dialect: Dialect;
  readonly plan: TrainingPlan;
  readonly links: readonly FollowedLink[];
  /** The GPU that the run is meant for; null where nobody says so. */
  readonly target: Gpu | null;
  /** What a step takes on one GPU; null where it cannot be told. */
  readonly memory: MemoryEstimate | null;
  /** Parameters of the model, where it is known. */
  readonly parameters: number | undefined;
}

/** What a rule has to say about one place. */
export interface Report {
  readonly severity: Severity;
  /** One sentence: the number, why it matters here, what is usual. */
  readonly message: string;
  readonly range: Range;
  /** The preferred fix first. */
  readonly fixes: readonly Fix[];
}

export interface Fix {
  /** Starts with a verb and states the result. */
  readonly title: string;
  readonly preferred: boolean;
  readonly edits: readonly TextEdit[];
}

export interface Finding extends Report {
  readonly rule: string;
}
