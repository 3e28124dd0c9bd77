import { gradientBytesPerParameter } from "./gradients.ts";
import type { Run } from "./run.ts";

/** What an optimizer keeps for every trained parameter, and what it needs for a moment while it steps. */
interface OptimizerMemory {
  /** Bytes per parameter, where `p` is the size of the parameter itself. */
  readonly state: (p: number) => number;
  /** Bytes per parameter of the copies that torch's multi-tensor (foreach) implementation makes. */
  readonly step: (p: number) => number;
}

const none = () => 0;
const itself = (p: number) => p;
const twice = (p: number) => 2 * p;
const fixed = (bytes: number) => () => bytes;

/** A byte per value and a float32 scale per block of 256. Source: bitsandbytes, optim/optimizer.py. */
const eightBit = 1 + 4 / 256;

const adamw: OptimizerMemory = { state: twice, step: itself };
const fusedAdamw: OptimizerMemory = { state: twice, step: none };
const adamw32: OptimizerMemory = { state: fixed(8), step: none };
const adamw8: OptimizerMemory = { state: fixed(2 * eightBit), step: none };
const lion8: OptimizerMemory = { state: fixed(eightBit), step: none };
const lion32: OptimizerMemory = { state: fixed(4), step: none };
const oneState: OptimizerMemory = { state: itself, step: itself };
const stateless: OptimizerMemory = { state: none, step: none };

/**
 * By the names of transformers' `OptimizerNames`, axolotl's additions, and the classes that other frameworks name, in small
 * letters and without their modules. Source: the states in the code of each.
 */
const optimizers: ReadonlyMap<string, OptimizerMemory> = new Map([
  ["adamw_torch", adamw],
  ["adamw_hf", adamw],
  ["adamw_torch_fused", fusedAdamw],
  ["adamw_apex_fused", fusedAdamw],
  ["adamw_bnb_8bit", adamw8],
  ["adamw_8bit", adamw8],
  ["adamw_torch_8bit", adamw8],
  ["ao_adamw_8bit", adamw8],
  ["paged_adamw", adamw32],
  ["paged_adamw_32bit", adamw32],
  ["paged_adamw_8bit", adamw8],
  ["adamw_torch_4bit", { state: fixed(1 + 8 / 128), step: none }],
  ["ao_adamw_4bit", { state: fixed(1 + 8 / 128), step: none }],
  ["lion_8bit", lion8],
  ["paged_lion_8bit", lion8],
  ["lion_32bit", lion32],
  ["paged_lion_32bit", lion32],
  ["sgd", stateless],
  ["rmsprop", oneState],
  ["rmsprop_bnb", { state: fixed(4), step: none }],
  ["rmsprop_bnb_8bit", lion8],
  ["rmsprop_bnb_32bit", lion32],
  ["adagrad", oneState],
  // torch.optim's classes step with foreach on GPUs; Composer's and bitsandbytes' do not.
  ["adamw", adamw],
  ["adam", adamw],
  ["pagedadamw", adamw32],
  ["pagedadamw32bit", adamw32],
  ["pagedadamw8bit", adamw8],
  ["adamw8bit", adamw8],
  ["adam8bit", adamw8],
  ["decoupled_adamw", fusedAdamw],
  ["fused_adam", adamw32],
  ["fusedadam", adamw32],
  ["lionw", { state: itself, step: none }],
  ["decoupled_lionw", { state: itself, step: none }],
  ["lion", { state: itself, step: none }],
  // Row and column sums instead of a matrix: at most a thousandth of the parameters in matrices of these sizes.
  ["adafactor", { state: fixed(0.004), step: none }],
]);

/** Bytes of optimizer state; an optimizer that is not in the table counts as AdamW. */
export function optimizerStateBytes(run: Run): number {
  return run.trainable * memoryOf(run.optimizer).state(gradientBytesPerParameter(run));
}

/** Bytes that exist only while the optimizer steps. */
export function optimizerStepBytes(run: Run): number {
  return run.trainable * memoryOf(run.optimizer).step(gradientBytesPerParameter(run));
}

/** Whether the states of this optimizer are known; otherwise they are assumed to be AdamW's. */
export function isKnownOptimizer(name: string): boolean {
  return optimizers.has(tableName(name));
}

function memoryOf(name: string): OptimizerMemory {
  return optimizers.get(tableName(name)) ?? adamw;
}

/** `torch.optim.AdamW` is `adamw`. */
function tableName(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1).toLowerCase();
}
