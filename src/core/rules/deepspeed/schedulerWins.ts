import { t } from "../../language.ts";
import { ownPlace } from "../../plan/sourced.ts";
import { entryAt } from "../../text/document.ts";
import { keyOf, removing } from "../fixes.ts";
import type { Rule } from "../rule.ts";
import { deepspeedSettings, inSettings, relatedTo, statedIn } from "./settings.ts";

/** A scheduler in DeepSpeed's settings, which the Trainer takes instead of the one that the config names. */
export const deepspeedSchedulerWins: Rule = {
  id: "deepspeed/scheduler-wins",
  title: t`DeepSpeed's scheduler runs instead`,
  severity: "warning",
  *check(subject) {
    const settings = deepspeedSettings(subject);
    const scheduler = subject.plan.trainerArguments?.learningRate.scheduler;
    const place = scheduler && ownPlace(scheduler);
    const entry = settings && entryAt(settings.document.root, "scheduler.type");
    const type = settings && statedIn(settings, "scheduler.type")?.value;
    if (!settings || !entry || !place || typeof type !== "string") return;
    const key = keyOf(subject, "scheduler");
    const rises = statedIn(settings, "scheduler.params.warmup_type")?.value === "linear" ? "" : logarithmic(type);
    yield {
      ...(alike[type] === scheduler.value ? { severity: "hint" } : {}),
      message: t`${settings.name} brings a scheduler of its own, so that ${scheduler.value ?? key} does nothing: with ${type} ${courses[type] ?? t`the rate takes another course`}${rises}.`,
      range: place.range,
      tag: "unused",
      related: [relatedTo(settings, entry)],
      fixes: () => [
        ...inSettings(
          settings,
          removing(settings, ["scheduler"], {
            title: t`Remove scheduler from ${settings.name}, so that ${scheduler.value} runs`,
            preferred: true,
          }),
        ),
        ...removing(subject, [key], { title: t`Remove ${key}, which does nothing`, keepsExperiment: true }),
      ],
    };
  },
};

/** What DeepSpeed's schedulers do behind the warmup. Source: DeepSpeed, runtime/lr_schedules.py. */
const courses: Readonly<Record<string, string>> = {
  WarmupLR: t`the rate stays at its peak after the warmup`,
  WarmupDecayLR: t`the rate falls in a straight line after the warmup`,
  WarmupCosineLR: t`the rate falls as a cosine after the warmup`,
  OneCycle: t`the rate rises and falls once`,
  LRRangeTest: t`the rate rises until the run ends`,
};

/** The schedulers of transformers that take the same course, but for the warmup. */
const alike: Readonly<Record<string, string>> = {
  WarmupLR: "constant_with_warmup",
  WarmupDecayLR: "linear",
  WarmupCosineLR: "cosine",
};

function logarithmic(type: string): string {
  return type.startsWith("Warmup") ? t`, and the warmup rises logarithmically, fast at first` : "";
}
