import type { Analysis } from "../../../src/core/analyze.ts";
import { ownPlace } from "../../../src/core/plan/sourced.ts";
import { goalOf } from "../../../src/core/rules/lr/ranges.ts";
import { floorSetting } from "../../../src/core/schedule/schedulerSettings.ts";
import { entryAt } from "../../../src/core/text/document.ts";
import { type KeyEdit, setValues } from "../../../src/core/text/edit.ts";
import { applyEdits } from "../../unit/edits.ts";
import { type Config, inGoodOrder, type Mistake } from "../mistake.ts";

/** Frameworks whose schedulers are those of transformers, by its names. */
const onTransformers = ["hf-trl", "llamafactory", "ms-swift"];

const has = ({ document }: Analysis, path: string | undefined) =>
  path !== undefined && entryAt(document.root, path) !== undefined;

const edited = ({ document }: Analysis, values: Readonly<Record<string, KeyEdit>>, ...beside: readonly string[]) =>
  setValues(document, Object.entries(values), beside);

/** The keys of both kinds of warmup, where a framework has two. */
function warmupKeys({ dialect: { keys } }: Analysis): readonly [string, string] | undefined {
  const { warmupSteps: steps, warmupRatio: ratio } = keys;
  return steps !== undefined && ratio !== undefined && steps !== ratio ? [steps, ratio] : undefined;
}

/** The config with a run of `updates`, whatever its data are. */
function ofLength(config: Config, updates: number): Config {
  return { ...config, options: { ...config.options, steps: updates } };
}

function isCosine({ plan, dialect }: Analysis): boolean {
  const { scheduler, family } = plan.learningRate;
  if (ownPlace(scheduler) === undefined || scheduler.value !== "cosine") return false;
  return onTransformers.includes(dialect.id) && family !== "megatron";
}

/** Rates that hardly anybody applies without a warmup. */
const highRates: ReadonlyMap<string, number> = new Map([
  ["full", 8e-5],
  ["lora", 4e-4],
  ["qlora", 4e-4],
]);

const mistakes: readonly Mistake[] = [
  {
    rule: "schedule/stops-run",
    name: "a floor that the scheduler wants and nobody gives",
    plant: (analysis) =>
      isCosine(analysis) ? analysis.dialect.write(analysis.document, { scheduler: "cosine_with_min_lr" }) : undefined,
  },
  {
    rule: "schedule/stops-run",
    name: "a floor for a scheduler that has none",
    plant: (analysis) =>
      isCosine(analysis)
        ? analysis.dialect.write(analysis.document, { schedulerSettings: { min_lr_rate: 0.1 } })
        : undefined,
  },
  {
    rule: "schedule/stops-run",
    name: "a misspelt scheduler",
    plant: (analysis) =>
      isCosine(analysis) ? analysis.dialect.write(analysis.document, { scheduler: "cossine" }) : undefined,
  },
  {
    rule: "schedule/floor-above-peak",
    name: "a floor ten times the peak",
    plant({ plan, dialect, document, schedule }) {
      const { peak, scheduler, family, schedulerArguments } = plan.learningRate;
      if (!ownPlace(peak) || !ownPlace(scheduler) || !peak.value || !schedulerArguments.value || !schedule.value)
        return undefined;
      const floor = floorSetting(family, scheduler.value ?? "", schedulerArguments.value);
      if (!floor || peak.value > 0.1) return undefined;
      const value = floor.is === "share" ? 10 : Number((10 * peak.value).toPrecision(6));
      return dialect.write(document, { schedulerSettings: { [floor.setting]: value } });
    },
  },
  {
    rule: "schedule/rate-squared",
    name: "neither warmup nor decay",
    plant: ({ dialect, document }) =>
      dialect.id === "nanotron"
        ? dialect.write(document, { warmupSteps: 0, schedulerSettings: { lr_decay_steps: 0 } })
        : undefined,
  },
  {
    rule: "schedule/two-warmups",
    name: "the other warmup too",
    plant(analysis, { options }) {
      const { dialect, plan } = analysis;
      const keys = warmupKeys(analysis);
      if (!keys || !["axolotl", ...onTransformers].includes(dialect.id) || options.versions) return undefined;
      const [steps, ratio] = keys;
      const { value: warmup } = plan.learningRate.warmup;
      if (!warmup || !ownPlace(plan.learningRate.warmup) || Object.values(warmup)[0] === 0) return undefined;
      if (has(analysis, steps) && !has(analysis, ratio)) return edited(analysis, { [ratio]: 0.05 }, steps);
      return has(analysis, ratio) && !has(analysis, steps) ? edited(analysis, { [steps]: 10 }, ratio) : undefined;
    },
  },
  {
    rule: "schedule/warmup-ratio-removed",
    name: "a share as transformers 4 had it",
    plant(analysis, { options }) {
      if (analysis.dialect.id !== "hf-trl" || options.versions) return undefined;
      return edited(analysis, { warmup_ratio: 0.05, warmup_steps: null }, "lr_scheduler_type", "learning_rate");
    },
  },
  {
    rule: "schedule/warmup-unit",
    name: "updates where a share is meant",
    plant(analysis) {
      const [, ratio = ""] = warmupKeys(analysis) ?? [];
      return has(analysis, ratio) ? edited(analysis, { [ratio]: 15 }) : undefined;
    },
  },
  {
    rule: "schedule/warmup-ignored",
    name: "a constant rate that is to warm up",
    plant(analysis) {
      const [steps = ""] = warmupKeys(analysis) ?? [];
      if (!isCosine(analysis) || (analysis.schedule.value?.warmupSteps ?? 0) === 0) return undefined;
      return steps === "" ? undefined : analysis.dialect.write(analysis.document, { scheduler: "constant" });
    },
  },
  {
    rule: "schedule/warmup-too-long",
    name: "half of the run",
    plant(analysis, config) {
      const [steps = "", ratio] = warmupKeys(analysis) ?? [];
      if (!has(analysis, steps) || has(analysis, ratio) || analysis.plan.duration.maxSteps.value !== null)
        return undefined;
      if (!analysis.schedule.value || analysis.schedule.value.warmupSteps === 0) return undefined;
      const text = applyEdits(config.text, edited(analysis, { [steps]: 500 }));
      return ofLength({ ...config, text }, 1000);
    },
  },
  {
    rule: "schedule/warmup-ratio-high",
    name: "a third of the run",
    plant(analysis) {
      const [, ratio = ""] = warmupKeys(analysis) ?? [];
      const isRead = "ratio" in (analysis.plan.learningRate.warmup.value ?? {});
      return has(analysis, ratio) && isRead ? edited(analysis, { [ratio]: 0.33 }) : undefined;
    },
  },
  {
    rule: "schedule/no-warmup",
    name: "a high rate at once",
    plant(analysis) {
      const { plan, dialect } = analysis;
      const [steps = "", ratio = ""] = warmupKeys(analysis) ?? [];
      const { peakLearningRate = "" } = dialect.keys;
      if (!onTransformers.includes(dialect.id) || plan.stage.value !== "sft" || !has(analysis, peakLearningRate))
        return undefined;
      if (steps === "" || !/^adamw/.test(plan.optimizer.name.value ?? "")) return undefined;
      const rate = highRates.get(plan.method.value ?? "");
      return rate === undefined
        ? undefined
        : edited(analysis, { [steps]: null, [ratio]: null, [peakLearningRate]: rate });
    },
  },
  {
    rule: "schedule/setting-ignored",
    name: "a floor that axolotl reads with a cosine only",
    plant: ({ plan, dialect, document }) =>
      dialect.id === "axolotl" && ownPlace(plan.learningRate.scheduler)
        ? dialect.write(document, { scheduler: "linear", schedulerSettings: { cosine_min_lr_ratio: 0.1 } })
        : undefined,
  },
  {
    rule: "schedule/nothing-decays",
    name: "a decay without its end",
    plant: ({ dialect, document }) =>
      dialect.id === "nanotron" ? dialect.write(document, { schedulerSettings: { min_decay_lr: null } }) : undefined,
  },
  {
    rule: "schedule/rises-again",
    name: "a decay of half the run",
    plant({ plan, dialect, document, length }) {
      const isCosineOfNeox = dialect.id === "gpt-neox" && plan.learningRate.scheduler.value === "cosine";
      if (!isCosineOfNeox || !length.totalSteps || plan.duration.maxSteps.value === null) return undefined;
      return dialect.write(document, { schedulerSettings: { lr_decay_iters: Math.round(length.totalSteps / 2) } });
    },
  },
  {
    rule: "schedule/ends-at-peak",
    name: "one wave, where half of one is meant",
    plant(analysis) {
      const { dialect, document, plan } = analysis;
      const isTorchtune = dialect.id === "torchtune" && /cosine/.test(plan.learningRate.scheduler.value ?? "");
      return isTorchtune || isCosine(analysis)
        ? dialect.write(document, { schedulerSettings: { num_cycles: 1 } })
        : undefined;
    },
  },
  {
    rule: "schedule/constant-by-default",
    name: "no scheduler",
    plant(analysis) {
      const isOne = ["torchtune", "nemo-automodel"].includes(analysis.dialect.id) && goalOf(analysis.plan);
      return isOne && has(analysis, "lr_scheduler") ? edited(analysis, { lr_scheduler: null }) : undefined;
    },
  },
  {
    rule: "schedule/one-cycle-start",
    name: "one cycle",
    plant: ({ plan, dialect, document }) =>
      dialect.id === "axolotl" && ownPlace(plan.learningRate.scheduler)
        ? dialect.write(document, { scheduler: "one_cycle" })
        : undefined,
  },
];

export const scheduleMistakes: readonly Mistake[] = mistakes.map(inGoodOrder);
