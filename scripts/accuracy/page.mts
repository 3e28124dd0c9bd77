import { groupsOf, type Sample, totalsOf } from "./groups.mts";
import type { Unknown } from "./outcome.mts";
import { provenanceOf } from "./provenance.mts";
import { groupTable, markdown, type Table, totalsTable, unknownTable } from "./report.mts";
import { type Verdicts, verdictTable } from "./verdicts.mts";
import { weaknessesOf } from "./weaknesses.mts";

/** What the page is made from. */
export interface Results {
  readonly samples: readonly Sample[];
  readonly unknown: readonly Unknown[];
  readonly runs: number;
  readonly verdicts: Verdicts;
  /** The longest sequences that fit. */
  readonly boundaries: Table;
  /** Runs that had no part in it. */
  readonly setAside: Table;
}

/** The page of the documentation that says how far estimates are from measurements. */
export function page({ samples, unknown, runs, verdicts, boundaries, setAside }: Results): string {
  const groups = groupsOf(samples);
  return `# How accurate the memory estimates are

This page is written by a command, from published measurements with the settings that they were made under:

    npm run -s bench:accuracy -- <measured.json> --markdown > docs/accuracy.md

Each run is written as the config that its framework's user would have (TRL and fms-hf-tuning, Qwen's and fsdp_qlora's scripts in
the Trainer's terms, ms-swift, torchtune, LitGPT, axolotl, LLaMA-Factory), with accelerate's and DeepSpeed's files beside it and the
releases of that time, and is then read and estimated as any file is. No GPU is involved. These are the runs that the engine was
corrected against, so the errors are no forecast for other runs: see [what this does not show](#what-this-does-not-show).

Of ${runs} measured runs ${runs - unknown.length} have an estimate; some sources read several counters at once, which makes ${samples.length}
figures. An error is the estimate over the measured figure, less one. The **rule** beside it is the textbook one, 16 bytes per
parameter and s·b·d·L·12 for activations, its states divided by the GPUs where they are fully sharded. **In range** is the share of
the figures that lie between the least and the most that Fine-Tune Lens says of the device. In sources of quality A settings and
counter are certain, in B one of them is inferred, C is for orientation.

${markdown(totalsTable(totalsOf(samples)))}

## What this does not show

${provenanceOf(samples)
  .map((line) => `- ${line}`)
  .join("\n")}

## Runs set aside

Published runs that had no part in making the estimates, kept as configs in scripts/accuracy/setAside.json. **First** is the estimate as it
was when the run was found, before anything was looked at; there was none for GaLore, and of transformers' documentation it was not written
down. What was off in the first round was then looked up in the code of the frameworks and of torch, and mended where that showed a mistake:
float32 embeddings where PEFT prepares a quantised model, attention without a kernel, keys that a framework repeats, what the softmax takes
backwards, torchtune's compiled loss, LLaMA-Factory's \`use_unsloth\`, the states of GaLore's 8-bit optimizers. Then the second round was
looked for, in other sources: what is common is met (LoRA, QLoRA and full fine-tuning on one GPU and several), what is not is far off at
first, such as a million tokens, experts under FSDP 2, MLX, nanotron's pipelines. Of these too some was mended. So **now** is what a fit looks
like, and **first** what the next run may show.

The first two sources measure plain loops that keep the logits through the backward pass, which no trainer does: those bytes, as many as
their scripts say, are left out, as are 831 of the 1,343 MiB that the V100 and its driver took before anything was loaded, more than newer
ones take. torchtune's figures are taken as allocated ones, as those of its other table are; its runs on 8 GPUs do not say all their settings.

${markdown(setAside)}

## Would it fit?

${markdown(verdictTable(verdicts))}

*Tight* means that the run has to get back what torch keeps in its cache. Runs whose GPU the source does not
name, or that used more than the GPU of that name has, are left out.

Unsloth publishes the longest sequences that fit on cards of 12 to 80 GB. There a right estimate takes what the driver leaves of the
card, 94 to 98 %; where torch gives back cached blocks in time, as it may in the Trainer's runs, it takes more:

${markdown(boundaries)}

## By source, method, GPUs and counter

\`allocated\` is torch.cuda.max_memory_allocated, \`reserved\` its max_memory_reserved, \`nvidia-smi\` what that program showed for the
process, \`unstated\` a figure of which the source does not say what it is; it is compared with what the device would show.

${markdown(groupTable(groups))}

## Where it is weak

${weaknessesOf(groups)
  .map((line) => `- ${line}`)
  .join("\n")}

## Runs without an estimate

Fine-Tune Lens says "unknown" and why, instead of a guess.

${markdown(unknownTable(unknown))}
`;
}
