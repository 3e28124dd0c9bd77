import { countSaved } from "../models/lora.ts";
import type { Dtype } from "../plan/plan.ts";
import { bytesOf } from "./dtype.ts";
import type { Run } from "./run.ts";
import { matricesOf, savedMatrices, type TrainedMatrix } from "./trainedMatrices.ts";

/** What an optimizer sees of the weights that it trains. */
interface Trained {
  readonly parameters: number;
  /** Bytes of one parameter as the optimizer holds it: 4 where it keeps master weights. */
  readonly p: number;
  /** The weights that are matrices; what is missing in `parameters` is vectors. */
  readonly matrices: readonly TrainedMatrix[];
  /** Rank to which GaLore and its like project the gradients. */
  readonly rank: number;
}

/** What an optimizer keeps for the weights, and what it needs for a moment while it steps, in bytes. */
interface OptimizerMemory {
  readonly state: (trained: Trained) => number;
  readonly step: (trained: Trained) => number;
  /** Whether the states are in managed memory, which moves to the host when the GPU is full. */
  readonly paged?: boolean;
  /** Whether master weights are what bfloat16 ones lack, two bytes each. */
  readonly remainders?: boolean;
  /** Whether a weight is updated as soon as its gradient is there, so that gradients are never all there. */
  readonly inBackward?: boolean;
}

type Bytes = OptimizerMemory["state"];

const none: Bytes = () => 0;
/** So many values of the parameter's own type per parameter. */
const values =
  (count: number): Bytes =>
  ({ parameters, p }) =>
    count * parameters * p;
/** So many bytes per parameter, whatever its type. */
const bytes =
  (each: number): Bytes =>
  ({ parameters }) =>
    each * parameters;

/** A byte per value and a float32 scale per block of 256. Source: bitsandbytes, optim/optimizer.py. */
const eightBit = 1 + 4 / 256;
/** Half a byte per value and a float32 scale per block of 128. Source: torchao, optim/subclass_4bit.py. */
const fourBit = 1 / 2 + 4 / 128;

/** `count` states in the parameter's type, and the copies of torch's multi-tensor (foreach) implementation. */
const foreach = (count: number): OptimizerMemory => ({ state: values(count), step: values(1) });
const plain = (state: Bytes): OptimizerMemory => ({ state, step: none });
const paged = (state: Bytes): OptimizerMemory => ({ state, step: none, paged: true });
const layerwise = (state: Bytes): OptimizerMemory => ({ state, step: none, inBackward: true });

/** Row and column sums in float32 instead of a matrix. Source: transformers, optimization.py, Adafactor. */
const factored: Bytes = ({ matrices, parameters }) => 4 * (edgesOf(matrices) + parameters - sizeOf(matrices));

/** A momentum in float32 and, beside Adafactor's squares, those of its instability, which vectors have not. Source: came_pytorch, CAME.py. */
const confidenceGuided: Bytes = (trained) => 4 * trained.parameters + factored(trained) + 4 * edgesOf(trained.matrices);

/**
 * For each matrix of the blocks `state` bytes of its gradient projected to rank r, as long as the longer side, and the projector, in
 * the gradient's type or in `wide` bytes; `rest` for what is no such matrix. Source: arXiv 2403.03507, table 1.
 */
const projected =
  (state: (longer: number, r: number, p: number) => number, rest: Bytes, wide?: number): Bytes =>
  (trained) => {
    const { matrices, parameters, p, rank } = trained;
    const blocks = matrices.filter(({ inBlock }) => inBlock);
    const low = sum(blocks, ({ rows, columns }) => {
      const r = Math.min(rank, rows, columns);
      return state(Math.max(rows, columns), r, p) + (wide ?? p) * r * Math.min(rows, columns);
    });
    const others = matrices.filter(({ inBlock }) => !inBlock);
    return low + rest({ ...trained, matrices: others, parameters: parameters - sizeOf(blocks) });
  };

/** AdamW's two states of the projected gradient, in its type or in 8 bits. Source: galore_torch, adamw.py and adamw8bit.py. */
const projectedAdamw = projected((longer, r, p) => 2 * p * longer * r, values(2));
const projectedAdamw8bit = projected((longer, r) => 2 * eightBit * longer * r, bytes(2 * eightBit));
/** Adafactor's sums of the gradient, which is float32 before it is projected. Source: galore_torch, adafactor.py. */
const projectedAdafactor = projected((longer, r) => 4 * (longer + r), factored, 4);

/** AdamW's two states, and of 16-bit weights what rounding has lost (Kahan). Source: optimi 0.2, adamw.py and stableadamw.py. */
const compensated: Bytes = ({ parameters, p }) => (p < 4 ? 3 : 2) * p * parameters;

/** A momentum for the matrices of the blocks, AdamW's two states for the rest. Source: torch.optim.Muon. */
const momentumOfMatrices: Bytes = ({ matrices, parameters, p }) =>
  p * (2 * parameters - sizeOf(matrices.filter(({ inBlock }) => inBlock)));

const adamw = foreach(2);
const fusedAdamw = plain(values(2));

/**
 * By the names of transformers' `OptimizerNames`, the additions of axolotl and LLaMA-Factory, and the classes that other
 * frameworks name, in small letters and without their modules. Source: the states in the code of each.
 */
const optimizers: ReadonlyMap<string, OptimizerMemory> = new Map([
  ["adamw_torch", adamw],
  // transformers' own steps through the weights one by one. Source: transformers 4.46 optimization.py.
  ["adamw_hf", fusedAdamw],
  ["adamw_torch_fused", fusedAdamw],
  ["adamw_torch_xla", fusedAdamw],
  ["adamw_torch_npu_fused", fusedAdamw],
  ["adamw_apex_fused", fusedAdamw],
  ["adamw_anyprecision", plain(bytes(8))],
  ["adamw_bnb_8bit", plain(bytes(2 * eightBit))],
  ["adamw_8bit", plain(bytes(2 * eightBit))],
  ["adamw_torch_8bit", plain(bytes(2 * eightBit))],
  ["ao_adamw_8bit", plain(bytes(2 * eightBit))],
  ["adamw_torch_4bit", plain(bytes(2 * fourBit))],
  ["ao_adamw_4bit", plain(bytes(2 * fourBit))],
  ["adamw_ao_fp8", plain(bytes(2 * eightBit))],
  ["ao_adamw_fp8", plain(bytes(2 * eightBit))],
  ["paged_adamw", paged(bytes(8))],
  ["paged_adamw_32bit", paged(bytes(8))],
  ["paged_adamw_8bit", paged(bytes(2 * eightBit))],
  ["ademamix", plain(bytes(12))],
  ["ademamix_8bit", plain(bytes(3 * eightBit))],
  ["paged_ademamix_32bit", paged(bytes(12))],
  ["paged_ademamix_8bit", paged(bytes(3 * eightBit))],
  ["lion_8bit", plain(bytes(eightBit))],
  ["lion_32bit", plain(bytes(4))],
  ["paged_lion_8bit", paged(bytes(eightBit))],
  ["paged_lion_32bit", paged(bytes(4))],
  ["lion_pytorch", plain(values(1))],
  ["sgd", plain(none)],
  ["rmsprop", foreach(1)],
  ["rmsprop_bnb", plain(bytes(4))],
  ["rmsprop_bnb_8bit", plain(bytes(eightBit))],
  ["rmsprop_bnb_32bit", plain(bytes(4))],
  ["adagrad", foreach(1)],
  ["adafactor", plain(factored)],
  ["schedule_free_adamw", foreach(2)],
  ["schedule_free_radam", foreach(2)],
  ["schedule_free_sgd", foreach(1)],
  ["grokadamw", plain(values(3))],
  ["stable_adamw", { state: compensated, step: values(1) }],
  ["optimi_adamw", { state: compensated, step: values(1) }],
  ["came_pytorch", plain(confidenceGuided)],
  ["galore", plain(projectedAdamw)],
  ["galore_adamw", plain(projectedAdamw)],
  ["galore_adamw_layerwise", layerwise(projectedAdamw)],
  ["galore_adamw_8bit", plain(projectedAdamw8bit)],
  ["galore_adamw_8bit_layerwise", layerwise(projectedAdamw8bit)],
  ["galore_adafactor", plain(projectedAdafactor)],
  ["galore_adafactor_layerwise", layerwise(projectedAdafactor)],
  ["apollo", plain(projectedAdamw)],
  ["apollo_adamw", plain(projectedAdamw)],
  ["apollo_adamw_layerwise", layerwise(projectedAdamw)],
  ["lomo", layerwise(none)],
  ["adalomo", layerwise(factored)],
  // The first moment in float32; the second is one value per head or block. Source: arXiv 2406.16793.
  ["adam_mini", plain(bytes(4))],
  ["muon", plain(momentumOfMatrices)],
  // torch.optim's classes step with foreach on GPUs; Composer's and bitsandbytes' do not.
  ["adamw", adamw],
  ["adam", adamw],
  ["radam", adamw],
  ["nadam", adamw],
  ["pagedadamw", paged(bytes(8))],
  ["pagedadamw32bit", paged(bytes(8))],
  ["pagedadamw8bit", paged(bytes(2 * eightBit))],
  ["adamw8bit", plain(bytes(2 * eightBit))],
  ["adam8bit", plain(bytes(2 * eightBit))],
  ["adamw4bit", plain(bytes(2 * fourBit))],
  ["adamwfp8", plain(bytes(2 * eightBit))],
  ["decoupled_adamw", fusedAdamw],
  ["fused_adam", plain(bytes(8))],
  ["fusedadam", plain(bytes(8))],
  ["deepspeedcpuadam", plain(bytes(8))],
  // Moments in float32; NeMo has it store no parameters, but the remainders of bfloat16 ones under megatron_amp_O2. Source: NeMo,
  // megatron_base_model.py (setup_optimization).
  ["distributed_fused_adam", { ...plain(bytes(8)), remainders: true }],
  ["lamb", plain(bytes(8))],
  // Adam's two moments and what compression left over. Source: DeepSpeed, runtime/fp16/onebit.
  ["onebitadam", plain(bytes(12))],
  ["onebitlamb", plain(bytes(12))],
  ["zerooneadam", plain(bytes(16))],
  ["lionw", plain(values(1))],
  ["decoupled_lionw", plain(values(1))],
  ["lion", plain(values(1))],
  // 8 more bits of the weight, two 8-bit moments, and a 16-bit scale per 32 values of each. Source: flashoptim 0.1.3.
  ["flashadamw", plain(bytes(3 + 4 / 32))],
]);

/** Bytes of optimizer state on the GPU, or in managed memory where the optimizer is paged. */
export function optimizerStateBytes(run: Run): number {
  const { state } = memoryOf(run);
  const states = trainedBy(run).reduce((sum, trained) => sum + state(trained), 0);
  return states + masterBytes(run);
}

function masterBytes(run: Run): number {
  const { masterWeights, trainable, weights } = run;
  if (!masterWeights) return 0;
  return (memoryOf(run).remainders && weights === "bfloat16" ? 2 : 4) * trainable;
}

/**
 * Bytes that exist only while the optimizer steps: its own copies, and under master weights 16-bit gradients in float32.
 */
export function optimizerStepBytes(run: Run): number {
  const { step } = memoryOf(run);
  const copies = run.optimizerIsFused ? 0 : trainedBy(run).reduce((sum, trained) => sum + step(trained), 0);
  return copies + (run.masterWeights && run.gradients !== "float32" ? 4 * run.trainable : 0);
}

/** Whether the states lie in managed memory, which torch does not count and which moves to the host when the GPU is full. */
export function isPaged(run: Run): boolean {
  return memoryOf(run).paged ?? false;
}

/** Whether each weight is updated in the backward pass, as soon as its gradient is there. */
export function updatesInBackward(run: Run): boolean {
  return run.optimizerInBackward || (memoryOf(run).inBackward ?? false);
}

/** Whether the states of this optimizer are known. */
export function isKnownOptimizer(name: string): boolean {
  return optimizers.has(tableName(name));
}

function memoryOf({ optimizer }: Run): OptimizerMemory {
  return optimizers.get(tableName(optimizer)) ?? adamw;
}

/** Adapters and modules trained in full may be of different types. */
function trainedBy(run: Run): readonly Trained[] {
  const { adapters, weights, masterWeights, trainable, projectionRank: rank } = run;
  const sizeIn = (dtype: Dtype) => (masterWeights ? 4 : bytesOf(dtype));
  if (!adapters) return [{ parameters: trainable, p: sizeIn(weights), matrices: matricesOf(run), rank }];
  const { saved, parameters, dtype } = adapters;
  return [
    { parameters, p: sizeIn(dtype), matrices: matricesOf(run), rank },
    { parameters: countSaved(saved), p: sizeIn(saved.dtype), matrices: savedMatrices(saved, run.architecture), rank },
  ];
}

/** `torch.optim.AdamW` is `adamw`. */
function tableName(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1).toLowerCase();
}

function sum(matrices: readonly TrainedMatrix[], each: (matrix: TrainedMatrix) => number): number {
  return matrices.reduce((total, matrix) => total + matrix.count * each(matrix), 0);
}

/** The rows and the columns of all. */
function edgesOf(matrices: readonly TrainedMatrix[]): number {
  return sum(matrices, ({ rows, columns }) => rows + columns);
}

function sizeOf(matrices: readonly TrainedMatrix[]): number {
  return sum(matrices, ({ rows, columns }) => rows * columns);
}
