import { t } from "../../language.ts";
import { setting } from "../fixes.ts";
import { firstPlace, keyNameAt, written } from "../places.ts";
import type { Rule } from "../rule.ts";

/**
 * Data that are read while the run goes on, without a number of updates: nobody knows how many samples there are, so that neither
 * the end of the run nor the schedule can be worked out, and the trainer stops. Source: transformers 5.18.0, trainer.py ("args.max_steps
 * must be set"); LLaMA-Factory, hparams/parser.py; axolotl, utils/schemas/validation.py.
 */
export const durationEndless: Rule = {
  id: "duration/endless",
  title: t`Streamed data without a number of updates`,
  severity: "error",
  *check(subject) {
    const { plan, dialect } = subject;
    const { streaming } = plan.data;
    const place = streaming && firstPlace(streaming);
    if (!streaming?.value || !place || plan.duration.maxSteps.value !== null) return;
    if (plan.learningRate.family === "megatron") return;
    const key = keyNameAt(subject, place);
    const isFlag = written(subject, key)?.entry.value.kind === "scalar" && key !== "pretraining_dataset";
    yield {
      message: t`${dialect.label} stops at the start: data that are streamed (${key}) have no known end, so that the run needs max_steps.`,
      range: place.range,
      fixes: () => (isFlag ? setting(subject, key, false, { title: t`Set ${key} to false` }) : []),
    };
  },
};
