import { type Reader, reader } from "../../dialects/reader.ts";
import { isNever } from "../../dialects/trainingArguments.ts";
import { t } from "../../language.ts";
import type { Interval } from "../../plan/interval.ts";
import type { Stage } from "../../plan/plan.ts";
import { releases } from "../../plan/releases.ts";
import type { Sourced } from "../../plan/sourced.ts";
import { settingAll } from "../fixes.ts";
import { written } from "../places.ts";
import type { Fix, Subject } from "../rule.ts";
import { type Clash, put, without } from "./clash.ts";

/** The frameworks whose arguments are transformers' own. */
const trainers = ["hf-trl", "llamafactory"];

/** What transformers' TrainingArguments refuse. */
const ofTransformers: readonly Clash[] = [
  {
    dialects: trainers,
    keys: ["load_best_model_at_end", "eval_strategy", "save_strategy"],
    isRefused: (subject) => {
      const { evaluates, saves } = strategies(subject);
      return keepsBest(subject) && saves !== "best" && !!evaluates && !!saves && evaluates !== saves;
    },
    message: (subject) => {
      const { evaluates, saves } = strategies(subject);
      return t`load_best_model_at_end wants a checkpoint of every evaluation that may be the best: with eval_strategy ${evaluates} and save_strategy ${saves} the run stops.`;
    },
    fixes: (subject) => {
      const { evaluates = "no" } = strategies(subject);
      return evaluates === "no" ? without(subject, ["load_best_model_at_end"]) : savingAsEvaluating(subject, evaluates);
    },
    source: "transformers 5.18.0, training_args.py (_validate_args)",
  },
  {
    dialects: trainers,
    keys: ["save_steps", "eval_steps", "load_best_model_at_end"],
    isRefused: (subject) => {
      const { evaluates, saves } = strategies(subject);
      const { every, saved } = steps(subject);
      if (!keepsBest(subject) || evaluates !== "steps" || saves !== "steps" || !every || !saved) return false;
      return !isMultiple(saved, every);
    },
    message: (subject) => {
      const { every, saved } = steps(subject);
      return t`load_best_model_at_end wants save_steps to be a multiple of eval_steps: ${saved} is none of ${every}, and the run stops.`;
    },
    fixes: (subject) => savingAsEvaluating(subject, "steps"),
    source: "transformers 5.18.0, training_args.py (_validate_args)",
  },
  {
    dialects: trainers,
    keys: ["lr_scheduler_type", "eval_strategy"],
    isRefused: (subject) => {
      const scheduler = keysOf(subject).text("lr_scheduler_type").value ?? "";
      return ["reduce_lr_on_plateau", "greedy"].includes(scheduler) && strategies(subject).evaluates === "no";
    },
    message: (subject) =>
      t`${keysOf(subject).text("lr_scheduler_type").value} goes by how the evaluations come out, and eval_strategy is no: the run stops.`,
    fixes: (subject) => put(subject, "eval_strategy", "epoch", { neighbours: ["lr_scheduler_type"] }),
    source: "transformers 5.18.0, training_args.py (_validate_args)",
  },
];

/** What TRL's trainers refuse, and axolotl's, which are built on them. */
const ofTrl: readonly Clash[] = [
  {
    dialects: ["hf-trl"],
    keys: ["padding_free", "max_length"],
    release: releases.sftRefusesUncut,
    isRefused: (subject) => {
      const keys = keysOf(subject);
      const isCut = !keys.nullAt("max_length") && subject.plan.sequenceLength.value !== undefined;
      return isTrainer(subject, "sft") && isTrue(keys, "padding_free") && isFalse(keys, "packing") && isCut;
    },
    message: ({ plan }) =>
      t`TRL does not cut samples to max_length (${plan.sequenceLength.value}) in padding_free batches without packing, and refuses them: the run stops.`,
    fixes: (subject) => without(subject, ["padding_free"]),
    source: "TRL 1.13.0, trainer/sft_trainer.py (SFTTrainer.__init__)",
  },
  {
    dialects: ["hf-trl"],
    keys: ["loss_type", "use_liger_kernel"],
    release: releases.sftChunksLoss,
    isRefused: (subject) => {
      const keys = keysOf(subject);
      const isChunked = keys.text("loss_type").value === "chunked_nll";
      return isTrainer(subject, "sft") && isChunked && isTrue(keys, "use_liger_kernel");
    },
    message: () =>
      t`TRL refuses loss_type chunked_nll together with use_liger_kernel, which fuses the loss: the run stops.`,
    fixes: (subject) => without(subject, ["loss_type"]),
    source: "TRL 1.13.0, trainer/sft_trainer.py (SFTTrainer.__init__); TRL PR 5846",
  },
  {
    dialects: ["hf-trl", "axolotl"],
    keys: ["per_device_train_batch_size", "micro_batch_size"],
    isRefused: (subject) => {
      const { micro } = subject.plan.batch;
      const hasDistance = keysOf(subject).text("loss_type").value !== "apo_zero_unpaired";
      return isTrainer(subject, "kto") && micro.origin === "file" && micro.value === 1 && hasDistance;
    },
    message: () =>
      t`KTO takes its distance to the reference model from the other answers of a GPU's batch; TRL refuses a batch of 1, and the run stops.`,
    fixes: inLargerBatches,
    source:
      "TRL 1.13.0, trainer/kto_trainer.py (KTOTrainer.__init__); axolotl, core/trainers/trl.py (AxolotlKTOTrainer)",
  },
  {
    dialects: ["hf-trl"],
    keys: ["auto_find_batch_size", "num_generations"],
    release: releases.grpoKeepsBatch,
    isRefused: (subject) => {
      const isOwn = grpoKeys.some((key) => written(subject, key));
      return isTrainer(subject, "grpo") && isOwn && isTrue(keysOf(subject), "auto_find_batch_size");
    },
    message: () =>
      t`GRPO compares the answers to a prompt within a batch, of which auto_find_batch_size may leave a part: TRL refuses it, and the run stops.`,
    fixes: (subject) => without(subject, ["auto_find_batch_size"]),
    source: "TRL 1.13.0, trainer/grpo_config.py and trainer/rloo_config.py (__post_init__)",
  },
];

export const clashesOfTrainers: readonly Clash[] = [...ofTransformers, ...ofTrl];

/** Keys that GRPO's trainer has, and RLOO's, but none that takes another batch than theirs. */
const grpoKeys = [
  "num_generations",
  "num_iterations",
  "generation_batch_size",
  "steps_per_generation",
  "scale_rewards",
  "reward_funcs",
];

function keysOf({ document, dialect }: Subject): Reader<string> {
  return reader(document, dialect.vocabulary);
}

function isTrue(keys: Reader<string>, key: string): boolean {
  return keys.flag(key).value === true;
}

function isFalse(keys: Reader<string>, key: string): boolean {
  return keys.flag(key).value === false;
}

/** Whether a known trainer runs the stage: not a script of its own, nor one that is guessed by a name. */
function isTrainer({ plan: { stage }, dialect, document }: Subject, wanted: Stage): boolean {
  return stage.value === wanted && stage.origin !== "assumed" && !dialect.isForScripts?.(document);
}

function keepsBest(subject: Subject): boolean {
  return isTrue(keysOf(subject), "load_best_model_at_end");
}

/** When the run evaluates and saves; undefined where that is not one of the words for it. */
function strategies(subject: Subject): Readonly<Record<"evaluates" | "saves", string | undefined>> {
  const keys = keysOf(subject);
  return { evaluates: strategy(keys.text("eval_strategy")), saves: strategy(keys.text("save_strategy")) };
}

function strategy({ value = "" }: Sourced<string>): string | undefined {
  if (isNever(value)) return "no";
  return ["steps", "epoch", "best"].includes(value) ? value : undefined;
}

/** The steps between two evaluations and two checkpoints, as the keys count them: below one a share of the run. */
function steps({ plan }: Subject): Readonly<Record<"every" | "saved", number | undefined>> {
  return { every: stepsOf(plan.evaluationInterval), saved: stepsOf(plan.saveInterval) };
}

function stepsOf(interval: Sourced<Interval> | undefined): number | undefined {
  const found = interval?.value;
  if (found?.kind === "updates") return found.every;
  return found?.kind === "share" ? found.share : undefined;
}

/** As transformers has it, which counts shares in millionths of the run. */
function isMultiple(saved: number, every: number): boolean {
  if (saved % every === 0) return true;
  return saved < 1 && every < 1 && (saved * 1e6) % (every * 1e6) === 0;
}

/** A fix that saves where the run evaluates; every so many evaluations where both are counted in updates. */
function savingAsEvaluating(subject: Subject, strategy: string): readonly Fix[] {
  const path = written(subject, "save_strategy")?.path ?? "save_strategy";
  const { every, saved } = steps(subject);
  const isCounted = strategy === "steps" && every !== undefined;
  const fits = saved !== undefined && every !== undefined && isMultiple(saved, every);
  const values = [
    ...(strategies(subject).saves === strategy ? [] : [[path, strategy] as const]),
    ...(isCounted && !fits ? [["save_steps", nearestMultiple(saved ?? every, every)] as const] : []),
  ];
  const title = values.map(([key, value]) => t`Set ${key} to ${String(value)}`).join("; ");
  return settingAll(subject, values, { title, preferred: true }, ["save_strategy", "eval_steps", "eval_strategy"]);
}

function nearestMultiple(saved: number, every: number): number {
  return saved < 1 || every < 1 ? every : every * Math.max(1, Math.round(saved / every));
}

/** Two sequences at once, and half the passes where that leaves the update as it is. */
function inLargerBatches(subject: Subject): readonly Fix[] {
  const [key, passes] = [subject.dialect.keys.microBatch ?? "", subject.dialect.keys.accumulation ?? ""];
  const path = written(subject, key)?.path ?? key;
  const { value } = subject.plan.batch.accumulation;
  const halved = written(subject, passes) && value !== undefined && value % 2 === 0 ? value / 2 : undefined;
  if (halved === undefined) return put(subject, key, 2);
  const values = [[path, 2] as const, [passes, halved] as const];
  const title = t`Set ${path} to 2 and ${passes} to ${halved}, which leaves the update as it is`;
  return settingAll(subject, values, { title, preferred: true });
}
