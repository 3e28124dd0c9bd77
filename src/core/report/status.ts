import type { Analysis } from "../analyze.ts";
import { t } from "../language.ts";
import { verdictWithAssumptions } from "./verdict.ts";

/** The state of a config in a line and what it rests on; both texts are plain. */
export interface Status {
  readonly text: string;
  readonly detail: string;
  /** Whether the run does not fit, or only just, on the GPU that it is meant for. */
  readonly warns: boolean;
}

/** The verdict, which names the GPU that is meant; the framework, and the releases that are not the newest. */
export function statusOf(analysis: Analysis): Status {
  const { dialect, target, versions } = analysis;
  const fit = target && analysis.fitOn(target);
  const goal = target ? t`meant for ${target.name}` : t`no target GPU`;
  return {
    text: verdictWithAssumptions(analysis),
    detail: [
      dialect.label,
      ...(fit ? [] : [goal]),
      ...Object.entries(versions).map(([library, version]) => `${library} ${version}`),
    ].join(" · "),
    warns: fit !== null && fit.verdict !== "fits",
  };
}
