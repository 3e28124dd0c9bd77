import type { PlanChange } from "../../dialects/dialect.ts";
import { placeOf } from "../../dialects/place.ts";
import { type Reader, reader } from "../../dialects/reader.ts";
import { t } from "../../language.ts";
import type { TrainerArguments, Warmup } from "../../plan/plan.ts";
import { does, releases } from "../../plan/releases.ts";
import { derived, mapped, ownPlace, type Sourced, unknown } from "../../plan/sourced.ts";
import { type ConfigNode, type Entry, entryAt } from "../../text/document.ts";
import { overwrite } from "../../text/edit.ts";
import { formatRate } from "../../units.ts";
import { changing, fixOf, keyOf } from "../fixes.ts";
import type { Fix, Report, Rule, Severity, Subject } from "../rule.ts";
import { type DeepspeedSettings, deepspeedSettings, inSettings, relatedTo } from "./settings.ts";

/**
 * DeepSpeed's settings say something else than the training arguments: the Trainer compares them, and stops. What is "auto" it
 * fills in. Source: transformers 5.18.0, integrations/deepspeed.py (HfTrainerDeepSpeedConfig).
 */
export const deepspeedConflict: Rule = {
  id: "deepspeed/conflict",
  title: t`DeepSpeed's settings contradict the training arguments`,
  severity: "error",
  *check(subject) {
    const settings = deepspeedSettings(subject);
    const own = subject.plan.trainerArguments;
    if (!settings || !own) return;
    for (const compared of comparedOf(subject, own)) {
      const { setting, value: ours } = compared;
      const entry = entryAt(settings.document.root, setting);
      const theirs = entry && writtenValue(entry.value);
      const severity = severityOf(subject, ours);
      if (!entry || theirs === undefined || !severity || isEqual(theirs, ours.value)) continue;
      yield { severity, ...reportOf(subject, settings, entry, compared) };
    }
  },
};

type Value = number | boolean | readonly number[];

/** A setting of DeepSpeed's, and the argument that it must agree with. */
interface Compared {
  readonly setting: string;
  readonly argument: string;
  readonly value: Sourced<Value>;
  /** What brings the argument to the setting's value, where that is a single number. */
  readonly change?: keyof PlanChange;
}

function comparedOf({ plan, dialect, document, versions }: Subject, own: TrainerArguments): readonly Compared[] {
  const keys = reader(document, dialect.vocabulary);
  const { microBatch = "", accumulation = "", peakLearningRate = "" } = dialect.keys;
  const rate = { argument: peakLearningRate, value: own.learningRate.peak, change: "peakLearningRate" } as const;
  const betas = derived(keys.number("adam_beta2"), keys.number("adam_beta1"), "", (second, first) => [first, second]);
  const halves = keys.flag("auto_find_batch_size").value === true;
  return [
    {
      setting: "train_micro_batch_size_per_gpu",
      argument: microBatch,
      value: halves ? unknown("") : plan.batch.micro,
      change: "microBatch",
    },
    {
      setting: "gradient_accumulation_steps",
      argument: accumulation,
      value: plan.batch.accumulation,
      change: "accumulation",
    },
    { setting: "gradient_clipping", argument: "max_grad_norm", value: own.optimizer.maxGradNorm },
    { setting: "optimizer.params.lr", ...rate },
    { setting: "optimizer.params.betas", argument: t`adam_beta1 and adam_beta2`, value: stated(betas) },
    { setting: "optimizer.params.eps", argument: "adam_epsilon", value: keys.number("adam_epsilon") },
    { setting: "optimizer.params.weight_decay", argument: "weight_decay", value: own.optimizer.weightDecay },
    { setting: "scheduler.params.warmup_max_lr", ...rate },
    {
      setting: "scheduler.params.warmup_num_steps",
      argument: "warmup_steps",
      value: warmupSteps(own.learningRate.warmup, does(versions, releases.fillsInWarmup) ? 1 : 0),
    },
    { setting: "scheduler.params.total_num_steps", argument: "max_steps", value: lengthOf(plan.duration.maxSteps) },
    ...["bf16", "fp16"].map((flag) => ({
      setting: `${flag}.enabled`,
      argument: flag,
      value: flagOf(keys, own, flag),
    })),
  ];
}

/** A default may be overridden on the command line, and scripts of one's own may compare nothing. */
function severityOf({ dialect, document }: Subject, { origin, value }: Sourced<Value>): Severity | undefined {
  if (value === undefined || (origin !== "file" && origin !== "default")) return undefined;
  const isStated = origin === "file";
  if (dialect.isForScripts?.(document)) return isStated ? "warning" : undefined;
  return isStated ? "error" : "warning";
}

/** Of two numbers one is enough to be written. */
function stated<T>(pair: Sourced<T>): Sourced<T> {
  return pair.place && pair.origin !== "unknown" ? { ...pair, origin: "file" } : pair;
}

function warmupSteps(warmup: Sourced<Warmup>, least: number): Sourced<number> {
  if (warmup.value === undefined || !("steps" in warmup.value)) return unknown("");
  const { steps } = warmup.value;
  return mapped(warmup, () => Math.max(least, steps));
}

/** The updates that the config itself limits the run to. */
function lengthOf(steps: Sourced<number | null>): Sourced<number> {
  const { value } = steps;
  return typeof value === "number" ? mapped(steps, () => value) : unknown("");
}

/** Whether autocast is to compute in a type; not known where the framework asks the GPU. */
function flagOf(keys: Reader<string>, { precision }: TrainerArguments, flag: string): Sourced<boolean> {
  if (keys.text("bf16").value === "auto") return unknown("");
  return mapped(precision.autocast, (type) => type === (flag === "bf16" ? "bfloat16" : "float16"));
}

/** Undefined for what is left to the training arguments, and for what is no value to compare. */
function writtenValue(node: ConfigNode): Value | undefined {
  if (node.kind === "list") {
    const numbers = node.items.map((item) => (item.kind === "scalar" ? item.value : undefined));
    return numbers.every((number) => typeof number === "number") ? numbers : undefined;
  }
  if (node.kind === "map") return undefined;
  return typeof node.value === "number" || typeof node.value === "boolean" ? node.value : undefined;
}

function isEqual(a: Value, b: Value | undefined): boolean {
  if (typeof a !== "object" || typeof b !== "object") return a === b;
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

function reportOf(
  subject: Subject,
  settings: DeepspeedSettings,
  entry: Entry,
  { setting, argument, value, change }: Compared,
): Report {
  const { document } = subject;
  const name = entry.key === "enabled" ? setting : entry.key;
  const place = ownPlace(value);
  const theirs = textOf(settings.document, entry);
  const ours = inWords(value.value);
  const beside = place ? t`${argument} is ${ours} here` : t`${argument}, which is not set here, is ${ours}`;
  return {
    message: t`${name} is ${theirs} in ${settings.name}, and ${beside}: transformers' Trainer compares the two and stops.`,
    range: (place ?? placeOf(document, settings.entry)).range,
    related: [relatedTo(settings, entry)],
    fixes: () => [
      ...inSettings(
        settings,
        fixOf(overwrite(settings.document, setting, "auto"), {
          title: t`Set ${name} to "auto" in ${settings.name}`,
          preferred: true,
        }),
      ),
      ...asThere(subject, settings, entry, change),
    ],
  };
}

/** The argument set to the setting's value, where that is a number that a change of the plan brings about. */
function asThere(
  subject: Subject,
  { name }: DeepspeedSettings,
  { value }: Entry,
  change: keyof PlanChange | undefined,
): readonly Fix[] {
  if (!change || value.kind !== "scalar" || typeof value.value !== "number") return [];
  const title = t`Set ${keyOf(subject, change)} to ${value.source}, as in ${name}`;
  return changing(subject, { [change]: value.value }, { title });
}

function textOf({ text }: DeepspeedSettings["document"], { valueSpan: { start, end } }: Entry): string {
  return text.slice(start, end).trim();
}

function inWords(value: Value | undefined): string {
  if (typeof value === "object") return `[${value.join(", ")}]`;
  return typeof value === "number" && value < 0.01 ? formatRate(value) : String(value);
}
