import { t } from "../../language.ts";
import { isSaid, ownPlace } from "../../plan/sourced.ts";
import { formatCount } from "../../units.ts";
import { textAt } from "../places.ts";
import type { Report, Subject } from "../rule.ts";
import { isWritten, relatedAt, replacing, statedReplicas } from "./stated.ts";

/**
 * Frameworks that want the global batch to be micro batch × accumulation × GPUs. Source: DeepSpeed, runtime/config.py
 * (_batch_assertion), which GPT-NeoX runs on; Megatron-LM, core/num_microbatches_calculator.py, behind NeMo and ms-swift;
 * NeMo Automodel, components/training/step_scheduler.py; verl, trainer/fsdp_sft_trainer.py.
 */
const checking: ReadonlySet<string> = new Set(["deepspeed", "gpt-neox", "nemo", "nemo-automodel", "ms-swift", "verl"]);

/** A global batch that is no multiple of the rest. */
export function* globalApart(subject: Subject): Iterable<Report> {
  const { document, dialect, plan } = subject;
  const { global, micro, accumulation } = plan.batch;
  const place = global && ownPlace(global);
  if (!checking.has(dialect.id) || !global?.value || !place || !isWritten(global)) return;
  const parts = [micro, accumulation].filter((part) => isWritten(part) && part.value);
  if (parts.length === 0) return;
  const gpus = gpusOf(subject);
  const factors = [...parts.map(({ value }) => value ?? 1), ...(gpus === undefined ? [] : [gpus])];
  const unit = factors.reduce((product, factor) => product * factor);
  const isWhole = factors.length === 3;
  if (isWhole ? global.value === unit : global.value % unit === 0) return;
  const key = textAt(document, place.keyRange);
  const product = factors.map(formatCount).join(" × ");
  yield {
    message:
      gpus === undefined
        ? t`${key} is ${formatCount(global.value)}, no multiple of ${product}: no number of GPUs makes it up, and ${dialect.label} stops.`
        : t`${key} is ${formatCount(global.value)}, which ${product}, with the GPUs as the last factor, does not make up: ${dialect.label} stops.`,
    range: place.range,
    related: parts.flatMap((part) => relatedAt(document, ownPlace(part))),
    fixes: () => replacing(document, place, isWhole ? unit : Math.max(1, Math.round(global.value / unit)) * unit),
  };
}

/**
 * LitGPT cuts what does not go round, and stops only where nothing is left for a pass. Source: LitGPT, args.py
 * (gradient_accumulation_iters).
 */
export function* globalTooSmall({ document, dialect, plan }: Subject): Iterable<Report> {
  const { global, micro } = plan.batch;
  const place = global && ownPlace(global);
  if (dialect.id !== "litgpt" || !global?.value || !place || !isWritten(global)) return;
  const sequences = micro.value ?? 1;
  const pass = sequences * (statedReplicas(plan.parallelism) ?? 1);
  if (global.value >= pass) return;
  yield {
    message: t`${textAt(document, place.keyRange)} is ${formatCount(global.value)}, less than the ${formatCount(pass)} sequences that all GPUs take at once: ${dialect.label} stops.`,
    range: place.range,
    related: relatedAt(document, ownPlace(micro)),
    fixes: () => replacing(document, place, pass),
  };
}

/** A DeepSpeed file tells no number of GPUs: it is worked out from the very sizes that are checked. */
function gpusOf({ dialect, plan: { parallelism } }: Subject): number | undefined {
  return dialect.id === "deepspeed" && !isSaid(parallelism.gpus) ? undefined : statedReplicas(parallelism);
}
