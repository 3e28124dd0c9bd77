import type { Architecture } from "../models/architecture.ts";
import { reachedBlocks, sharedBytes } from "./blocks.ts";
import type { BlockSetting } from "./blockTape.ts";
import { decoderTape } from "./decoderTape.ts";
import { bytesOf } from "./dtype.ts";
import { gradientBytesPerParameter } from "./gradients.ts";
import { headTape } from "./headTape.ts";
import { updatesInBackward } from "./optimizer.ts";
import type { Run } from "./run.ts";
import { blockSetting, headSetting, lossSetting, trainedBlockSetting } from "./settings.ts";
import { heldGradientBytes, sharesOf } from "./sharding.ts";
import type { Tape } from "./tape.ts";

/** What a moment of the step holds besides weights and optimizer states, in bytes on one GPU. */
export interface Moment {
  readonly phase: Phase;
  readonly gradients: number;
  readonly activations: number;
  readonly logits: number;
  /** Weights of another model that are there for this moment alone; none where absent. */
  readonly fetched?: number;
}

export type Phase =
  | "teacher's forward pass"
  | "end of the forward pass"
  | "reference model's loss"
  | "loss backward"
  | "block backward"
  | "embedding backward";

/** Blocks of one kind, and the operations of one of them. */
interface Group {
  readonly count: number;
  readonly tape: Tape;
  readonly checkpointing: boolean;
  /** What one block keeps until its backward pass: everything, its input alone, or its share of the input of several blocks. */
  readonly keptBytes: number;
  /** Gradients of one block's own parameters. */
  readonly gradientBytes: number;
}

/**
 * The moments of a forward and a backward pass that can be the largest. Gradients of a step that accumulates are there all
 * the time; those of an optimizer that updates in the backward pass are gone after each block; otherwise they grow from the last
 * block to the first, while what the blocks kept is freed, so that the backward pass of a kind of blocks is largest in its last
 * block or in its first.
 */
export function momentsOf(run: Run): readonly Moment[] {
  const setting = blockSetting(run);
  const groups = groupsOf(run, setting);
  const head = headTape(run.architecture, headSetting(run), lossSetting(run));
  const share = sharesOf(run).gradients;
  const freed = updatesInBackward(run);
  const all = freed ? 0 : heldGradientBytes(run);
  const resident = run.accumulates && !freed;
  const grows = !resident && !freed;
  const held = resident ? all : 0;
  const shared = sharedBytes(run, setting.residual);
  const kept = keptIn(groups) + shared;
  const headGradients = freed ? 0 : headGradientBytes(run) / share;
  const headPeak = head.backwardPeak(!grows);
  const stream = setting.tokens * run.architecture.hidden * setting.residual;
  const last = groups.at(-1);
  const moments: Moment[] = [
    {
      phase: "end of the forward pass",
      gradients: held,
      activations: kept + (last && !last.checkpointing ? last.tape.forwardPeakBytes() - last.keptBytes : 0),
      logits: 0,
    },
    {
      phase: "end of the forward pass",
      gradients: held,
      activations: kept + (run.checkpointing ? castsBeside(kept - shared, groups, run) : 0),
      logits: head.forwardPeakBytes(),
    },
    {
      phase: "loss backward",
      gradients: held + headPeak.weightGradientBytes,
      activations: kept,
      logits: headPeak.bytes - headPeak.weightGradientBytes,
    },
  ];
  if (run.hasReference) {
    // While the other model's graph waits for its backward pass.
    const logits = head.savedBytes() + head.forwardPeakBytes(false);
    moments.push({ phase: "reference model's loss", gradients: held, activations: kept, logits });
  }
  const left = leftBehind(run);
  let before = kept;
  let gradients = resident ? all : headGradients;
  const together = blocksTogether(run);
  for (const { count, tape, checkpointing, keptBytes, gradientBytes: own } of [...groups].reverse()) {
    const others = before - (checkpointing ? 0 : keptBytes);
    const grown = grows ? ((count - 1) * own) / share : 0;
    for (const inside of insideBlock(tape, { ...run, checkpointing }, !grows, stream)) {
      const block = (done: number, gradientsThere: number): Moment => ({
        phase: "block backward",
        gradients: gradientsThere + inside.gradients,
        activations: others + left * done * keptBytes + inside.activations,
        logits: 0,
      });
      moments.push(block(0, gradients), block(Math.max(0, count - together), gradients + grown));
    }
    before += left * count * keptBytes;
    gradients += grows ? (count * own) / share : 0;
  }
  moments.push({
    phase: "embedding backward",
    gradients: all + (run.adapters ? 0 : (embeddingCopies(run) + (freed ? 1 : 0)) * embeddingBytes(run)),
    activations: stream,
    logits: 0,
  });
  return moments;
}

/**
 * What one block's backward pass holds at its worst, and before it, while a checkpointed block is computed again; without the
 * input that checkpointing keeps anyway, where it is not in the host's memory. Blocks that are computed again together are all there
 * until the first of them to go backwards is through.
 */
function insideBlock(tape: Tape, run: Run, gradientsAreThere: boolean, stream: number): readonly Inside[] {
  const { bytes, weightGradientBytes } = tape.backwardPeak(gradientsAreThere);
  const backward = { activations: bytes - weightGradientBytes, gradients: weightGradientBytes };
  if (!run.checkpointing) return [backward];
  const again = { activations: tape.forwardPeakBytes() + stream, gradients: 0 };
  const kept = tape.savesInput() && !run.offloadsActivations ? tape.input.bytes : 0;
  const others = (blocksTogether(run) - 1) * tape.savedBytes();
  return [backward, again].map((inside) => ({ ...inside, activations: inside.activations + others - kept }));
}

/** Blocks that are computed again at once. Source: Megatron-LM, core/transformer/transformer_config.py, recompute_num_layers. */
function blocksTogether({ checkpointing, checkpointed, architecture }: Run): number {
  return checkpointing && checkpointed?.kind === "together" ? Math.min(checkpointed.count, architecture.layers) : 1;
}

/** Of so many blocks of a kind those that are checkpointed, and those after them that are not. */
function spansOf({ checkpointing, checkpointed, architecture }: Run, count: number): readonly Span[] {
  if (!checkpointing || checkpointed?.kind !== "first") return [{ count, checkpointing }];
  const first = Math.min(count, Math.round((checkpointed.count / architecture.layers) * count));
  return [
    { count: first, checkpointing: true },
    { count: count - first, checkpointing: false },
  ].filter((span) => span.count > 0);
}

type Span = Pick<Group, "count" | "checkpointing">;

type Inside = Pick<Moment, "activations" | "gradients">;

/** What all blocks keep until their backward passes. */
export function keptBytes(run: Run): number {
  return keptIn(groupsOf(run, blockSetting(run)));
}

function keptIn(groups: readonly Group[]): number {
  return groups.reduce((sum, { count, keptBytes }) => sum + count * keptBytes, 0);
}

/** Autocast's copies; of layers that are followed only in part no more than their blocks would keep beside `kept`. */
function castsBeside(kept: number, groups: readonly Group[], run: Run): number {
  const copies = autocastCopies(run);
  if (copies === 0) return 0;
  const whole = groups.reduce((sum, { count, tape }) => sum + count * tape.savedBytes(), 0);
  return Math.min(copies, Math.max(0, whole - kept));
}

function groupsOf(run: Run, setting: BlockSetting): readonly Group[] {
  const { architecture, adapters, offloadsActivations } = run;
  const input = (setting.tokens * architecture.hidden * setting.residual) / blocksTogether(run);
  const each = gradientBytesPerParameter(run);
  const blocks = reachedBlocks(run);
  const inAdapted = adapters?.inPlace ? trainedBlockSetting(run, adapters.dtype) : setting;
  const withAdapters = blocks.reduce((sum, { count, adapted }) => sum + (adapted ? count : 0), 0);
  return blocks.flatMap(({ group, count, windowed, adapted }) => {
    const own = adapted ? inAdapted : { ...setting, adapted: new Set<string>() };
    const tape = decoderTape(architecture, { group, windowed }, own);
    const inAdapters = adapters && adapted ? adapters.parameters / withAdapters : 0;
    return spansOf(run, count).map(({ count, checkpointing }) => ({
      count,
      tape,
      checkpointing,
      keptBytes: offloadsActivations ? 0 : checkpointing ? input : tape.savedBytes(),
      gradientBytes: each * (adapters ? inAdapters : group.parameters),
    }));
  });
}

/**
 * How many inputs' bytes a checkpointed block leaves behind when its backward pass is over: its own is freed (−1). FSDP 1 keeps the
 * inputs of units whose weights are all frozen, as those are that adapters were taken out of, until the whole pass is over (0), and
 * reentrant checkpointing their gradients with them (+1). Source: torch, fsdp/_runtime_utils.py,
 * _register_post_backward_reshard_only_hook; 50 measured runs of foundation-model-stack/fms-acceleration, a100_80gb.csv.
 */
function leftBehind({ adapters, checkpointing, sharding, gpus, reentrant, placement }: Run): -1 | 0 | 1 {
  const keeps = adapters && checkpointing && sharding === "zero-3" && gpus > 1 && placement.fsdp1;
  if (!keeps) return -1;
  return reentrant ? 1 : 0;
}

/** Gradients of the final norm and the output layer; of tied embeddings too, to which those of the input are added later. */
function headGradientBytes(run: Run): number {
  const { adapters, narrowHead, leavesLogits } = run;
  if (adapters) return adapters.saved.outputLayer * bytesOf(adapters.saved.dtype);
  if (narrowHead || leavesLogits) return 0;
  return (run.parameters.outputLayer || run.parameters.embedding) * gradientBytesPerParameter(run);
}

function embeddingBytes(run: Run): number {
  return run.parameters.embedding * gradientBytesPerParameter(run);
}

/**
 * How many more gradients of the embedding there are than in the end: the new one beside the one that is there, and, of tied
 * embeddings without autocast, their sum.
 */
function embeddingCopies({ accumulates, architecture, autocast, loss, narrowHead, leavesLogits }: Run): number {
  if (architecture.tied && !narrowHead && !leavesLogits) return autocast === null && loss !== "chunked" ? 2 : 1;
  return accumulates ? 1 : 0;
}

/**
 * Bytes of the 16-bit copies of float32 matrices that autocast keeps until the forward pass ends: of the blocks' linear layers,
 * or of the adapters. The output layer's belongs to the loss. Fully sharded weights are gathered in 16 bits instead.
 */
export function autocastCopies({ architecture, weights, autocast, adapters, sharding }: Run): number {
  if (autocast === null || bytesOf(autocast) === 4) return 0;
  if (adapters) return adapters.dtype === "float32" ? 2 * adapters.parameters : 0;
  return weights === "float32" && sharding !== "zero-3" ? 2 * matrixParameters(architecture) : 0;
}

/** Parameters of the blocks' matrices, those of experts among them. */
function matrixParameters({ linears, blocks }: Architecture): number {
  const single = linears.reduce((sum, { input, output, count }) => sum + count * input * output, 0);
  return blocks.reduce((sum, { count, feedForward }) => {
    if (feedForward?.kind !== "experts") return sum;
    const { experts, input, intermediate, gated } = feedForward;
    return sum + count * experts * input * intermediate * (gated ? 3 : 2);
  }, single);
}
