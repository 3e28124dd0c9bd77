import type { Attention } from "../plan/plan.ts";
import { constant, Tape, type Tensor } from "./tape.ts";

/** The types and adapters with which the operations of a block run; sizes are in bytes per value. */
export interface BlockSetting {
  readonly tokens: number;
  /** Tokens that attend to each other. */
  readonly sequenceLength: number;
  /** Of the weights of linear layers. */
  readonly weight: number;
  /** Of the weights of norms. */
  readonly norm: number;
  /** Of what flows between the blocks. */
  readonly residual: number;
  /** Of matrix products: autocast's type, or the weights'. */
  readonly compute: number;
  readonly autocast: boolean;
  /** Whether the model's own weights are trained. */
  readonly trained: boolean;
  readonly quantized: boolean;
  readonly attention: Attention;
  /** Whether norms and gated MLPs are computed by kernels of their own. */
  readonly fusedNorms: boolean;
  readonly fusedMlp: boolean;
  /** Whether an activation in several steps of Python is one of torch's own. */
  readonly ownActivations: boolean;
  /** Whether attention gets keys and values of all heads where the model has fewer. */
  readonly repeatsKeys: boolean;
  /** Whether the GPU has flash attention's kernels. */
  readonly flashKernels: boolean;
  /** Whether quantised layers keep their input (bitsandbytes before 0.43.2). */
  readonly keepsQuantizedInputs: boolean;
  /** Bytes per weight of the copy of a block's experts that are quantised in one tensor; 0 where they are not. */
  readonly expertCopy: number;
  /** How many GPUs each gather and keep the whole input of layers that they share; one where it is not kept. */
  readonly gatherers: number;
  readonly adapters: AdapterSetting | null;
  /** Names of the linear layers with adapters. */
  readonly adapted: ReadonlySet<string>;
}

export interface AdapterSetting {
  readonly rank: number;
  readonly weight: number;
  readonly dropout: boolean;
}

/** A linear layer of the block: its name and its width on both sides. */
export interface LinearShape {
  readonly name: string;
  readonly input: number;
  readonly output: number;
}

/** What attention works on, and the widths of a token's queries and of its keys. */
export interface Attended {
  readonly query: Tensor;
  readonly key: Tensor;
  readonly value: Tensor;
  readonly heads: number;
  readonly width: number;
  readonly keyValueWidth: number;
  /** Widths of a token's values and of what attention makes of them, where they are not those of keys and queries. */
  readonly valueWidth?: number;
  readonly outputWidth?: number;
  /** Whether the block looks back less far than the sequence goes. */
  readonly windowed: boolean;
  /** What is done to the scores of eager attention. */
  readonly scores: ScoreSetting;
}

/** Heads, the widths of a token's queries and of the result, and the bytes of a value. */
interface AttentionShape {
  readonly heads: number;
  readonly width: number;
  readonly outputWidth: number;
  readonly size: number;
}

export interface ScoreSetting {
  /** Whether they are bent by a tanh (Gemma 2). */
  readonly softCapped: boolean;
  /** Whether the softmax has the type of the scores instead of float32. */
  readonly narrow: boolean;
  /** Whether probabilities are dropped. */
  readonly dropout: boolean;
  /** Whether each row has a learned score without a token, which is cut off, so that products need a copy (gpt-oss). */
  readonly sinks: boolean;
}

/** A norm of the residual stream or of heads. */
export interface NormShape {
  /** RMSNorm in Python, Gemma's with its float32 weight, T5's, which scales its input as it is, or torch's LayerNorm. */
  readonly kind: "rms" | "gemma" | "t5" | "layer";
  readonly parameters: number;
}

/** Records the operations of a block as transformers runs them, with what autograd keeps of each. */
export class BlockTape {
  readonly tape: Tape;
  readonly #setting: BlockSetting;

  constructor(setting: BlockSetting, width: number) {
    this.#setting = setting;
    this.tape = new Tape(setting.tokens * width * setting.residual, true);
  }

  get input(): Tensor {
    return this.tape.input;
  }

  /** A norm of `width` values per token in groups that each have their own mean; a query of 32 heads has 32. */
  norm(input: Tensor, { kind, parameters }: NormShape, width: number, groups = 1): Tensor {
    return kind === "layer"
      ? this.#layerNorm(input, width, parameters)
      : this.#rmsNorm(input, kind, width, groups, parameters);
  }

  /**
   * RMSNorm: the input in float32, its square, the reciprocal root of the mean, their product, and the weight. Gemma
   * multiplies with one plus the weight in float32 before it goes back to the stream's type. A fused kernel keeps the input as it
   * is and the root.
   */
  #rmsNorm(input: Tensor, kind: NormShape["kind"], width: number, groups: number, parameters: number): Tensor {
    const gemma = kind === "gemma";
    const { trained, norm, fusedNorms } = this.#setting;
    const { tape } = this;
    const size = this.#sizeOf(input, width);
    if (fusedNorms) {
      return tape.record([input], input.bytes, {
        saved: [input, constant(this.#bytes(groups, 4))],
        weightGradient: trained ? parameters * norm : 0,
      });
    }
    const float32Bytes = this.#bytes(width, 4);
    const float32 = this.cast(input, width, 4);
    const square = tape.record([float32], float32Bytes, { saved: [float32], backwardScratch: 2 * float32Bytes });
    const mean = tape.record([square], this.#bytes(groups, 4));
    const root = tape.record([mean], mean.bytes, { savesOutput: true });
    const factor = kind === "t5" ? input : float32;
    const scaled = tape.record([factor, root], float32Bytes, {
      saved: [factor, root],
      backwardScratch: float32Bytes,
    });
    const normalised = gemma ? scaled : this.cast(scaled, width, size);
    const output = gemma ? 4 : Math.max(size, norm);
    const learns = trained && parameters > 0;
    const weighted = tape.record([normalised], this.#bytes(width, output), {
      saved: learns ? [normalised] : [],
      backwardScratch: learns ? this.#bytes(width, output) : 0,
      weightGradient: learns ? parameters * norm : 0,
    });
    return gemma ? this.cast(weighted, width, size) : weighted;
  }

  /** torch's own LayerNorm keeps its input, the mean and the reciprocal deviation; autocast runs it in float32. */
  #layerNorm(input: Tensor, width: number, parameters: number): Tensor {
    const { trained, norm, autocast } = this.#setting;
    const x = autocast ? this.cast(input, width, 4) : input;
    const statistics = constant(this.#bytes(2, 4));
    return this.tape.record([x], x.bytes, { saved: [x, statistics], weightGradient: trained ? parameters * norm : 0 });
  }

  /** The input of layers that GPUs share which share the sequence, too: beside its part each keeps those of the others. */
  gathered(input: Tensor): Tensor {
    const others = (this.#setting.gatherers - 1) * input.bytes;
    if (others === 0) return input;
    return this.tape.record([input], input.bytes, { saved: [constant(others)], backwardScratch: others });
  }

  /** A linear layer with what PEFT puts beside it. */
  linear(input: Tensor, shape: LinearShape): Tensor {
    const { adapters, adapted, trained, weight, compute, quantized, autocast } = this.#setting;
    const { name, input: width, output } = shape;
    const values = width * output;
    const size = quantized ? this.#sizeOf(input, width) : compute;
    const x = this.cast(input, width, size);
    const isCast = autocast && !quantized && weight !== compute;
    const copy = isCast ? [constant(values * compute)] : [];
    const dequantized = quantized ? 2 * values : 0;
    const base = this.tape.record([x], this.#bytes(output, size), {
      saved: [...(trained || (quantized && this.#setting.keepsQuantizedInputs) ? [x] : []), ...copy],
      forwardScratch: dequantized,
      backwardScratch: dequantized + (trained && isCast ? values * compute : 0),
      weightGradient: trained ? values * weight : 0,
    });
    return adapters && adapted.has(name) ? this.#withAdapter(input, base, shape, adapters) : base;
  }

  /**
   * LoRA: dropout, the two narrow matrices, and the sum with the layer's own output. The input is cast to the adapter's type,
   * unless a quantised layer runs under autocast; autocast then casts it back to its own.
   */
  #withAdapter(input: Tensor, base: Tensor, shape: LinearShape, { rank, weight, dropout }: AdapterSetting): Tensor {
    const { autocast, compute, quantized } = this.#setting;
    const { tape } = this;
    const { input: width, output } = shape;
    const inner = autocast ? compute : weight;
    const own = quantized && autocast ? input : this.cast(input, width, weight);
    const mask = constant(this.#bytes(width, 1));
    const dropped = dropout ? tape.record([own], own.bytes, { saved: [mask] }) : own;
    const x = this.cast(dropped, width, inner);
    const narrow = (tensor: Tensor, outputs: number, values: number) =>
      tape.record([tensor], this.#bytes(outputs, inner), {
        saved: [tensor, ...(inner === weight ? [] : [constant(values * inner)])],
        weightGradient: values * weight,
      });
    const up = narrow(narrow(x, rank, rank * width), output, rank * output);
    const scaled = tape.record([up], up.bytes);
    const sum = tape.record([base, scaled], Math.max(base.bytes, scaled.bytes), { passesGradient: true });
    return sum.bytes === base.bytes ? sum : tape.record([sum], base.bytes);
  }

  /** Rotary positions: products with the cosine and the sine, which all blocks share, and their sum. */
  rotate(input: Tensor): Tensor {
    return this.tape.record([input], input.bytes, {
      forwardScratch: 2 * input.bytes,
      backwardScratch: 2 * input.bytes,
    });
  }

  /**
   * Flash attention keeps queries, keys, values, its output and a log-sum-exp per head, in 16 bits; so does torch's memory-efficient
   * kernel, in float32 and on older GPUs too, with keys and values of all heads: it does not take fewer. Without a kernel torch keeps the
   * softmax, as eager attention does. transformers repeats keys and values itself where heads are wider than flash attention takes.
   * Source: pytorch aten/src/ATen/native/transformers/cuda/sdp_utils.cpp; transformers, integrations/sdpa_attention.py.
   */
  attention({ query, key, value, heads, width, keyValueWidth, windowed, scores, ...other }: Attended): Tensor {
    const { tape } = this;
    const { valueWidth = keyValueWidth, outputWidth = width } = other;
    const { compute, autocast, sequenceLength, attention, repeatsKeys, flashKernels } = this.#setting;
    const size = autocast ? compute : attention === "flash" ? 2 : this.#sizeOf(query, width);
    const eager = attention === "eager";
    if (attention === "recomputed" || attention === "narrow") {
      return this.#mlxAttention([query, key, value], { heads, width, outputWidth, size }, attention === "recomputed");
    }
    const masked = windowed && attention === "sdpa";
    const grouped = keyValueWidth !== width;
    const repeats = repeatsKeys || (attention === "sdpa" && width > 256 * heads);
    const takesGroups = attention === "flash" || (attention === "sdpa" && flashKernels && size < 4);
    const expands = grouped && (eager || repeats || masked);
    const all = (tensor: Tensor, wide: number) => (expands ? tape.record([tensor], this.#bytes(wide, size)) : tensor);
    const q = this.cast(query, width, size);
    const k = all(this.cast(key, keyValueWidth, size), width);
    const v = all(this.cast(value, valueWidth, size), outputWidth);
    const shape = { heads, width, outputWidth, size };
    if (eager) return this.#eagerAttention([q, k, v], shape, scores);
    if (grouped && !expands && !takesGroups) return this.#kernellessAttention([q, k, v], shape);
    const logSumExp = constant(this.#bytes(heads, 4));
    const bias = constant(masked ? size * sequenceLength ** 2 : 0);
    return tape.record([q, k, v], this.#bytes(outputWidth, size), {
      saved: [q, k, v, logSumExp, bias],
      savesOutput: true,
    });
  }

  /**
   * Scores, softmax, dropout and the weighted sum of values, one after the other; products copy parts of a projection. Source of what
   * the softmax takes backwards, its gradient times its output: pytorch aten/src/ATen/native/cuda/SoftMax.cu, `softmax_backward_cuda_out`.
   */
  #eagerAttention(
    [q, k, v]: readonly [Tensor, Tensor, Tensor],
    { heads, outputWidth, size }: AttentionShape,
    scores: ScoreSetting,
  ): Tensor {
    const { tape } = this;
    const { sequenceLength, autocast } = this.#setting;
    const row = heads * sequenceLength;
    const copied = (tensor: Tensor) => (tensor.whole ? tape.record([tensor], tensor.bytes) : tensor);
    const [query, key] = [copied(q), copied(k)];
    const products = tape.record([query, key], this.#bytes(row, size), {
      saved: [query, key],
      forwardScratch: this.#bytes(row, size),
    });
    const capped = scores.softCapped ? tape.record([products], products.bytes, { savesOutput: true }) : products;
    const wide = scores.narrow && !autocast ? capped : this.cast(capped, row, 4);
    const softmax = tape.record([wide], wide.bytes, { savesOutput: true, backwardScratch: wide.bytes });
    const narrow = this.cast(softmax, row, size);
    const cut = scores.sinks ? tape.record([narrow], narrow.bytes) : narrow;
    const probabilities = scores.dropout ? this.dropout(cut, row) : cut;
    const value = copied(v);
    const attended = tape.record([probabilities, value], this.#bytes(outputWidth, size), {
      saved: [probabilities, value],
    });
    return tape.record([attended], attended.bytes);
  }

  /**
   * torch's own attention without a kernel, in float32: keys and values of all heads, queries and keys scaled, scores with a mask of its
   * own, a softmax that looks for rows without any score, and the weighted sum; sum and softmax go back to the inputs' type. Source:
   * pytorch aten/src/ATen/native/transformers/attention.cpp, `_scaled_dot_product_attention_math`; native/SoftMax.cpp, `_safe_softmax`.
   */
  #kernellessAttention(
    [q, k, v]: readonly [Tensor, Tensor, Tensor],
    { heads, width, outputWidth, size }: AttentionShape,
  ): Tensor {
    const { tape } = this;
    const { sequenceLength } = this.#setting;
    const row = heads * sequenceLength;
    const mask = 4 * sequenceLength ** 2;
    const wide = (tensor: Tensor) => (size === 4 ? tensor : tape.record([tensor], (tensor.bytes * 4) / size));
    const query = tape.record([wide(q)], this.#bytes(width, 4));
    const key = tape.record([tape.record([wide(k)], this.#bytes(width, 4))], this.#bytes(width, 4));
    const value = tape.record([wide(v)], this.#bytes(outputWidth, 4));
    const products = tape.record([query, key], this.#bytes(row, 4), { saved: [query, key], forwardScratch: mask });
    const softmax = tape.record([products], products.bytes, {
      savesOutput: true,
      forwardScratch: mask + products.bytes + this.#bytes(row, 1),
      backwardScratch: products.bytes,
    });
    const attended = tape.record([softmax, value], this.#bytes(outputWidth, 4), {
      saved: [softmax, value],
      forwardScratch: mask,
    });
    if (size === 4) return tape.record([attended], attended.bytes);
    const output = tape.record([attended], this.#bytes(outputWidth, size), {
      forwardScratch: mask + this.#bytes(row, size),
    });
    return tape.record([output], output.bytes);
  }

  /**
   * MLX's attention: scaled queries, scores, their softmax, all in the type of the queries and with no copies of keys and values, of which
   * the softmax is kept; or its kernel, whose backward pass computes them again and has the softmax, its gradient and the product of
   * both. Masks, differences and sums are written over what they are made of. Source: mlx, mlx/fast.cpp
   * (scaled_dot_product_attention, Custom::vjp) and mlx/primitives.cpp (Softmax::vjp).
   */
  #mlxAttention(
    [query, key, value]: readonly [Tensor, Tensor, Tensor],
    { heads, outputWidth, size }: AttentionShape,
    recomputed: boolean,
  ): Tensor {
    const { tape } = this;
    const scores = this.#bytes(heads * this.#setting.sequenceLength, size);
    const output = this.#bytes(outputWidth, size);
    if (recomputed) {
      return tape.record([query, key, value], output, { saved: [query, key, value], backwardScratch: 3 * scores });
    }
    const scaled = tape.record([query], query.bytes);
    const products = tape.record([scaled, key], scores, { saved: [scaled, key] });
    const softmax = tape.record([products], scores, { savesOutput: true });
    return tape.record([softmax, value], output, { saved: [softmax, value] });
  }

  /** The sum of two tensors in the wider type of both. */
  add(a: Tensor, b: Tensor): Tensor {
    return this.tape.record([a, b], Math.max(a.bytes, b.bytes), { passesGradient: true });
  }

  /** Tensors one after the other in a new one. */
  join(tensors: readonly Tensor[], bytes: number): Tensor {
    return this.tape.record(tensors, bytes);
  }

  /** A part of a fused projection; what keeps it keeps the whole. */
  part(whole: Tensor, bytes: number): Tensor {
    return this.tape.record([whole], bytes, { partOf: whole });
  }

  /** An activation function of torch's own keeps its input. */
  activation(input: Tensor): Tensor {
    return this.tape.record([input], input.bytes, { saved: [input] });
  }

  /**
   * GPT-2's GELU in Python: the input, its tanh, one plus that, and half the input. Autocast runs the power, and what follows
   * from it, in float32.
   */
  pythonGelu(input: Tensor, width: number): Tensor {
    const { tape } = this;
    if (this.#setting.ownActivations) return this.activation(input);
    const wide = this.#setting.autocast ? this.cast(input, width, 4) : input;
    const cube = tape.record([wide], wide.bytes, { saved: [wide], backwardScratch: 2 * wide.bytes });
    const inner = tape.record([wide, cube], wide.bytes, { passesGradient: true });
    const tanh = tape.record([tape.record([inner], wide.bytes)], wide.bytes, { savesOutput: true });
    const factor = tape.record([tanh], wide.bytes, { passesGradient: true });
    return this.multiply(tape.record([input], input.bytes), factor);
  }

  /** What a gated MLP makes of its gate and its other half: an activation and a product, or one kernel that keeps both inputs. */
  gated(gate: Tensor, up: Tensor, activation: (gate: Tensor) => Tensor, whole: readonly Tensor[] = [gate, up]): Tensor {
    return this.#setting.fusedMlp
      ? this.tape.record([gate, up], up.bytes, { saved: whole })
      : this.multiply(activation(gate), up);
  }

  /** A product keeps both factors. */
  multiply(a: Tensor, b: Tensor, kept: readonly Tensor[] = [a, b]): Tensor {
    return this.tape.record([a, b], Math.max(a.bytes, b.bytes), { saved: kept });
  }

  /** Dropout keeps a mask of a byte per value. */
  dropout(input: Tensor, width: number): Tensor {
    return this.tape.record([input], input.bytes, { saved: [constant(this.#bytes(width, 1))] });
  }

  /** The tensor in a type of `size` bytes; itself where it has it, and where it is another block's. */
  cast(tensor: Tensor, width: number, size: number): Tensor {
    const bytes = this.#bytes(width, size);
    return bytes === tensor.bytes || tensor.bytes === 0 ? tensor : this.tape.record([tensor], bytes);
  }

  /** A tensor of `width` values of `size` bytes per token. */
  #bytes(width: number, size: number): number {
    return this.#setting.tokens * width * size;
  }

  #sizeOf({ bytes }: Tensor, width: number): number {
    return bytes / (this.#setting.tokens * width);
  }
}
