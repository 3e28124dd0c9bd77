import type { FormerKey } from "../../dialects/formerKeys.ts";
import { placeOf } from "../../dialects/place.ts";
import { t } from "../../language.ts";
import type { Place } from "../../plan/sourced.ts";
import { isAtLeast, isPinned } from "../../plan/versions.ts";
import { type Entry, entryAt } from "../../text/document.ts";
import type { Severity, Subject } from "../rule.ts";

/** A former key that the config has, and what the releases in use make of it. */
export interface FormerKeyFound {
  readonly former: FormerKey;
  readonly entry: Entry;
  readonly place: Place;
  /** Whether the run stops at it; it is only warned of otherwise. */
  readonly isRefused: boolean;
  /** Whether the release that runs is known to have it so; else it may be an older one, as the key itself suggests. */
  readonly isCertain: boolean;
  /** Where it has been so: "in TRL 0.20 and newer". */
  readonly where: string;
  readonly severity: Severity;
}

export function* formerKeysIn(subject: Subject): Iterable<FormerKeyFound> {
  const { document, dialect, versions } = subject;
  for (const former of dialect.formerKeys ?? []) {
    const entry = entryAt(document.root, former.key);
    const { library, gone, deprecated } = former;
    if (!entry || entry.merged || !concerns(subject, former) || isTaken(entry, former)) continue;
    const has = (release: string | undefined) =>
      release !== undefined && (release === every || isAtLeast(versions, library, release));
    const isRefused = has(gone);
    const release = isRefused ? gone : deprecated;
    if (release === undefined || !has(release)) continue;
    const place = placeOf(document, entry);
    const isCertain = release === every || isPinned(versions, library);
    const severity = isRefused ? refusal(subject, former) : "hint";
    yield { former, entry, place, isRefused, isCertain, where: whereOf(library, release), severity };
  }
}

const every = "every";

/** Scripts that nobody knows have arguments of their own beside transformers'. */
function concerns({ document, dialect, plan }: Subject, { library, stages }: FormerKey): boolean {
  if (library === "trl" && dialect.isForScripts?.(document)) return false;
  return stages === undefined || (plan.stage.value !== undefined && stages.includes(plan.stage.value));
}

function isTaken({ value }: Entry, { harmless }: FormerKey): boolean {
  return value.kind === "scalar" && (value.value === null || value.value === harmless);
}

/** Of frameworks that name no release it may be an older one that runs, too. */
function refusal({ document, dialect, versions }: Subject, { library, gone }: FormerKey): Severity {
  if (gone === every) return "warning";
  if (!isPinned(versions, library)) return "information";
  return dialect.isForScripts?.(document) ? "warning" : "error";
}

const labels: Readonly<Record<string, string>> = {
  transformers: t`transformers`,
  trl: "TRL",
  llamafactory: "LLaMA-Factory",
  deepspeed: "DeepSpeed",
};

function whereOf(library: string, release: string): string {
  const label = labels[library] ?? library;
  return release === every ? t`in ${label}` : t`in ${label} ${release} and newer`;
}
