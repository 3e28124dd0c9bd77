import { type BlockLinears, linearNamed } from "../models/blockLinears.ts";
import type { BlockSetting, BlockTape } from "./blockTape.ts";
import { constant, type Tensor } from "./tape.ts";

/** What mixes tokens in blocks without attention: state spaces, linear attention, short convolutions. */
export type Mixer = (block: BlockTape, linears: BlockLinears, input: Tensor, setting: BlockSetting) => Tensor;

/**
 * Mamba 2 in training: convolution, scan, gated norm and output projection are one operation (mamba_split_conv1d_scan_combined),
 * which keeps the input projection and the scan's result and computes the rest again. The convolution has four taps and a
 * bias over all channels but the gate's. Source: state-spaces/mamba, ops/triton/ssd_combined.py.
 */
export const mamba2: Mixer = (block, linears, input, setting) => {
  const { trained, weight, compute, tokens } = setting;
  const into = linearNamed(linears, "in_proj");
  const out = linearNamed(linears, "out_proj");
  if (!into || !out) return input;
  const projected = block.linear(input, into);
  const inner = tokens * out.input * compute;
  const channels = into.output - out.input;
  const scanned = constant(inner);
  return block.tape.record([projected], tokens * out.output * compute, {
    saved: [projected, scanned, ...autocastCopy(setting, out.input * out.output)],
    forwardScratch: inner + tokens * channels * compute,
    backwardScratch: 3 * inner + 2 * tokens * channels * compute,
    weightGradient: trained ? (out.input * out.output + 5 * channels + out.input) * weight : 0,
  });
};

/**
 * Mamba in training: the projection to the inner width and its gate, and one operation for the rest (mamba_inner_fn), which
 * keeps what it reads, the projection to step, B and C, and the scan's result. Source: state-spaces/mamba,
 * ops/selective_scan_interface.py.
 */
export const mamba: Mixer = (block, linears, input, setting) => {
  const { trained, weight, compute, tokens } = setting;
  const [into, narrow, step, out] = ["in_proj", "x_proj", "dt_proj", "out_proj"].map((name) =>
    linearNamed(linears, name),
  );
  if (!into || !narrow || !step || !out) return input;
  const projected = block.linear(input, into);
  const inner = tokens * out.input * compute;
  const steps = constant(2 * tokens * narrow.output * compute);
  const scanned = constant(inner);
  const matrices = [narrow, step, out].reduce((sum, each) => sum + each.input * each.output, 0);
  const states = (narrow.output - step.input) / 2;
  return block.tape.record([projected], tokens * out.output * compute, {
    saved: [projected, steps, scanned, ...autocastCopy(setting, matrices)],
    forwardScratch: 3 * inner,
    backwardScratch: 5 * inner,
    // Four taps and a bias of the convolution, the step's bias, A and D.
    weightGradient: trained ? (matrices + (7 + states) * out.input) * weight : 0,
  });
};

/**
 * Jamba's Mamba, which norms step, B and C, and therefore takes one operation after the other: the convolution and the scan keep what
 * they read, the scan its result before the gate too. Source: transformers, models/jamba/modeling_jamba.py.
 */
export const normedMamba: Mixer = (block, linears, input, { trained, weight, compute, tokens }) => {
  const [into, narrow, step, out] = ["in_proj", "x_proj", "dt_proj", "out_proj"].map((name) =>
    linearNamed(linears, name),
  );
  if (!into || !narrow || !step || !out) return input;
  const { tape } = block;
  const width = out.input;
  const inner = tokens * width * compute;
  const states = (narrow.output - step.input) / 2;
  const own = (values: number) => (trained ? values * weight : 0);
  const projected = block.linear(input, into);
  const convolved = tape.record([block.part(projected, inner)], inner, {
    saved: [projected],
    weightGradient: own(5 * width),
  });
  const parameters = block.linear(convolved, narrow);
  const normed = (values: number) =>
    block.norm(
      block.part(parameters, (parameters.bytes * values) / narrow.output),
      { kind: "rms", parameters: values },
      values,
    );
  const steps = block.linear(normed(step.input), step);
  const [b, c] = [normed(states), normed(states)];
  const scanned = tape.record([convolved, steps, b, c, projected], inner, {
    saved: [convolved, steps, b, c, projected, constant(inner)],
    backwardScratch: inner,
    weightGradient: own((states + 2) * width),
  });
  return block.linear(scanned, out);
};

/** The copy of an operation's own matrices that autocast makes. */
function autocastCopy({ autocast, weight, compute }: BlockSetting, values: number): readonly Tensor[] {
  return autocast && weight !== compute ? [constant(values * compute)] : [];
}

/**
 * A gated short convolution: one projection gives two gates and a value, all three kept; the value's product with the first
 * gate is convolved over `taps` tokens, and the result gated again. Source: transformers, models/lfm2/modeling_lfm2.py.
 */
export const shortConvolution: Mixer = (block, linears, input, { trained, weight }) => {
  const into = linearNamed(linears, "in_proj");
  const out = linearNamed(linears, "out_proj");
  if (!into || !out) return input;
  const projected = block.linear(input, into);
  const third = () => block.part(projected, projected.bytes / 3);
  const gated = block.multiply(third(), third());
  const convolved = block.tape.record([gated], gated.bytes, {
    saved: [gated],
    weightGradient: trained ? taps * out.input * weight : 0,
  });
  const result = block.multiply(third(), convolved);
  return block.linear(block.tape.record([result], result.bytes), out);
};

/** LFM2's `conv_L_cache`. */
const taps = 3;

/**
 * A gated delta net as Qwen3-Next and Qwen3.5 have it, with the kernels of flash-linear-attention and causal-conv1d: the convolution
 * keeps its input; queries and keys are repeated to as many heads as there are values; the chunked rule keeps them normalised, the
 * values, the decays, and 64 values per token and head; a norm gated by another projection keeps both. Sources: transformers,
 * models/qwen3_next/modeling_qwen3_next.py; fla-org/flash-linear-attention, ops/gated_delta_rule/chunk.py.
 */
export const gatedDeltaNet: Mixer = (block, linears, input, { trained, weight, compute, tokens }) => {
  const { tape } = block;
  const out = linearNamed(linears, "out_proj");
  const fused = linearNamed(linears, "in_proj_qkvz");
  const mixed = fused ?? linearNamed(linears, "in_proj_qkv");
  const rates = linearNamed(linears, "in_proj_ba") ?? linearNamed(linears, "in_proj_a");
  const gate = linearNamed(linears, "in_proj_z");
  const beta = linearNamed(linears, "in_proj_b");
  if (!out || !mixed || !rates) return input;
  const values = out.input;
  const convolved = fused ? fused.output - values : mixed.output;
  const heads = beta ? rates.output : rates.output / 2;
  const bytes = (width: number, size = compute) => tokens * width * size;
  const projected = block.linear(input, mixed);
  const joined = fused ? tape.record([projected], bytes(convolved)) : projected;
  const z = gate ? block.linear(input, gate) : tape.record([projected], bytes(values));
  const decay = block.linear(input, rates);
  const strength = beta ? block.linear(input, beta) : decay;
  const open = tape.record([strength], bytes(heads), { savesOutput: true });
  const wide = tape.record([decay], bytes(heads, 4));
  const softplus = tape.record([wide], bytes(heads, 4), { saved: [wide], savesOutput: true });
  const states = bytes((values * values) / heads / chunkTokens);
  const mixedHeads = tape.record([joined], joined.bytes, {
    saved: [joined],
    weightGradient: trained ? 4 * convolved * weight : 0,
  });
  const kept = [3 * bytes(values), bytes(heads * chunkTokens), bytes(3 * heads, 4)].map(constant);
  const attended = tape.record([mixedHeads, open, softplus], bytes(values), {
    saved: [...kept, open],
    forwardScratch: states + 3 * bytes(values),
    backwardScratch: 2 * states + 6 * bytes(values),
    weightGradient: trained ? 2 * heads * weight : 0,
  });
  const normed = tape.record([attended, z], bytes(values), {
    saved: [attended, z, constant(bytes(heads, 4))],
    weightGradient: trained ? (values / heads) * weight : 0,
  });
  return block.linear(normed, out);
};

/** Tokens of a chunk of the delta rule. */
const chunkTokens = 64;
