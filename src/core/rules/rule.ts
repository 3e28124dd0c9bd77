import type { Answer } from "../answer.ts";
import type { Dialect } from "../dialects/dialect.ts";
import type { FollowedLink } from "../dialects/links.ts";
import type { Fit } from "../gpus/fit.ts";
import type { Gpu } from "../gpus/gpu.ts";
import type { MemoryEstimate } from "../memory/estimate.ts";
import type { Run } from "../memory/run.ts";
import type { ModelFacts } from "../models/facts.ts";
import type { TrainingPlan } from "../plan/plan.ts";
import type { Versions } from "../plan/versions.ts";
import type { ScheduleAnswer } from "../schedule/lrSchedule.ts";
import type { RunLength } from "../schedule/runLength.ts";
import type { ConfigDocument } from "../text/document.ts";
import type { TextEdit } from "../text/edit.ts";
import type { Range } from "../text/position.ts";

/** `error` only where the run crashes or the value is not what was meant; `warning` where it likely fails. */
export type Severity = "error" | "warning" | "information" | "hint";

/** A check of one thing that goes wrong in training configs. */
export interface Rule {
  /** Stable name, as settings, suppressions and the documentation use it: its family, and what is wrong. */
  readonly id: string;
  /** What is wrong when it fires, in a few words. */
  readonly title: string;
  /** Of its findings, unless one is milder or worse than they usually are. */
  readonly severity: Severity;
  readonly check: (subject: Subject) => Iterable<Report>;
}

/** What rules look at: a config, and what is known of its run. */
export interface Subject {
  readonly document: ConfigDocument;
  readonly dialect: Dialect;
  readonly plan: TrainingPlan;
  readonly links: readonly FollowedLink[];
  readonly model: Answer<ModelFacts>;
  readonly run: Answer<Run>;
  readonly memory: Answer<MemoryEstimate>;
  readonly length: RunLength;
  readonly schedule: ScheduleAnswer;
  /** The GPU that the run is meant for; null where nobody says so. */
  readonly target: Gpu | null;
  readonly versions: Versions;
  /** How the run fits on a GPU; null while its memory is unknown. */
  readonly fitOn: (gpu: Gpu) => Fit | null;
}

/** What a rule has to say about one place of the config. */
export interface Report {
  /** The rule's own where absent. */
  readonly severity?: Severity;
  /** The number, why it matters for this method and model, and what is usual, in a sentence or two. */
  readonly message: string;
  readonly range: Range;
  /** Set for keys that have no effect, and for those that newer releases call something else or no longer have. */
  readonly tag?: "unused" | "deprecated";
  /** Other places that are part of it. */
  readonly related?: readonly Related[];
  /** The preferred one first; there are none where absent. Made when somebody asks for them, which nobody does while a user types. */
  readonly fixes?: () => readonly Fix[];
}

export interface Related {
  readonly message: string;
  readonly range: Range;
  /** The address of the file, where it is one that the config points to. */
  readonly uri?: string;
}

export interface Fix {
  /** Starts with a verb and states the result; names every key that it changes. */
  readonly title: string;
  /** Whether it is what most would do: one at most of those of a finding. */
  readonly preferred: boolean;
  /** Whether the run computes the same as its author meant: only such fixes may be made for all findings at once. */
  readonly keepsExperiment: boolean;
  readonly edits: readonly TextEdit[];
  /** The address of the file that is edited, where it is one that the config points to. */
  readonly uri?: string;
}

/** A report with its rule, and all that it may leave out. */
export interface Finding extends Omit<Report, "fixes"> {
  readonly rule: string;
  readonly severity: Severity;
  readonly related: readonly Related[];
  readonly fixes: readonly Fix[];
}
