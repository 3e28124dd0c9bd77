import type { Architecture, BlockGroup, GroupedAttention } from "../models/architecture.ts";
import { type BlockLinears, linearNamed, linearsIn } from "../models/blockLinears.ts";
import { groupedAttention } from "./attentionTape.ts";
import { type BlockSetting, BlockTape } from "./blockTape.ts";
import type { Tape, Tensor } from "./tape.ts";

/**
 * The operations of one block of T5's encoder or decoder: attention, in the decoder attention to the encoder's output as well, taken
 * to be as long, and an MLP; each behind a norm, and with dropout. Source: transformers, models/t5/modeling_t5.py.
 */
export function t5Tape(
  architecture: Architecture,
  attention: GroupedAttention,
  group: BlockGroup,
  setting: BlockSetting,
): Tape {
  const { hidden } = architecture;
  const block = new BlockTape(setting, hidden);
  const linears = linearsIn(architecture, group);
  const normed = (x: Tensor) => block.norm(x, { kind: "t5", parameters: hidden }, hidden);
  const added = (x: Tensor, change: Tensor) => block.add(x, block.dropout(change, hidden));
  const attend = (name: string, x: Tensor, other?: Tensor) => {
    const own = linears.filter(({ path }) => path.includes(name));
    return added(x, groupedAttention(block, architecture, attention, own, normed(x), false, other));
  };
  const self = attend("SelfAttention", block.input);
  const encoded: Tensor = { bytes: block.input.bytes, needsGradient: true };
  const middle = group.kind === "cross-attention" ? attend("EncDecAttention", self, encoded) : self;
  added(middle, feedForward(block, linears, normed(middle)));
  return block.tape;
}

/** ReLU, or a product with GELU in Python; dropout before the last matrix. */
function feedForward(block: BlockTape, linears: BlockLinears, input: Tensor): Tensor {
  const [gate, up, single, out] = ["wi_0", "wi_1", "wi", "wo"].map((name) => linearNamed(linears, name));
  if (!out) return input;
  const inner =
    gate && up
      ? block.multiply(block.pythonGelu(block.linear(input, gate), gate.output), block.linear(input, up))
      : single
        ? block.activation(block.linear(input, single))
        : input;
  return block.linear(block.dropout(inner, out.input), out);
}
