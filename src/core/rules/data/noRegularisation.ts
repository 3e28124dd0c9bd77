import { t } from "../../language.ts";
import { architectureIn } from "../../models/facts.ts";
import { formatCount } from "../../units.ts";
import { setting, settingAt } from "../fixes.ts";
import { goalOf, isAdamW } from "../lr/ranges.ts";
import { firstPlace, written } from "../places.ts";
import type { Fix, Rule, Subject } from "../rule.ts";

/** More passes than these learn the data by heart. Source: "What Does Full Fine-tuning Mean?", on short training. */
const few = 3;

/** The most that shipped configs have. */
const usualDecay = 0.1;

/**
 * Many passes of full fine-tuning with nothing that holds the weights back: no weight decay, no noise on the embeddings, no dropout, no
 * label smoothing, and no best checkpoint to go back to. Source: "What Does Full Fine-tuning Mean?", on regularisation.
 */
export const dataNoRegularisation: Rule = {
  id: "data/no-regularisation",
  title: t`Many epochs without regularisation`,
  severity: "hint",
  *check(subject) {
    const { plan } = subject;
    const { epochs, maxSteps } = plan.duration;
    const { weightDecay, name } = plan.optimizer;
    const goal = goalOf(plan);
    const place = firstPlace(epochs);
    if (plan.method.value !== "full" || (goal !== "sft" && goal !== "continued-pretrain") || !place) return;
    if ((epochs.value ?? 0) <= few || maxSteps.value !== null || weightDecay.value !== 0) return;
    if (!isAdamW(name.value ?? "") || mayDropOut(subject) || regularising.some((key) => isOn(subject, key))) return;
    yield {
      message: t`${formatCount(epochs.value ?? 0)} passes over the data train all weights here with nothing to hold them: no weight decay, no dropout, no noise. They learn the data by heart and forget the rest.`,
      range: place.range,
      fixes: () => decaying(subject),
    };
  },
};

/** Models with RMSNorm come without dropout, but for T5; older ones mostly have some. */
function mayDropOut({ model }: Subject): boolean {
  const architecture = architectureIn(model).value;
  return architecture?.norm.kind !== "rms" || architecture.type === "t5";
}

/** Keys of several frameworks that regularise, or stop in time. */
const regularising = [
  "neftune_noise_alpha",
  "model_parameters.neftune_noise_alpha",
  "label_smoothing_factor",
  "load_best_model_at_end",
  "early_stopping_patience",
  "trainer.early_stop",
  "trainer.regularization_lambda",
];

function isOn(subject: Subject, key: string): boolean {
  const node = written(subject, key)?.entry.value;
  return node?.kind === "scalar" && node.value !== 0 && node.value !== false;
}

function decaying(subject: Subject): readonly Fix[] {
  const { plan, dialect } = subject;
  const place = firstPlace(plan.optimizer.weightDecay);
  const title = (key: string) => t`Set ${key} to ${usualDecay}`;
  if (place) return settingAt(subject, place, usualDecay, title, { preferred: true });
  const rate = dialect.keys.peakLearningRate ?? "";
  const path = Object.keys(dialect.vocabulary).find((key) => /(?:^|\.)weight_decay$/.test(key));
  const neighbours = [rate.slice(rate.lastIndexOf(".") + 1)];
  return path === undefined
    ? []
    : setting(subject, path, usualDecay, { title: title("weight_decay"), preferred: true }, neighbours);
}
