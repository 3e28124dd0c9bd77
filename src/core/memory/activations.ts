import { type Adapters, bytesOf, type Run } from "./run.ts";

// Bytes per token that autograd keeps for the backward pass of one block, as transformers' Llama runs it:
// h hidden, q query width, k key/value width, f intermediate, a heads, s sequence length, r rank.
// Source: counts of every live tensor in the real model code on fake CUDA tensors, transformers 5.18, peft 0.21, torch 2.13.

/** The type that matrix products run in. */
function computeBytes({ autocast, weights }: Run): number {
  return bytesOf(autocast ?? weights);
}

/** Whether the residual stream is float32: the weights are, or the norms of a quantised model. */
function residualBytes({ weights, quantization }: Run): number {
  return weights === "float32" || quantization?.float32Norms ? 4 : 2;
}

/** Bytes per token that one block keeps without checkpointing. */
export function blockBytesPerToken(run: Run): number {
  return run.adapters
    ? attentionBytes(run) + adaptedBlockBytes(run, run.adapters)
    : attentionBytes(run) + trainedBlockBytes(run);
}

/** Queries, keys, values, the output, and for each head the log-sum-exp (flash) or the rows of scores (eager). */
function attentionBytes(run: Run): number {
  const { attention, sequenceLength } = run;
  const { queryWidth: q, keyValueWidth: k, heads: a } = run.block;
  const c = computeBytes(run);
  if (attention === "eager") return 4 * q * c + (c === 2 ? 6 : 4) * a * sequenceLength;
  return c === 2 ? 4 * q + 4 * k + 4 * a : 16 * q + 4 * a;
}

/**
 * A block whose weights are all trained. Each norm keeps its float32 input, the normalised input and its reciprocal root;
 * each linear layer its input: one for q, k, v and one for gate, up, but a cast copy each under autocast; the MLP keeps
 * gate, up, silu(gate) and their product.
 */
function trainedBlockBytes(run: Run): number {
  const { hidden: h } = run.architecture;
  const { intermediate: f } = run.block;
  const c = computeBytes(run);
  const w = bytesOf(run.weights);
  const norms = 2 * ((4 + w) * h + 4);
  const inputs = w > c ? 5 * c * h : 2 * c * h;
  return norms + inputs + 4 * c * f;
}

/**
 * A frozen block with adapters. The norms keep their float32 input only; gate, up and silu(gate) are needed to come back
 * through the MLP; the adapters keep their inputs and r values each.
 */
function adaptedBlockBytes(run: Run, adapters: Adapters): number {
  const { hidden: h } = run.architecture;
  const { intermediate: f } = run.block;
  const norms = 8 * h + 8;
  const mlp = 3 * (run.quantization?.float32Norms ? 4 : computeBytes(run)) * f;
  const ranks = adapters.linears.length * adapterComputeBytes(run, adapters) * adapters.rank;
  return norms + mlp + adapterInputBytes(run, adapters) + ranks;
}

/** The type in which the adapters multiply. */
function adapterComputeBytes({ autocast }: Run, { dtype }: Adapters): number {
  return bytesOf(autocast ?? dtype);
}

/**
 * What the adapters keep of their inputs. With dropout each keeps the dropped-out input and a mask of a byte; where the
 * input has another type than the adapter, each keeps a cast copy; else q, k and v share one norm's output, gate and up
 * the other's, o has the attention output, which is kept anyway, and down the product of silu(gate) and up.
 */
function adapterInputBytes(run: Run, adapters: Adapters): number {
  const { hidden: h } = run.architecture;
  const { intermediate: f } = run.block;
  const t = adapterComputeBytes(run, adapters);
  if (adapters.dropout) return adapters.linears.reduce((sum, { input }) => sum + (1 + t) * input, 0);
  const copied = adapters.linears.filter(({ name }) => castsInput(run, adapters, name));
  const names = adapters.linears.filter((linear) => !copied.includes(linear)).map(({ name }) => name);
  const shared =
    (names.some((name) => /^[qkv]_proj$/.test(name)) ? h : 0) +
    (names.some((name) => name === "gate_proj" || name === "up_proj") ? h : 0) +
    (names.includes("down_proj") ? f : 0);
  return copied.reduce((sum, { input }) => sum + t * input, 0) + computeBytes(run) * shared;
}

/** PEFT casts the input of a float32 adapter; a quantised model with float32 norms hands float32 to all but o. */
function castsInput(run: Run, { dtype }: Adapters, name: string): boolean {
  if (run.quantization) return run.quantization.float32Norms && name !== "o_proj";
  return dtype === "float32" && computeBytes(run) === 2;
}

/** Bytes per token that checkpointing keeps for one block: its input. */
export function checkpointBytesPerToken(run: Run): number {
  return residualBytes(run) * run.architecture.hidden;
}

/** Bytes per token that come and go while the backward pass is inside one block, over what the block keeps. */
export function blockBackwardBytesPerToken(run: Run): number {
  return Math.max(mlpBackwardBytes(run), attentionBackwardBytes(run));
}

/** Eager attention's softmax takes a float32 gradient in and gives one out, after the MLP's gradients are gone. */
function attentionBackwardBytes({ attention, block, sequenceLength }: Run): number {
  return attention === "eager" ? 8 * block.heads * sequenceLength : 0;
}

function mlpBackwardBytes(run: Run): number {
  const { hidden: h } = run.architecture;
  const { intermediate: f } = run.block;
  const { adapters } = run;
  if (!adapters) return 2 * h + 2 * f;
  if (run.quantization?.float32Norms) return 8 * h + (adapters.dropout ? 8 : 4) * f;
  if (!adapters.linears.some(({ name }) => name === "down_proj")) return 2 * h + 6 * f;
  if (adapters.dropout) return 10 * h + 10 * f;
  return castsInput(run, adapters, "down_proj") ? 10 * h + 6 * f : 2 * h + 4 * f;
}

/** Bytes per token outside the blocks: the final norm's input and output, and the labels. */
export function headBytesPerToken(run: Run): number {
  const { hidden: h } = run.architecture;
  const norm = run.adapters ? 6 * h : (4 + bytesOf(run.weights) + computeBytes(run)) * h;
  return norm + 4 + 8;
}

/**
 * Bytes of the 16-bit copies that autocast makes of float32 matrices: it keeps every one until the forward pass ends.
 * Without checkpointing autograd keeps them until the block that used them is done. Fully sharded weights are gathered in
 * 16 bits instead.
 */
export function weightCastBytes({ parameters, weights, autocast, quantization, sharding }: Run): number {
  if (weights !== "float32" || autocast === null || quantization || sharding === "zero-3") return 0;
  return 2 * (parameters.linears + (parameters.outputLayer || parameters.embedding));
}
