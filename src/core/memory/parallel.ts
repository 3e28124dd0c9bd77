import { type Architecture, keyValueWidth } from "../models/architecture.ts";
import { countLoraParameters } from "../models/lora.ts";
import { countParameters } from "../models/parameters.ts";
import { type Part, partOf } from "../models/part.ts";
import { sharedBytes } from "./blocks.ts";
import { teacherMoments } from "./distillation.ts";
import { computeBytes } from "./dtype.ts";
import { leastGpus } from "./placement.ts";
import { type Adapters, type Run, tokensOf } from "./run.ts";
import { blockSetting } from "./settings.ts";
import { type Moment, momentsOf, type Phase } from "./step.ts";
import type { Teacher } from "./teacher.ts";

/** What one GPU does in a training step: one of those that hold the same stage of the pipeline. */
export interface Stage {
  /** The run with that GPU's part of the model and of a sequence; its GPUs are those that share the states of that part. */
  readonly run: Run;
  readonly moments: readonly StageMoment[];
}

export interface StageMoment extends Moment {
  /** What GPUs that share a sequence or its matrices send each other. */
  readonly buffers: number;
}

type Place = "all" | "first" | "last";

/**
 * The stages that can need the most: the first holds the most micro batches and the embedding, the last the logits. On fewer GPUs
 * than there are pieces, each has the whole model.
 */
export function stagesOf(run: Run): readonly Stage[] {
  const { placement, gpus } = run;
  const pieces = leastGpus(placement);
  if (pieces === 1 || gpus < pieces) {
    return [{ run, moments: passesOf(run).map((moment) => ({ ...moment, buffers: moment.fetched ?? 0 })) }];
  }
  return placement.pipeline === 1 ? [stageOf(run, "all")] : [stageOf(run, "first"), stageOf(run, "last")];
}

/** The moments of the run's own passes, and of a teacher's. */
function passesOf(run: Run): readonly Moment[] {
  return [...momentsOf(run), ...teacherMoments(run)];
}

function stageOf(run: Run, place: Place): Stage {
  const { tensor, sequence, inFlight } = run.placement;
  const own = ownRun(run, place, tensor);
  const moments = sequence ? sharedMoments(run, own, place) : passesOf(own);
  const kept = moments.find(({ phase }) => phase === "loss backward")?.activations ?? 0;
  const shared = sharedBytes(own, blockSetting(own).residual);
  const waiting = place === "first" ? (inFlight - 1) * Math.max(0, kept - shared) : 0;
  const exchanged = exchangeBytes(own);
  return {
    run: own,
    moments: moments
      .filter(({ phase }) => phase !== absent[place])
      .map((moment) => ({
        ...moment,
        activations: moment.activations + waiting,
        logits: place === "first" ? 0 : moment.logits * gatheredLogits(own),
        buffers: moment.phase === "embedding backward" ? 0 : exchanged + (moment.fetched ?? 0),
      })),
  };
}

/** How many times its share of the logits a GPU holds. */
export function gatheredLogits({ placement: { gathersLogits, tensor } }: Run): number {
  return gathersLogits ? tensor : 1;
}

/** What a stage does not do, for it does not have the layer. */
const absent: Readonly<Record<Place, Phase | null>> = {
  all: null,
  first: "loss backward",
  last: "embedding backward",
};

/**
 * Tensor parallelism with sequence parallelism splits all that a block and the loss hold evenly: s·b·h·(34/t + 5·a·s/(h·t))
 * instead of s·b·h·(10 + 24/t + 5·a·s/(h·t)). Source: Korthikanti et al. 2022 (arXiv 2205.05198), equations 2 and 4. Gradients are as
 * the GPU's own matrices are.
 */
function sharedMoments(run: Run, own: Run, place: Place): readonly Moment[] {
  const { tensor } = run.placement;
  const held = passesOf(own);
  return passesOf(ownRun(run, place, 1)).map(({ phase, activations, logits, fetched = 0 }, index) => ({
    phase,
    fetched: fetched / tensor,
    gradients: held[index]?.gradients ?? 0,
    activations: activations / tensor,
    logits: logits / tensor,
  }));
}

/**
 * Ring attention receives the next keys and values, and the gradients of its own, while it works on the present ones; sequence
 * parallelism gathers a layer's input, unless it is kept, and the gradient of it. Sources: Liu et al. 2023 (arXiv 2310.01889), section
 * 3; Korthikanti et al. 2022 (arXiv 2205.05198), section 4.2.2.
 */
function exchangeBytes(own: Run): number {
  const { placement, architecture } = own;
  const values = tokensOf(own) * computeBytes(own);
  const ring = placement.context > 1 ? 4 * keyValueWidth(architecture.attention) : 0;
  const gathered = placement.sequence && !placement.keepsGathered && placement.tensor > 1 ? 2 * architecture.hidden : 0;
  return values * (ring + gathered);
}

/** The run as one GPU sees it, with matrices shared by `tensor` GPUs. */
function ownRun(run: Run, place: Place, tensor: number): Run {
  const { architecture, placement, adapters, sequenceLength, parameters } = run;
  const part = partAt(run, place, tensor);
  const shape = partOf(architecture, part);
  // The ends of a pipeline have one matrix as wide as the vocabulary each, as has a model without an output layer of its own.
  const own = place === "all" && parameters.outputLayer > 0 ? shape : { ...shape, tied: true };
  const count = countParameters(own);
  const ownAdapters = adapters && adaptersIn(adapters, architecture, part, place);
  return {
    ...run,
    architecture: own,
    parameters: count,
    trainable: ownAdapters ? trainedWith(ownAdapters) : (run.trainable * count.total) / parameters.total,
    adapters: ownAdapters,
    teacher: run.teacher && ownTeacher(run, run.teacher, place, tensor),
    sequences: run.sequences * placement.batchFraction,
    sequenceLength: Math.ceil(sequenceLength / placement.context),
    accumulates: run.accumulates || placement.batchFraction < 1,
    loss: place === "first" ? "chunked" : run.loss,
    // Those that share a sequence share the states too. Sources: DeepSpeed, utils/groups.py; Megatron-LM, core/parallel_state.py;
    // torchtitan, distributed/parallel_dims.py.
    gpus: Math.max(1, run.gpus / (placement.tensor * placement.pipeline)),
    placement: { ...placement, expertShare: expertShare(run, part, own) },
  };
}

/** A teacher is cut as the trained model is. */
function ownTeacher(run: Run, teacher: Teacher, place: Place, tensor: number): Teacher {
  const architecture = partOf(
    teacher.architecture,
    partAt({ ...run, architecture: teacher.architecture }, place, tensor),
  );
  return { ...teacher, architecture, parameters: countParameters(architecture) };
}

/** The adapters of a part, and what of the modules trained in full beside them it has. */
function adaptersIn(adapters: Adapters, architecture: Architecture, part: Part, place: Place): Adapters {
  const { rank, saved } = adapters;
  const { linears } = partOf({ ...architecture, linears: adapters.linears }, part);
  const all = countLoraParameters(adapters.linears, rank);
  const embedding = place === "last" ? 0 : saved.embedding / part.tensor;
  const outputLayer = place === "first" ? 0 : saved.outputLayer / part.tensor;
  return {
    ...adapters,
    linears,
    parameters: all > 0 ? (adapters.parameters * countLoraParameters(linears, rank)) / all : adapters.parameters,
    saved: { ...saved, embedding, outputLayer },
  };
}

function trainedWith({ parameters, saved }: Adapters): number {
  return parameters + saved.embedding + saved.outputLayer;
}

function partAt({ architecture, placement }: Run, place: Place, tensor: number): Part {
  const { pipeline, expert, expertTensor, splitsLinearAttention, balancesCompute } = placement;
  const { first, last } = balancesCompute ? balancedEnds(architecture, pipeline) : evenEnds(architecture, pipeline);
  return {
    from: place === "last" ? last : 0,
    to: place === "first" ? first : architecture.layers,
    tensor,
    expert,
    expertTensor: Math.min(tensor, expertTensor ?? tensor),
    linearAttention: splitsLinearAttention ? tensor : 1,
  };
}

/** The first block that is not part of the first stage of a pipeline, and the first of the last stage. */
interface Ends {
  readonly first: number;
  readonly last: number;
}

function evenEnds({ layers }: Architecture, stages: number): Ends {
  const each = Math.ceil(layers / stages);
  return { first: each, last: Math.max(0, layers - each) };
}

/**
 * A stage takes blocks until the compute so far is more than its share of all, the output layer's among it; that is on the last stage
 * that is reached. Source: nanotron, models/base.py, build_model; models/llama.py and starcoder2.py, get_block_compute_costs.
 */
function balancedEnds({ layers, hidden, vocab, blocks }: Architecture, stages: number): Ends {
  const feedForward = blocks[0]?.feedForward;
  const block = 4 * hidden + (feedForward ? (feedForward.gated ? 3 : 2) * feedForward.intermediate : 0);
  const share = (layers + vocab / block) / stages;
  const ends = Array.from({ length: stages - 1 }, (_, stage) => Math.floor((stage + 1) * share) + 1);
  return { first: Math.min(layers, ends[0] ?? layers), last: ends.findLast((end) => end <= layers) ?? 0 };
}

/** What of a part's weights, experts among them, a GPU holds when others hold other experts, or fewer share each than share the rest. */
function expertShare({ architecture }: Run, part: Part, own: Architecture): number {
  const { expert, expertTensor, tensor } = part;
  if (expert === 1 && expertTensor === tensor) return 1;
  const even = partOf(architecture, { ...part, expert: 1, expertTensor: tensor });
  const whole = countParameters({ ...even, tied: own.tied });
  return countParameters(own).total / whole.total;
}
