import { hasEightBitStates } from "../advice/compareMethods.ts";
import { type Hypothesis, triedMethods, triedOptimizers } from "../advice/hypothesis.ts";
import { type Room, roomOn } from "../advice/room.ts";
import { canWrite } from "../advice/whatIf.ts";
import type { Analysis } from "../analyze.ts";
import { t } from "../language.ts";
import type { Sourced } from "../plan/sourced.ts";
import { formatCount } from "../units.ts";
import { settingOf } from "./alternatives.ts";
import { type Control, choice, type NumberControl, stopsOf, type Trial } from "./controls.ts";
import { scheduleControls, scheduleSummary } from "./scheduleControls.ts";
import { methodNames } from "./topicText.ts";
import { commonGpus, memoryText, verdictText } from "./verdict.ts";

/** The rows of controls that try other values, and what comes of them; every text is ready and plain. */
export interface WhatIfView {
  /** What decides the memory. */
  readonly controls: readonly Control[];
  /** What decides the learning rate over the run. */
  readonly schedule: readonly Control[];
  /** What comes of it for the memory, beside what the file comes to; empty where that is the same. */
  readonly answer: string;
  /** The same for the schedule. */
  readonly scheduleAnswer: string;
  /** Whether anything else than the file's values is tried. */
  readonly tries: boolean;
  /** Whether something can be written into the file. */
  readonly writes: boolean;
}

export type RoomRow = readonly [gpu: string, microBatch: string, sequenceLength: string];

/** `analysis` is that of the trial: of the file where nothing is tried. */
export function whatIfView(analysis: Analysis, { file, hypothesis }: Trial): WhatIfView {
  const tries = Object.keys(hypothesis).length > 0;
  return {
    controls: controls(analysis, { file, hypothesis }),
    schedule: scheduleControls(analysis, { file, hypothesis }),
    answer: answered(verdictText(analysis), verdictText(file), memoryText(file)),
    scheduleAnswer: answered(scheduleSummary(analysis), scheduleSummary(file)),
    tries,
    writes: analysis.document.text !== file.document.text,
  };
}

/** What comes of what is tried beside the file's, in brief; nothing where that is the same. */
function answered(tried: string, file: string, brief = ""): string {
  return tried === file ? "" : t`What if: ${tried}. The file: ${brief || file}.`;
}

/** Controls for what the framework has keys for; the number of GPUs, which most leave to the launcher, can always be tried. */
function controls({ plan }: Analysis, { file, hypothesis }: Trial): readonly Control[] {
  const writable = (tried: Hypothesis) => canWrite(file.document, file.dialect, tried);
  const own = file.plan;
  const { optimizer } = own;
  const checkpointing = plan.gradientCheckpointing.value ?? false;
  return [
    ...(writable({ microBatch: (own.batch.micro.value ?? 0) + 1 })
      ? number("microBatch", t`Micro batch`, plan.batch.micro, own.batch.micro, [1, 256])
      : []),
    ...(writable({ sequenceLength: (own.sequenceLength.value ?? 0) + 1 })
      ? number("sequenceLength", t`Sequence length`, plan.sequenceLength, own.sequenceLength, [128, 131_072])
      : []),
    ...number("gpus", t`GPUs (only tried)`, plan.parallelism.gpus, own.parallelism.gpus, [1, 256]),
    ...choice(
      "method",
      t`Method`,
      hypothesis.method,
      own.method.value ? methodNames[own.method.value] : t`unknown`,
      triedMethods.filter((method) => method !== own.method.value && writable({ method })),
      methodNames,
    ),
    ...choice(
      "optimizer",
      t`Optimizer`,
      hypothesis.optimizer,
      optimizer.name.value ?? t`unknown`,
      triedOptimizers.filter((id) => !(id === "adamw" && isAdamw(optimizer.name.value)) && writable({ optimizer: id })),
      optimizerNames,
    ),
    ...(writable({ gradientCheckpointing: !(own.gradientCheckpointing.value ?? false) })
      ? [
          {
            kind: "switch",
            name: "gradientCheckpointing",
            label: t`Gradient checkpointing`,
            value: checkpointing,
          } as const,
        ]
      : []),
  ];
}

type Range = readonly [least: number, most: number];

/** Stops at the powers of two in the range, at the file's value, and at that which is tried. */
function number(
  name: NumberControl["name"],
  label: string,
  { value }: Sourced<number>,
  own: Sourced<number>,
  [least, most]: Range,
): readonly NumberControl[] {
  if (!isCount(value)) return [];
  const powers = [];
  for (let power = least; power <= most; power *= 2) powers.push(power);
  return [{ kind: "number", name, label, unit: "count", value, least: 1, stops: stopsOf(powers, value, own.value) }];
}

function isCount(value: number | undefined): value is number {
  return value !== undefined && Number.isSafeInteger(value) && value > 0;
}

/** Whether it is AdamW with all of its states. */
function isAdamw(name: string | undefined): boolean {
  return /adamw/i.test(name ?? "") && !hasEightBitStates(name);
}

const optimizerNames = {
  adamw: "AdamW",
  adamw8bit: t`8-bit AdamW`,
  pagedAdamw8bit: t`Paged 8-bit AdamW`,
} as const;

/** How far the run can grow on the GPU that is meant, or on the common ones. */
export function roomRows(analysis: Analysis): readonly RoomRow[] {
  const setting = settingOf(analysis);
  const { plan, memory, target } = analysis;
  return setting && memory.value ? roomOn(target ? [target] : commonGpus(analysis), plan, setting).map(roomRow) : [];
}

function roomRow({ gpu, microBatch, sequenceLength, endsAtContext }: Room): RoomRow {
  return [
    gpu.name,
    microBatch === 0 ? t`none fits` : formatCount(microBatch),
    sequenceLength === 0
      ? t`none fits`
      : `${formatCount(sequenceLength)}${endsAtContext ? t`, the model's limit` : ""}`,
  ];
}
