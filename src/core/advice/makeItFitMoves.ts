import type { Answer } from "../answer.ts";
import type { Dialect } from "../dialects/dialect.ts";
import { type LeverName, pull } from "../dialects/levers.ts";
import type { Fit } from "../gpus/fit.ts";
import type { Gpu } from "../gpus/gpu.ts";
import { t } from "../language.ts";
import type { MemoryEstimate } from "../memory/estimate.ts";
import type { Run } from "../memory/run.ts";
import type { ModelFacts } from "../models/facts.ts";
import { dataParallelSize, holdsAllLogits, type Sharding, type TrainingPlan } from "../plan/plan.ts";
import type { Sourced } from "../plan/sourced.ts";
import type { Versions } from "../plan/versions.ts";
import type { ConfigDocument } from "../text/document.ts";
import type { TextEdit } from "../text/edit.ts";
import { formatCount } from "../units.ts";

/** What a config says, as far as it matters here. */
export interface Reading {
  readonly dialect: Dialect;
  readonly document: ConfigDocument;
  readonly plan: TrainingPlan;
  readonly model: Answer<ModelFacts>;
  readonly run: Answer<Run>;
  readonly memory: Answer<MemoryEstimate>;
  readonly fitOn: (gpu: Gpu) => Fit | null;
  readonly versions: Versions;
}

/** One change of a config that makes it need less. */
export interface Move {
  readonly id: string;
  /** Its share of a proposal's title. */
  readonly name: (after: TrainingPlan) => string;
  /** What it costs, mostly in time, and for a number who measured it; empty where nothing. */
  readonly cost: string;
  /** What it changes of the experiment; absent for what computes the same. */
  readonly change?: (after: TrainingPlan) => string;
  /** The additional time of an update as a fraction of it; decides which of several sets of moves is the cheapest. */
  readonly slowdown: number;
  readonly edits: (before: Reading) => readonly TextEdit[];
  /** Whether the config, read again, says what was meant. */
  readonly worked: (after: TrainingPlan, before: TrainingPlan) => boolean;
}

const lever = (name: LeverName) => (before: Reading) => pull(before.document, before.dialect, name);

/** Source of the cost: Chen et al., Training Deep Nets with Sublinear Memory Cost, arXiv 1604.06174. */
const checkpointing: Move = {
  id: "checkpointing",
  name: () => t`gradient checkpointing`,
  cost: t`about 30 % slower: every block's forward pass is computed twice (arXiv 1604.06174)`,
  slowdown: 0.3,
  edits: ({ document, dialect }) => dialect.write(document, { gradientCheckpointing: true }),
  worked: ({ gradientCheckpointing }) => gradientCheckpointing.value === true,
};

const chunkedLoss: Move = {
  id: "chunked-loss",
  name: () => t`a loss in chunks`,
  cost: "",
  slowdown: 0.01,
  edits: lever("chunkedLoss"),
  worked: ({ loss }) => !holdsAllLogits(loss.value ?? "materialised"),
};

/** Source of the cost: Hsu et al., Liger Kernel: Efficient Triton Kernels for LLM Training, arXiv 2410.10989. */
const ligerLoss: Move = {
  ...chunkedLoss,
  id: "fused-loss",
  name: () => t`Liger's fused loss`,
  cost: t`wants the package liger-kernel`,
  slowdown: 0.02,
  edits: lever("ligerLoss"),
};

/** Source of the cost: Dao et al., FlashAttention, arXiv 2205.14135. */
const attention: Move = {
  id: "attention",
  name: () => t`attention without a matrix of all scores`,
  cost: "",
  slowdown: 0,
  edits: lever("flashAttention"),
  worked: ({ attention }) => attention.value !== "eager",
};

/** Source of the costs: Rajbhandari et al., ZeRO, arXiv 1910.02054, section 7. */
const zero2: Move = {
  id: "zero-2",
  name: ({ parallelism }) => t`gradients and optimizer states sharded over ${parallelism.gpus.value} GPUs`,
  cost: t`as much communication as before`,
  slowdown: 0.05,
  edits: lever("zero2"),
  worked: ({ parallelism }, before) => isSplit(parallelism.sharding, before, "zero-2"),
};

const zero3: Move = {
  id: "zero-3",
  name: ({ parallelism }) => t`all states sharded over ${parallelism.gpus.value} GPUs`,
  cost: t`1.5 times the communication (arXiv 1910.02054)`,
  slowdown: 0.15,
  edits: lever("zero3"),
  worked: ({ parallelism }, before) => isSplit(parallelism.sharding, before, "zero-3"),
};

/** Whether the states are split as meant; a file that is not there is only taken at its name where that of the present one is. */
function isSplit(after: Sourced<Sharding>, { parallelism }: TrainingPlan, meant: Sharding): boolean {
  return after.value === meant && (after.origin !== "assumed" || parallelism.sharding.origin === "assumed");
}

/** The model types for which Liger has a fused loss. Source: liger_kernel/transformers/monkey_patch.py, 0.6. */
const knownToLiger =
  /^(?:llama|mllama|mistral|mixtral|gemma|paligemma|qwen[23]|phi3|glm4|olmo[23]|smollm3|smolvlm|gpt_oss|internvl|pixtral|falcon_h1)/;

/** Moves that compute the same, in groups of which one move at most is made. */
export function harmlessMoves({ plan, run }: Reading): readonly (readonly Move[])[] {
  const { gpus, sharding } = plan.parallelism;
  const several = (gpus.value ?? 1) > 1;
  return [
    plan.attention.value === "eager" ? [attention] : [],
    holdsAllLogits(plan.loss.value ?? "materialised")
      ? [chunkedLoss, ...(knownToLiger.test(run.value?.architecture.type ?? "") ? [ligerLoss] : [])]
      : [],
    several && sharding.value !== "zero-3" ? [...(sharding.value === "zero-2" ? [] : [zero2]), zero3] : [],
    plan.gradientCheckpointing.value === false && isTold(plan.gradientCheckpointing) ? [checkpointing] : [],
  ];
}

/** Whether the framework is known to have such a key: where nobody tells, nothing is written. */
function isTold({ origin }: Sourced<unknown>): boolean {
  return origin === "file" || origin === "linked" || origin === "default";
}

/** Fewer sequences at once, and as many more passes, from the largest micro batch to one. */
export function smallerMicroBatches({ batch, sequenceLength, parallelism }: TrainingPlan): readonly Move[] {
  const micro = isTold(batch.accumulation) || batch.global ? (batch.micro.value ?? 1) : 1;
  const total = micro * (batch.accumulation.value ?? 1);
  const all = total * (dataParallelSize(parallelism) ?? 1);
  const sizes = upTo(Math.ceil(micro) - 1).filter((size) => Number.isInteger(total / size));
  return sizes.reverse().map((size) => {
    const halvings = Math.log2(micro / size);
    return {
      id: "micro-batch",
      name: () => t`micro batch ${size} × ${total / size} passes`,
      cost: t`smaller passes for the same ${formatCount(all)} sequences per update`,
      slowdown: halvings * (size * (sequenceLength.value ?? 0) >= busyTokens ? 0.05 : 0.2),
      edits: ({ document, dialect }) => dialect.write(document, { microBatch: size, accumulation: total / size }),
      worked: ({ batch: after }) => after.micro.value === size,
    };
  });
}

/** The numbers from 1 to `most`, of which a config that means it needs no more than these. */
function upTo(most: number): number[] {
  return Array.from({ length: Math.max(0, Math.min(most, 4096)) || 0 }, (_, index) => index + 1);
}

/** Fewer sequences at once in evaluation, half as many and half of that. */
export function smallerEvaluations({ batch }: TrainingPlan): readonly Move[] {
  const present = batch.evaluation.value ?? 1;
  return [64, 32, 16, 8, 4, 2, 1]
    .filter((size) => size < present)
    .map((size) => ({
      id: "evaluation",
      name: () => t`evaluation batch ${size}`,
      cost: t`smaller passes in evaluation`,
      slowdown: 0.01,
      edits: ({ document, dialect }) => dialect.write(document, { evaluationBatch: size }),
      worked: ({ batch: after }) => after.evaluation.value === size,
    }));
}

/** Tokens in a pass from which matrix products of language models keep a GPU busy. */
const busyTokens = 2048;

/** AdamW's states in 8 bits; bitsandbytes' cannot be split by FSDP, torchao's can. Source: Dettmers et al., 8-bit Optimizers via Block-wise Quantization, arXiv 2110.02861. */
export function eightBitOptimizers({ plan, dialect }: Reading): readonly Move[] {
  const name = plan.optimizer.name.value ?? "";
  if (!/adam/i.test(name) || /8_?bit|4_?bit|fp8|mini|galore|apollo|schedule_?free|cpu/i.test(name)) return [];
  const paged = dialect.levers?.adamw8bit === undefined;
  return [
    {
      id: "8-bit",
      name: () => t`8-bit AdamW`,
      cost: paged ? t`slower while states move to the host's memory` : "",
      change: () => t`optimizer states in 8 bits, with the same results in their authors' tests (arXiv 2110.02861)`,
      slowdown: 0,
      edits: lever(paged ? "pagedAdamw8bit" : "adamw8bit"),
      worked: ({ optimizer, parallelism }) =>
        optimizer.name.value !== name &&
        (parallelism.sharding.value === "none" ||
          parallelism.zero !== undefined ||
          /torch/.test(optimizer.name.value ?? "")),
    },
  ];
}

/** Source of the cost: Ren et al., ZeRO-Offload, arXiv 2101.06840. */
export const offloadMoves: readonly Move[] = [
  {
    id: "offload",
    name: () => t`the optimizer in the host's memory`,
    cost: t`slower: the CPU steps, gradients and weights cross the bus in every update`,
    slowdown: 0.5,
    edits: lever("offloadOptimizer"),
    worked: ({ parallelism }) => parallelism.offload.value === "optimizer",
  },
  {
    id: "offload-all",
    name: () => t`weights and optimizer in the host's memory`,
    cost: t`much slower: all weights cross the bus in every pass`,
    slowdown: 1,
    edits: lever("offloadAll"),
    worked: ({ parallelism }) => parallelism.offload.value === "optimizer-and-parameters",
  },
];

/**
 * Adapters instead of all weights, or over weights in 4 bits. Sources: Biderman et al., LoRA Learns Less and Forgets Less, arXiv
 * 2405.09673; Dettmers et al., QLoRA, arXiv 2305.14314; the time of QLoRA: S. Raschka, Practical Tips for Finetuning LLMs, 2023.
 */
export function methodMoves({ stage, method }: TrainingPlan): readonly Move[] {
  const rank = ({ lora }: TrainingPlan) => lora?.rank.value ?? 0;
  const less = t`which learn less and forget less (arXiv 2405.09673)`;
  const toLora: Move = {
    id: "lora",
    name: (after) => t`LoRA of rank ${rank(after)}`,
    cost: "",
    change: (after) => t`adapters of rank ${rank(after)} instead of all weights, ${less}`,
    slowdown: 0,
    edits: lever("lora"),
    worked: (after) => after.method.value === "lora" && after.quantization === null,
  };
  const toQlora: Move = {
    ...toLora,
    id: "qlora",
    name: (after) => t`QLoRA of rank ${rank(after)}`,
    cost: t`about 39 % slower than LoRA (S. Raschka, 2023)`,
    change: (after) =>
      method.value === "full"
        ? t`adapters of rank ${rank(after)} on weights in 4 bits, ${less}`
        : t`frozen weights in 4 bits (arXiv 2305.14314)`,
    slowdown: 0.39,
    edits: lever("qlora"),
    worked: (after) => after.method.value === "qlora" && after.quantization?.bits.value === 4,
  };
  if (stage.value === "pretrain") return [];
  if (method.value === "full") return [toLora, toQlora];
  return method.value === "lora" ? [toQlora] : [];
}

/** The peak rate that goes with adapters, as part of a move to them. */
export function rateMove(rate: number, words: string): Move {
  return {
    id: "rate",
    name: () => t`learning rate ${words}`,
    cost: "",
    change: () => t`learning rate ${words}, usual for adapters`,
    slowdown: 0,
    edits: ({ document, dialect }) => dialect.write(document, { peakLearningRate: rate }),
    worked: ({ learningRate }) => learningRate.peak.value === rate,
  };
}

/** Half the rank, and half of that, down to 8. */
export function lowerRanks({ lora }: TrainingPlan): readonly Move[] {
  const present = lora?.rank.value ?? 0;
  return [64, 32, 16, 8]
    .filter((rank) => rank < present)
    .map((rank) => ({
      id: "rank",
      name: () => t`rank ${rank}`,
      cost: "",
      change: () => t`adapters of rank ${rank} instead of ${present}, which hold less`,
      slowdown: 0,
      edits: ({ document, dialect }) => dialect.write(document, { loraRank: rank }),
      worked: ({ lora: after }) => after?.rank.value === rank,
    }));
}

/** Shorter sequences in steps of `unit` tokens, the longest first. */
export function shorterSequences({ sequenceLength }: TrainingPlan, unit: number): readonly Move[] {
  const present = isTold(sequenceLength) ? (sequenceLength.value ?? 0) : 0;
  const lengths = upTo(Math.ceil(present / unit) - 1).map((units) => units * unit);
  return lengths.reverse().map((length) => ({
    id: "sequence",
    name: () => t`sequences of ${formatCount(length)} tokens`,
    cost: "",
    change: () =>
      t`what is longer than ${formatCount(length)} tokens is cut or left out, instead of ${formatCount(present)}`,
    slowdown: 0,
    edits: ({ document, dialect }) => dialect.write(document, { sequenceLength: length }),
    worked: ({ sequenceLength: after }) => after.value === length,
  }));
}
