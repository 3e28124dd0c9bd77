import { readFileSync } from "node:fs";
import { blocksOf } from "../../src/core/memory/blocks.ts";
import { decoderTape } from "../../src/core/memory/decoderTape.ts";
import { estimateMemory } from "../../src/core/memory/estimate.ts";
import { gradientBytes } from "../../src/core/memory/gradients.ts";
import { headTape } from "../../src/core/memory/headTape.ts";
import { optimizerStateBytes } from "../../src/core/memory/optimizer.ts";
import { gpusToHold, ruleOfThumb } from "../../src/core/memory/ruleOfThumb.ts";
import { type Run, tokensOf } from "../../src/core/memory/run.ts";
import { blockSetting, headSetting, lossSetting } from "../../src/core/memory/settings.ts";
import type { Tape } from "../../src/core/memory/tape.ts";
import { adapterWeightBytes, baseWeightBytes } from "../../src/core/memory/weights.ts";
import { componentStyles } from "../../src/core/report/components.ts";
import { formatCount, formatGibibytes, formatGigabytes, gibibyte } from "../../src/core/units.ts";
import type { Table } from "../accuracy/report.mts";
import { autocast, checkpointed, kept, llama2, llama31, lora, pure, qlora, told, trainer } from "./examples.mts";

/** The tables of the page on memory, by their names. */
export const tables: Readonly<Record<string, () => Table>> = {
  rule: ruleTable,
  wrong: wrongTable,
  types: typesTable,
  block: blockTable,
  loss: lossTable,
  sharding: shardingTable,
  example: exampleTable,
};

/** LLaMA as the article counts it: size, width, blocks. */
const llamas = [
  ["LLaMA 7B", 7e9, 4096, 32],
  ["LLaMA 13B", 13e9, 5120, 40],
  ["LLaMA 70B", 70e9, 8192, 80],
] as const;

/** The textbook's own three models, one sequence of 2,048 tokens. */
function ruleTable(): Table {
  const rows = llamas.map(([name, parameters, hidden, layers]) => {
    const run = { parameters, trainable: parameters, sequenceLength: 2048, batch: 1, hidden, layers };
    const rule = ruleOfThumb({ ...run, method: "full" });
    const gpus = gpusToHold(rule.totalBytes, 80);
    return [name, ...[rule.stateBytes, rule.activationBytes, rule.totalBytes].map(formatGigabytes), `${gpus}`];
  });
  return [["Model", "16N", "s·b·d·L·12", "Together", "A100 80GB"], ...rows];
}

/** Runs of the same model, so that what differs is what the rule does not ask. */
function wrongTable(): Table {
  const runs = [
    ["float32 weights, autocast", trainer(llama2, autocast, kept)],
    ["bfloat16 throughout", trainer(llama2, pure, kept)],
    ["the same, checkpointed", trainer(llama2, pure, checkpointed)],
    ["the same, 8-bit AdamW", trainer(llama2, pure, checkpointed, "optim: adamw_bnb_8bit\n")],
    ["LoRA", trainer(llama2, lora, kept)],
    ["QLoRA, checkpointed", trainer(llama2, qlora, checkpointed)],
    ["Llama 3.1 8B in bfloat16, 8 sequences", trainer(llama31, pure, checkpointed, "per_device_train_batch_size: 8\n")],
  ] as const;
  return [
    ["Run", "Rule of thumb", "Fine-Tune Lens", "States", "Activations", "Logits and loss", "At the"],
    ...runs.map(([name, { memory, rule }]) => {
      const { weights, gradients, optimizer, activations, logits } = memory.components;
      const sizes = [rule.totalBytes, memory.deviceBytes, weights + gradients + optimizer, activations, logits];
      return [name, ...sizes.map(formatGibibytes), memory.peakAt];
    }),
  ];
}

/** Bytes for each of the model's parameters. */
function typesTable(): Table {
  const bfloat16 = trainer(llama2, pure, checkpointed);
  const with8bit = trainer(llama2, pure, checkpointed, "optim: adamw_bnb_8bit\n");
  const runs: readonly (readonly [string, Run])[] = [
    ["bfloat16 throughout, AdamW", bfloat16.run],
    ["float32 weights, autocast, AdamW", trainer(llama2, autocast, checkpointed).run],
    ["bfloat16, float32 master weights, AdamW", { ...bfloat16.run, masterWeights: true }],
    ["bfloat16, 8-bit AdamW", with8bit.run],
    ["bfloat16, Adafactor", { ...bfloat16.run, optimizer: "adafactor" }],
    ["bfloat16, SGD", { ...bfloat16.run, optimizer: "sgd" }],
    ["LoRA of rank 16 on all linear layers", trainer(llama2, lora, checkpointed).run],
    ["QLoRA, scales quantised too", trainer(llama2, qlora, checkpointed).run],
  ];
  return [["Run", "Weights", "Gradients", "Optimizer", "Together"], ...runs.map(([name, run]) => [name, ...each(run)])];
}

function each(run: Run): readonly string[] {
  const parts = [baseWeightBytes(run) + adapterWeightBytes(run), gradientBytes(run), optimizerStateBytes(run)];
  return [...parts, parts.reduce((sum, bytes) => sum + bytes, 0)].map((bytes) => digits(bytes / run.parameters.total));
}

/** What one block keeps of each token until its backward pass. */
function blockTable(): Table {
  const plain = trainer(llama2, pure, kept).run;
  const runs: readonly (readonly [string, Run])[] = [
    ["Llama 2 7B, bfloat16", plain],
    ["Llama 2 7B, kernels for norms and MLP (Liger)", { ...plain, fusedNorms: true, fusedMlp: true }],
    ["Llama 2 7B, eager attention", { ...plain, attention: "eager" }],
    ["Llama 2 7B, LoRA", trainer(llama2, lora, kept).run],
    ["Llama 3.1 8B, bfloat16", trainer(llama31, pure, kept).run],
    ["any of them, checkpointed", trainer(llama2, pure, checkpointed).run],
  ];
  return [
    ["Run", "Bytes per token and block", "of them per unit of width", "Rule of thumb"],
    ...runs.map(([name, run]) => {
      const { hidden } = run.architecture;
      const bytes = keptPerToken(run);
      return [name, formatCount(bytes), digits(bytes / hidden), "12"];
    }),
  ];
}

function keptPerToken(run: Run): number {
  const setting = blockSetting(run);
  const [block] = blocksOf(run);
  if (!block) return 0;
  if (run.checkpointing) return run.architecture.hidden * setting.residual;
  return decoderTape(run.architecture, block, setting).savedBytes() / setting.tokens;
}

const losses: readonly (readonly [name: string, loss: Pick<Run, "loss"> & Partial<Run>])[] = [
  ["all logits at once, with a float32 copy", { loss: "materialised" }],
  ["all at once, without one", { loss: "narrow" }],
  ["the gradient written over the logits (Unsloth)", { loss: "in-place" }],
  ["logits in 16 bits, the loss in 8 pieces (torchtune)", { loss: "split" }],
  ["8 pieces, each with its logits (torchtune's linear losses)", { loss: "sliced" }],
  ["either of them, compiled", { loss: "split", fusedLoss: true }],
  ["256 tokens at a time, in both passes (TRL)", { loss: "chunked" }],
  ["fused with the output layer (Liger)", { loss: "fused" }],
];

/** The head of Llama 3.1 8B, which is not trained, on 2,048 tokens, by the way in which the loss is computed. */
function lossTable(): Table {
  const { run } = trainer(llama31, lora, checkpointed);
  return [
    ["Loss", "End of the forward pass", "Its backward pass", "of them per logit"],
    ...losses.map(([name, loss]) => {
      const tape = headOf({ ...run, ...loss });
      const { bytes } = tape.backwardPeak(true);
      const perLogit = bytes / (tokensOf(run) * run.architecture.vocab);
      return [name, formatGibibytes(tape.forwardPeakBytes()), formatGibibytes(bytes), digits(perLogit)];
    }),
  ];
}

function headOf(run: Run): Tape {
  return headTape(run.architecture, headSetting(run), lossSetting(run));
}

/** Llama 3.1 8B in bfloat16 with AdamW on eight GPUs. */
function shardingTable(): Table {
  const { run } = trainer(llama31, pure, checkpointed);
  const ways: readonly (readonly [string, Run["sharding"]])[] = [
    ["data parallel", "none"],
    ["ZeRO-1", "zero-1"],
    ["ZeRO-2", "zero-2"],
    ["ZeRO-3, FSDP", "zero-3"],
  ];
  return [
    ["States", "Weights", "Gradients", "Optimizer", "Buffers", "Device"],
    ...ways.map(([name, sharding]) => {
      const { components, deviceBytes } = estimateMemory({ ...run, gpus: 8, sharding, accumulates: true });
      const { weights, gradients, optimizer, buffers } = components;
      return [name, ...[weights, gradients, optimizer, buffers, deviceBytes].map(formatGibibytes)];
    }),
  ];
}

/** The file of the examples that the page follows from its lines to a number. */
export const exampleFile = "examples/axolotl/llama-2-7b-full.yml";

function exampleTable(): Table {
  const { memory } = told(readFileSync(exampleFile, "utf8"), "yaml");
  const parts = componentStyles.map(({ key, label }) => [label, memory.components[key]] as const);
  const sums: readonly (readonly [string, number])[] = [
    ["**Allocated**, as torch counts", memory.allocatedBytes],
    ["**Reserved**, with cached blocks", memory.reservedBytes],
    ["**Device**, as nvidia-smi shows", memory.deviceBytes],
    ["Least", memory.lowBytes],
    ["Most to expect", memory.highBytes],
  ];
  return [
    [`At the ${memory.peakAt}`, "Bytes", "GiB"],
    ...[...parts, ...sums].map(([name, bytes]) => [
      name,
      formatCount(Math.round(bytes)),
      (bytes / gibibyte).toFixed(2),
    ]),
  ];
}

function digits(value: number): string {
  return value.toFixed(2);
}
