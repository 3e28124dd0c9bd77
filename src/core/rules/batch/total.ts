import { t } from "../../language.ts";
import { entryAt } from "../../text/document.ts";
import { formatCount } from "../../units.ts";
import { deepspeedSettings, inSettings, relatedTo, statedIn } from "../deepspeed/settings.ts";
import { keyOf, removing, setting } from "../fixes.ts";
import { firstPlace, type WrittenKey, wholeOf, written } from "../places.ts";
import type { Report, Subject } from "../rule.ts";
import { relatedAt, statedReplicas } from "./stated.ts";

/** A `train_batch_size` in DeepSpeed's settings that the training arguments do not make up. Source: as of deepspeed/conflict. */
export function* totalApart(subject: Subject): Iterable<Report> {
  const { document, dialect, plan } = subject;
  const settings = deepspeedSettings(subject);
  const total = settings && statedIn(settings, "train_batch_size")?.value;
  const entry = settings && entryAt(settings.document.root, "train_batch_size");
  const { micro, accumulation } = plan.batch;
  if (!entry || !plan.trainerArguments || typeof total !== "number" || !micro.value || !accumulation.value) return;
  const gpus = statedReplicas(plan.parallelism);
  const unit = micro.value * accumulation.value * (gpus ?? 1);
  if (gpus === undefined ? total % unit === 0 : total === unit) return;
  const isStated = micro.origin === "file" && accumulation.origin === "file";
  const factors = [micro.value, accumulation.value, ...(gpus === undefined ? [t`any number of GPUs`] : [gpus])];
  yield {
    ...(isStated && !dialect.isForScripts?.(document) ? {} : { severity: "warning" }),
    message: t`train_batch_size is ${formatCount(total)} in ${settings.name}, which ${factors.join(" × ")} does not make up (${keyOf(subject, "microBatch")} × ${keyOf(subject, "accumulation")} × GPUs): transformers' Trainer stops.`,
    range: (firstPlace(micro, accumulation) ?? { range: document.rangeOf(settings.entry.valueSpan) }).range,
    related: [relatedTo(settings, entry)],
    fixes: () =>
      inSettings(
        settings,
        setting(settings, "train_batch_size", "auto", {
          title: t`Set train_batch_size to "auto" in ${settings.name}`,
          preferred: true,
        }),
      ),
  };
}

/**
 * axolotl's total for a GPU and update, beside the accumulation that it stands for; either is as if left out where it is 0. Source:
 * axolotl, utils/schemas/validation.py (check_gas_bsz).
 */
export function* totalBesideAccumulation(subject: Subject): Iterable<Report> {
  const total = subject.dialect.id === "axolotl" ? written(subject, "batch_size") : undefined;
  const accumulation = written(subject, "gradient_accumulation_steps");
  if (!total || !accumulation || isZero(total) || isZero(accumulation)) return;
  yield {
    message: t`axolotl takes batch_size or gradient_accumulation_steps, and stops at both.`,
    range: wholeOf(total.place),
    related: relatedAt(subject.document, accumulation.place),
    fixes: () => removing(subject, [total.path], { title: t`Remove batch_size`, preferred: true }),
  };
}

function isZero({ entry: { value } }: WrittenKey): boolean {
  return value.kind === "scalar" && value.value === 0;
}
