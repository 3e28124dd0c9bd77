import type { Proposal } from "../advice/makeItFit.ts";
import { usableBytes } from "../gpus/catalogue.ts";
import type { Gpu } from "../gpus/gpu.ts";
import { t } from "../language.ts";
import { formatGibibytesOf } from "../units.ts";
import { verdictWords } from "./verdict.ts";

/** `72.4 of 79.2 GiB on A100 80GB · fits`. */
export function proposalVerdict({ memory, verdict }: Pick<Proposal, "memory" | "verdict">, gpu: Gpu): string {
  return t`${formatGibibytesOf(memory.deviceBytes, usableBytes(gpu))} on ${gpu.name} · ${verdictWords[verdict]}`;
}

/** What a proposal changes of the experiment. */
export function changesText({ changes }: Proposal): string {
  return changes.length === 0 ? t`nothing of what is computed` : changes.join("; ");
}
