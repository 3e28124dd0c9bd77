import { reader } from "../../dialects/reader.ts";
import { t } from "../../language.ts";
import { does, type Release } from "../../plan/releases.ts";
import { isPinned } from "../../plan/versions.ts";
import { closestTo } from "../../text/closest.ts";
import { settingTo } from "../fixes.ts";
import type { Rule, Severity, Subject } from "../rule.ts";

/**
 * A name of `optim` that transformers does not have: it stops as it reads its arguments, whichever optimizer DeepSpeed or the framework
 * builds afterwards. Source: transformers 5.18.0, training_args.py (OptimizerNames, __post_init__).
 */
export const optimizerUnknown: Rule = {
  id: "optimizer/unknown",
  title: t`Optimizer that the framework does not know`,
  severity: "error",
  *check(subject) {
    const { dialect, document } = subject;
    if (!["hf-trl", "llamafactory"].includes(dialect.id)) return;
    const key = dialect.keys.optimizer ?? "";
    const { value: name, place } = reader(document, dialect.vocabulary).text(key);
    if (name === undefined || !place) return;
    const known = [...(dialect.vocabulary[key]?.values ?? []), ...furtherNames];
    const former = formerNames[name];
    if (known.includes(name) || (former && !does(subject.versions, former))) return;
    const meant = former?.now ?? closestTo(name, known);
    const severity = severityOf(subject, former, meant);
    if (!severity) return;
    yield {
      severity,
      message: former
        ? t`transformers ${former.since} and newer have no optimizer ${name}: the run stops.`
        : t`transformers has no optimizer "${name}": the run stops.`,
      range: place.range,
      fixes: () => (meant === undefined ? [] : settingTo(subject, place, meant)),
    };
  },
};

/** Those that nobody is offered: for other chips, or under a second name. */
const furtherNames = ["adamw_8bit", "adamw_anyprecision", "adamw_torch_npu_fused", "adamw_torch_xla", "rmsprop_bnb"];

interface FormerName extends Release {
  readonly now: string;
}

/** The first release that is known to lack them, and what comes closest to them. */
const formerNames: Readonly<Partial<Record<string, FormerName>>> = {
  adamw_hf: { library: "transformers", since: "4.50", source: "transformers PR 36177", now: "adamw_torch" },
  adamw_apex_fused: {
    library: "transformers",
    since: "5.18",
    source: "transformers 5.18.0, training_args.py (OptimizerNames)",
    now: "adamw_torch_fused",
  },
};

/**
 * A recipe with a former name may go with an older release, and a name that is no slip of the hand may be one that a newer release
 * knows, or a script's own.
 */
function severityOf(subject: Subject, former: Release | undefined, meant: string | undefined): Severity | undefined {
  if (subject.dialect.isForScripts?.(subject.document)) return meant === undefined ? undefined : "warning";
  if (former) return isPinned(subject.versions, former.library) ? "error" : "warning";
  return meant === undefined ? "warning" : "error";
}
