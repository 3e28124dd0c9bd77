import type { Analysis } from "../../../src/core/analyze.ts";
import { globalBatchSize } from "../../../src/core/plan/plan.ts";
import { ownPlace } from "../../../src/core/plan/sourced.ts";
import { entryAt } from "../../../src/core/text/document.ts";
import { setValues } from "../../../src/core/text/edit.ts";
import { applyEdits } from "../../unit/edits.ts";
import { type Config, inGoodOrder, type Mistake } from "../mistake.ts";

/** Frameworks with the keys of transformers' TrainingArguments. */
const onTransformers = ["hf-trl", "llamafactory"];

/** The key by which data are streamed. */
const streaming: Readonly<Partial<Record<string, string>>> = {
  "hf-trl": "dataset_streaming",
  llamafactory: "streaming",
  axolotl: "streaming",
};

/** Megatron's trainer, in LLaMA-Factory and ms-swift, has a length of its own. */
function isInEpochs({ plan }: Analysis): boolean {
  if (plan.learningRate.family === "megatron") return false;
  return plan.duration.maxSteps.value === null && ownPlace(plan.duration.epochs) !== undefined;
}

/** The config with a key of an interval that is longer than its 200 updates or so. */
function withInterval(analysis: Analysis, config: Config, strategy: string, key: string): Config | undefined {
  const { plan, document, dialect } = analysis;
  const batch = globalBatchSize(plan);
  const { value: epochs } = plan.duration.epochs;
  if (!onTransformers.includes(dialect.id) || !isInEpochs(analysis) || !batch || !epochs || plan.batch.global)
    return undefined;
  if (!ownPlace(plan.batch.micro) || entryAt(document.root, "packing")) return undefined;
  const edits = setValues(document, [
    [strategy, "steps"],
    [key, 5000],
  ]);
  const samples = Math.ceil((200 * batch) / epochs);
  return { ...config, text: applyEdits(document.text, edits), options: { ...config.options, samples } };
}

const mistakes: readonly Mistake[] = [
  {
    rule: "duration/endless",
    name: "streamed data in a run of epochs",
    plant({ plan, dialect, document }) {
      const key = streaming[dialect.id];
      const isEndless = plan.duration.maxSteps.value === null && plan.learningRate.family !== "megatron";
      return key !== undefined && isEndless ? setValues(document, [[key, true]]) : undefined;
    },
  },
  {
    rule: "duration/too-many-epochs",
    name: "twenty epochs",
    plant(analysis) {
      const { plan, dialect, document } = analysis;
      const isJudged = ["sft", "dpo"].includes(plan.stage.value ?? "") && /full|lora/.test(plan.method.value ?? "");
      return isJudged && isInEpochs(analysis) ? dialect.write(document, { epochs: 20 }) : undefined;
    },
  },
  {
    rule: "duration/max-steps-wins",
    name: "a number of updates beside the epochs",
    plant: (analysis) =>
      [...onTransformers, "ms-swift"].includes(analysis.dialect.id) && isInEpochs(analysis)
        ? setValues(analysis.document, [["max_steps", 500]])
        : undefined,
  },
  {
    rule: "duration/never-evaluates",
    name: "an evaluation after the end",
    plant: (analysis, config) => withInterval(analysis, config, "eval_strategy", "eval_steps"),
  },
  {
    rule: "duration/never-saves",
    name: "a checkpoint after the end",
    plant: (analysis, config) => withInterval(analysis, config, "save_strategy", "save_steps"),
  },
];

export const durationMistakes: readonly Mistake[] = mistakes.map(inGoodOrder);
