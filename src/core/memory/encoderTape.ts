import type { Architecture, BlockGroup } from "../models/architecture.ts";
import { linearsIn } from "../models/blockLinears.ts";
import { groupedAttention } from "./attentionTape.ts";
import { type BlockSetting, BlockTape } from "./blockTape.ts";
import { normShape } from "./families.ts";
import { feedForwardOf } from "./mlpTape.ts";
import type { Tape } from "./tape.ts";

/**
 * The operations of one block of BERT and its like, which norm what attention and MLP add up to, after dropout. Source: transformers,
 * models/bert/modeling_bert.py.
 */
export function encoderTape(architecture: Architecture, group: BlockGroup, setting: BlockSetting): Tape {
  const { hidden, attention } = architecture;
  const block = new BlockTape(setting, hidden);
  const linears = linearsIn(architecture, group);
  const shape = normShape(architecture, hidden);
  const x = block.input;
  const attended =
    attention.kind === "grouped" ? groupedAttention(block, architecture, attention, linears, x, false) : x;
  const middle = block.norm(block.add(block.dropout(attended, hidden), x), shape, hidden);
  const fed = feedForwardOf(block, architecture, group.feedForward, linears, middle, setting);
  block.norm(block.add(block.dropout(fed, hidden), middle), shape, hidden);
  return block.tape;
}
