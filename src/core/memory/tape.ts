/** A tensor that a step makes, or that it starts from. */
export interface Tensor {
  readonly bytes: number;
  /** Whether the backward pass has to come through it. */
  readonly needsGradient: boolean;
  /** The tensor that it is a part of: what keeps it keeps the whole. */
  readonly whole?: Tensor;
}

/** A tensor that no gradient comes through. */
export function constant(bytes: number): Tensor {
  return { bytes, needsGradient: false };
}

/** One operation of the forward pass and what its backward pass takes. */
interface Operation {
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  /** What the backward pass needs; it lives until then. */
  readonly saved: readonly Tensor[];
  /** Bytes that exist only while the operation runs, forwards and backwards. */
  readonly forwardScratch: number;
  readonly backwardScratch: number;
  /** Gradients of the operation's own weights. */
  readonly weightGradient: number;
  /** Whether the gradients of inputs as large as the output are the gradient of the output itself, as in a sum. */
  readonly passesGradient: boolean;
}

export interface OperationOptions {
  readonly saved?: readonly Tensor[];
  /** Whether the output is saved too. */
  readonly savesOutput?: boolean;
  readonly forwardScratch?: number;
  readonly backwardScratch?: number;
  readonly weightGradient?: number;
  readonly passesGradient?: boolean;
  /** The tensor that the output is a part of. */
  readonly partOf?: Tensor;
}

/**
 * The operations of a part of the model in their order, as autograd records them. Running it forwards and backwards tells how
 * many bytes are alive at the worst moment: tensors live until their last use, saved ones until their operation's backward
 * pass, gradients until the operation that they are for has taken them.
 */
export class Tape {
  readonly #operations: Operation[] = [];
  readonly #saved = new Set<Tensor>();
  #savedBytes = 0;
  readonly input: Tensor;
  #output: Tensor;

  constructor(inputBytes: number, needsGradient: boolean) {
    this.input = { bytes: inputBytes, needsGradient };
    this.#output = this.input;
  }

  /** Records an operation and returns its output, which is the tape's until there is another. */
  record(inputs: readonly Tensor[], outputBytes: number, options: OperationOptions = {}): Tensor {
    const {
      saved = [],
      savesOutput = false,
      forwardScratch = 0,
      backwardScratch = 0,
      weightGradient = 0,
      passesGradient = false,
      partOf,
    } = options;
    const needsGradient = weightGradient > 0 || inputs.some((input) => input.needsGradient);
    const output: Tensor = partOf
      ? { bytes: outputBytes, needsGradient, whole: held(partOf) }
      : { bytes: outputBytes, needsGradient };
    const kept = needsGradient ? (savesOutput ? [...saved, output] : saved).map(held) : [];
    for (const tensor of kept) this.#save(tensor);
    this.#operations.push({
      inputs,
      output,
      saved: kept,
      forwardScratch,
      backwardScratch,
      weightGradient,
      passesGradient,
    });
    this.#output = output;
    return output;
  }

  /** What the last operation makes. */
  get output(): Tensor {
    return this.#output;
  }

  #save(tensor: Tensor): void {
    if (this.#saved.has(tensor)) return;
    this.#saved.add(tensor);
    this.#savedBytes += tensor.bytes;
  }

  /** Bytes that stay for the backward pass, the input among them where an operation needs it. */
  savedBytes(): number {
    return this.#savedBytes;
  }

  /** Bytes of the gradients of all weights that the operations have. */
  weightGradientBytes(): number {
    return this.#operations.reduce((sum, { weightGradient }) => sum + weightGradient, 0);
  }

  savesInput(): boolean {
    return this.#saved.has(this.input);
  }

  /** The most bytes that are alive during the forward pass, the input aside unless it is saved; in evaluation nothing is. */
  forwardPeakBytes(saves = true): number {
    const lastUse = new Map<Tensor, number>();
    this.#operations.forEach(({ inputs }, index) => {
      for (const input of inputs) lastUse.set(held(input), index);
    });
    const alive = new Set<Tensor>();
    const saved = new Set<Tensor>();
    let bytes = 0;
    const hold = (tensors: Set<Tensor>, tensor: Tensor) => {
      if (!alive.has(tensor) && !saved.has(tensor)) bytes += tensor.bytes;
      tensors.add(tensor);
    };
    let peak = 0;
    this.#operations.forEach((operation, index) => {
      hold(alive, held(operation.output));
      if (saves) for (const tensor of operation.saved) hold(saved, tensor);
      peak = Math.max(peak, bytes + operation.forwardScratch);
      for (const tensor of alive) {
        if ((lastUse.get(tensor) ?? -1) > index) continue;
        alive.delete(tensor);
        if (!saved.has(tensor)) bytes -= tensor.bytes;
      }
    });
    return peak;
  }

  /**
   * The most bytes that are alive during the backward pass: what is still saved, the gradients on their way, and, of weights
   * whose gradients are not there yet, those that have come. Gradients of weights that are there from an earlier pass are added to,
   * so that a new one lives only for a moment.
   */
  backwardPeak(gradientsAreThere: boolean): BackwardPeak {
    const uses = new Map<Tensor, number>();
    for (const { saved } of this.#operations) for (const tensor of saved) uses.set(tensor, (uses.get(tensor) ?? 0) + 1);
    let savedBytes = this.#savedBytes;
    const gradients = new Map<Tensor, Gradient>();
    let gradientBytes = this.#output.bytes;
    gradients.set(this.#output, { bytes: this.#output.bytes, owners: 1 });
    let weightGradients = 0;
    let peak: BackwardPeak = { bytes: 0, weightGradientBytes: 0 };
    const look = (more: number) => {
      const bytes = savedBytes + gradientBytes + weightGradients + more;
      if (bytes > peak.bytes) peak = { bytes, weightGradientBytes: weightGradients };
    };
    look(0);
    for (let index = this.#operations.length - 1; index >= 0; index--) {
      const operation = this.#operations[index];
      const incoming = operation && gradients.get(operation.output);
      if (!operation || !incoming) continue;
      const made: [Tensor, Gradient][] = [];
      for (const input of operation.inputs) {
        if (!input.needsGradient) continue;
        const passed = operation.passesGradient && input.bytes === incoming.bytes;
        if (passed) incoming.owners++;
        made.push([input, passed ? incoming : { bytes: input.bytes, owners: 1 }]);
      }
      const fresh = made.reduce((sum, [, gradient]) => sum + (gradient === incoming ? 0 : gradient.bytes), 0);
      gradientBytes += fresh;
      weightGradients += operation.weightGradient;
      look(operation.backwardScratch);
      if (gradientsAreThere) weightGradients = 0;
      gradients.delete(operation.output);
      gradientBytes -= release(incoming);
      for (const [input, gradient] of made) {
        const present = gradients.get(input);
        if (!present) gradients.set(input, gradient);
        else if (present.owners > 1) {
          // The sum of two gradients of which one is someone else's too needs a place of its own.
          look(present.bytes);
          present.owners--;
          gradientBytes += present.bytes - release(gradient);
          gradients.set(input, { bytes: present.bytes, owners: 1 });
        } else gradientBytes -= release(gradient);
      }
      for (const tensor of operation.saved) {
        const left = (uses.get(tensor) ?? 1) - 1;
        uses.set(tensor, left);
        if (left === 0) savedBytes -= tensor.bytes;
      }
    }
    return peak;
  }
}

export interface BackwardPeak {
  readonly bytes: number;
  /** Of them, gradients of the operations' own weights. */
  readonly weightGradientBytes: number;
}

interface Gradient {
  readonly bytes: number;
  owners: number;
}

/** Bytes that are freed when one of its owners lets go of a gradient. */
function release(gradient: Gradient): number {
  gradient.owners--;
  return gradient.owners === 0 ? gradient.bytes : 0;
}

/** The tensor whose memory another one is in. */
function held(tensor: Tensor): Tensor {
  return tensor.whole ?? tensor;
}
