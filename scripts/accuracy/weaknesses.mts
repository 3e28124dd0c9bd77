import type { Group } from "./groups.mts";
import { percent } from "./report.mts";
import { groupBy } from "./statistics.mts";

/** Median error from which a group of runs counts as weak. */
const weakFrom = 0.04;

/** Why estimates of some runs are far off, by words in the name of the group. */
const reasons: readonly (readonly [RegExp, string])[] = [
  [
    /ms-swift.*reserved/,
    "Samples of all lengths one after the other: the blocks of one batch fit no other, so torch goes on taking memory as long as there is some. The figure tells less about the run than about its data.",
  ],
  [
    /QwenLM.*unstated/,
    'The source does not say which counter it read, nor whether its "GB" are 1e9 or 2^30 bytes, which are 7 % apart; its slope over the length agrees with 1e9. Qwen\'s first model code computes the loss in 16 bits where DeepSpeed runs it.',
  ],
  [
    /litgpt.*qlora/,
    "bitsandbytes of that time kept the input of every quantised layer; what the runs of config_hub need besides is not known.",
  ],
  [
    /litgpt.*FSDP/,
    "FSDP has whole gradients while passes accumulate, in LitGPT's units those of frozen weights too. LitGPT takes the longest sample first, before they are there, so that larger batches are overestimated.",
  ],
  [/litgpt/, "LitGPT has model code of its own, which keeps other tensors than that of transformers."],
  [
    /fsdp_qlora/,
    "train.py has no config and is told in the Trainer's terms. It wraps checkpoints inside FSDP's units, the Trainer outside, which changes what stays until the end of the backward pass.",
  ],
  [
    /nvidia-smi|reserved/,
    "What torch keeps in its cache depends on the order in which blocks come and go, and on how much memory is left: near the end of the GPU's memory it gives back what it kept.",
  ],
  [/PEFT|huggingface\/peft/, "The source rounds, and does not say whether the figure is a peak."],
];

/** The weak groups that there is a reason for: each reason once, with the groups that it is about and how far they are off. */
export function weaknessesOf(groups: readonly Group[]): readonly string[] {
  const weak = groups.filter(({ ours }) => ours.median > weakFrom);
  return reasons.flatMap(([pattern, reason]) => {
    const about = weak.filter(({ name }) => reasonFor(name.join(" ")) === pattern);
    const bySource = groupBy(about, ({ name: [source = ""] }) => source.split(": ").at(-1) ?? source);
    const named = [...bySource].map(([source, members]) => `**${source}** (${members.map(offOf).join(", ")})`);
    return named.length === 0 ? [] : [`${named.join("; ")}: ${reason}`];
  });
}

function reasonFor(name: string): RegExp | undefined {
  return reasons.find(([pattern]) => pattern.test(name))?.[0];
}

function offOf({ name: [, method, gpus], ours }: Group): string {
  return `${method} on ${gpus}: ${percent(ours.median)}`;
}
