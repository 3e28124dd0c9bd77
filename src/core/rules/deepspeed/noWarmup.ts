import { placeOf } from "../../dialects/place.ts";
import { t } from "../../language.ts";
import { does, releases } from "../../plan/releases.ts";
import { ownPlace } from "../../plan/sourced.ts";
import { isPinned } from "../../plan/versions.ts";
import { entryAt } from "../../text/document.ts";
import { changing, keyOf, setting } from "../fixes.ts";
import type { Report, Rule, Subject } from "../rule.ts";
import { type DeepspeedSettings, deepspeedSettings, inSettings, relatedTo } from "./settings.ts";

/**
 * A warmup of no updates in one of DeepSpeed's schedulers, which releases from 0.19.6 on refuse; older ones made it two. It stands in
 * the settings, or transformers writes it there in place of "auto", which releases from 5.18 on no longer do.
 */
export const deepspeedNoWarmup: Rule = {
  id: "deepspeed/no-warmup",
  title: t`DeepSpeed's scheduler without warmup`,
  severity: "error",
  *check(subject) {
    if (!does(subject.versions, releases.refusesNoWarmup)) return;
    const settings = ownSettings(subject) ?? deepspeedSettings(subject);
    const steps = settings && entryAt(settings.document.root, stepsKey);
    if (!settings || steps?.value.kind !== "scalar" || !isWarmup(settings)) return;
    if (steps.value.value === 0) yield zero(subject, settings);
    if (steps.value.value === "auto") yield* filledIn(subject, settings);
  },
};

const stepsKey = "scheduler.params.warmup_num_steps";

function isWarmup({ document }: DeepspeedSettings): boolean {
  const type = entryAt(document.root, "scheduler.type")?.value;
  return type?.kind === "scalar" && /^Warmup(?:Decay|Cosine)?LR$/.test(String(type.value));
}

/** A file of DeepSpeed's is its own settings. */
function ownSettings({ dialect, document }: Subject): DeepspeedSettings | undefined {
  const entry = entryAt(document.root, "scheduler");
  return dialect.id === "deepspeed" && entry ? { document, name: t`this file`, entry } : undefined;
}

/** The release is known where it is stated; else it is the newest, and may be an older one. */
function severityOf({ versions }: Subject): Pick<Report, "severity"> {
  return isPinned(versions, "deepspeed") ? {} : { severity: "warning" };
}

function zero(subject: Subject, settings: DeepspeedSettings): Report {
  const entry = entryAt(settings.document.root, stepsKey) ?? settings.entry;
  const here = settings.document.text === subject.document.text;
  return {
    ...severityOf(subject),
    message: t`DeepSpeed 0.19.6 and newer refuse a warmup of 0 updates; older releases made two of them.`,
    range: placeOf(here ? settings.document : subject.document, here ? entry : settings.entry).range,
    ...(here ? {} : { related: [relatedTo(settings, entry)] }),
    fixes: () =>
      inSettings(
        settings,
        setting(settings, stepsKey, 2, {
          title: t`Set warmup_num_steps to 2 in ${settings.name}`,
          preferred: true,
          keepsExperiment: true,
        }),
      ),
  };
}

function* filledIn(subject: Subject, settings: DeepspeedSettings): Iterable<Report> {
  const warmup = subject.plan.trainerArguments?.learningRate.warmup;
  if (!warmup?.value || does(subject.versions, releases.fillsInWarmup)) return;
  if ("ratio" in warmup.value ? warmup.value.ratio > 0 : warmup.value.steps > 0) return;
  const key = keyOf(subject, "warmupSteps");
  const entry = entryAt(settings.document.root, stepsKey) ?? settings.entry;
  yield {
    ...severityOf(subject),
    message: t`transformers before 5.18 writes the warmup of 0 updates into ${settings.name}, and DeepSpeed 0.19.6 and newer refuse it.`,
    range: (ownPlace(warmup) ?? placeOf(subject.document, settings.entry)).range,
    related: [relatedTo(settings, entry)],
    fixes: () =>
      changing(
        subject,
        { warmupSteps: 2 },
        { title: t`Set ${key} to 2, as older releases of DeepSpeed did`, preferred: true, keepsExperiment: true },
      ),
  };
}
