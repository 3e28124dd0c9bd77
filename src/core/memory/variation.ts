import { known } from "../answer.ts";
import type { Gpu } from "../gpus/gpu.ts";
import { t } from "../language.ts";
import type { Architecture } from "../models/architecture.ts";
import type { LoraTargets } from "../plan/lora.ts";
import type {
  Attention,
  Dtype,
  LoraPlan,
  LossImplementation,
  Method,
  Parallelism,
  Precision,
  Quantization,
  Sharding,
  TrainingPlan,
} from "../plan/plan.ts";
import { assumed, type Sourced } from "../plan/sourced.ts";
import type { Versions } from "../plan/versions.ts";
import { estimateMemory, type MemoryEstimate } from "./estimate.ts";
import { type Run, runOf } from "./run.ts";

/** How a run differs from the config's, in the field's terms; what is absent stays as it is. */
export interface Variation {
  readonly method?: Extract<Method, "full" | "lora" | "qlora">;
  readonly loraRank?: number;
  readonly loraTargets?: LoraTargets;
  readonly quantizedBits?: number;
  readonly optimizer?: string;
  readonly microBatch?: number;
  readonly evaluationBatch?: number;
  readonly accumulation?: number;
  readonly sequenceLength?: number;
  readonly gradientCheckpointing?: boolean;
  /** The type of the weights; float32 ones with the config's autocast, smaller ones without any. */
  readonly weights?: Dtype;
  readonly attention?: Attention;
  readonly loss?: LossImplementation;
  /** GPUs and what they share; nothing is offloaded then, nor is the model cut into pieces. */
  readonly spread?: Spread;
}

export interface Spread {
  readonly gpus: number;
  readonly sharding: Sharding;
}

/** A model, the releases of the libraries that train it, and the GPU on which they do, a newer one where nobody says so. */
export interface Setting {
  readonly architecture: Architecture;
  readonly versions: Versions;
  readonly gpu?: Gpu | null;
  /** The model that distillation learns from. */
  readonly teacher?: Architecture | undefined;
}

/** The run that `plan` describes with `variation`; undefined where its memory cannot be told. */
export function variedRun(plan: TrainingPlan, variation: Variation, setting: Setting): Run | undefined {
  const { architecture, versions, gpu, teacher } = setting;
  return runOf(varied(plan, variation), architecture, versions, gpu, teacher && known(teacher)).value ?? undefined;
}

/** The memory that `plan` takes with `variation`; undefined where it cannot be told. */
export function variedMemory(plan: TrainingPlan, variation: Variation, setting: Setting): MemoryEstimate | undefined {
  const run = variedRun(plan, variation, setting);
  return run && estimateMemory(run);
}

/** `plan` with `variation`; a method that the config does not use gets rank 16 on all linear layers, and 4-bit weights. */
export function varied(plan: TrainingPlan, variation: Variation): TrainingPlan {
  const { batch, optimizer, precision } = plan;
  const { method = plan.method.value, weights } = variation;
  const adapted = method === "lora" || method === "qlora" ? (plan.lora ?? lora) : plan.lora;
  const quantized = method === "qlora" ? (plan.quantization ?? quantization) : plan.quantization;
  const changesMethod = variation.method !== undefined;
  return {
    ...plan,
    method: or(plan.method, variation.method),
    lora:
      changesMethod && method === "full"
        ? null
        : adapted && {
            ...adapted,
            rank: or(adapted.rank, variation.loraRank),
            targets: or(adapted.targets, variation.loraTargets),
          },
    quantization:
      changesMethod && method !== "qlora"
        ? null
        : quantized && { ...quantized, bits: or(quantized.bits, variation.quantizedBits) },
    optimizer: { ...optimizer, name: or(optimizer.name, variation.optimizer) },
    batch: {
      ...batch,
      micro: or(batch.micro, variation.microBatch),
      evaluation: or(
        batch.evaluation,
        variation.evaluationBatch ?? (isSamePlace(batch.evaluation, batch.micro) ? variation.microBatch : undefined),
      ),
      accumulation: or(batch.accumulation, variation.accumulation),
    },
    sequenceLength: or(plan.sequenceLength, variation.sequenceLength),
    precision: weights === undefined ? precision : withWeights(precision, weights),
    gradientCheckpointing: or(plan.gradientCheckpointing, variation.gradientCheckpointing),
    attention: or(plan.attention, variation.attention),
    loss: or(plan.loss, variation.loss),
    parallelism: variation.spread ? spreadOver(plan.parallelism, variation.spread) : plan.parallelism,
  };
}

/** Whether two values are read from the same key, as where evaluation takes the training batch. */
function isSamePlace({ place: a }: Sourced<unknown>, { place: b }: Sourced<unknown>): boolean {
  const start = a?.range.start;
  return (
    start !== undefined &&
    a?.uri === b?.uri &&
    start.line === b?.range.start.line &&
    start.character === b.range.start.character
  );
}

function or<T>(source: Sourced<T>, value: T | undefined): Sourced<T> {
  return value === undefined ? source : compared(value);
}

function compared<T>(value: T): Sourced<T> {
  return assumed(value, t`for comparison`);
}

function withWeights(precision: Precision, weights: Dtype): Precision {
  const { trained, autocast } = precision;
  const halved = autocast.value ?? (trained.value === "float32" ? null : (trained.value ?? null));
  return {
    ...precision,
    trained: compared(weights),
    frozen: compared(weights),
    autocast: compared(weights === "float32" ? halved : null),
  };
}

function spreadOver({ groups: _, ...parallelism }: Parallelism, { gpus, sharding }: Spread): Parallelism {
  return {
    ...parallelism,
    gpus: compared(gpus),
    sharding: compared(sharding),
    offload: compared("none"),
    tensor: compared(1),
    pipeline: compared(1),
    context: compared(1),
    expert: compared(1),
  };
}

const lora: LoraPlan = {
  rank: compared(16),
  alpha: compared(32),
  dropout: compared(0),
  targets: compared({ kind: "all" }),
  modulesToSave: compared([]),
  rsLora: compared(false),
  dora: compared(false),
};

const quantization: Quantization = {
  bits: compared(4),
  doubleQuantization: compared(true),
  float32Norms: compared(false),
};
