import { analyze } from "../../src/core/analyze.ts";
import type { Catalogue } from "../../src/core/models/catalogue.ts";
import { versionsFrom } from "../../src/core/plan/versions.ts";
import { percent, signed, type Table } from "./report.mts";
import { summaryOf } from "./statistics.mts";

/** A run of transformers' Trainer that had no part in making the estimates, and what NVML said of its GPU after it. */
interface RunSetAside {
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly deviceMiB: number;
}

const careful = { per_device_train_batch_size: 1, gradient_accumulation_steps: 4, gradient_checkpointing: true };

/**
 * BERT-large on 512 tokens, on a V100 of 16 GB. Source: Hugging Face, transformers docs/source/en/perf_train_gpu_one.mdx of
 * release 4.27, measured in January 2022.
 */
export const runsSetAside: readonly RunSetAside[] = [
  { settings: { per_device_train_batch_size: 4 }, deviceMiB: 14_949 },
  { settings: { per_device_train_batch_size: 4, fp16: true }, deviceMiB: 13_939 },
  { settings: { per_device_train_batch_size: 4, optim: "adafactor" }, deviceMiB: 12_295 },
  { settings: { per_device_train_batch_size: 4, optim: "adamw_bnb_8bit" }, deviceMiB: 13_085 },
  { settings: { per_device_train_batch_size: 1, gradient_accumulation_steps: 4 }, deviceMiB: 8681 },
  { settings: careful, deviceMiB: 6775 },
  { settings: { ...careful, fp16: true }, deviceMiB: 7275 },
  { settings: { ...careful, fp16: true, optim: "adafactor" }, deviceMiB: 4847 },
  { settings: { ...careful, fp16: true, optim: "adamw_bnb_8bit" }, deviceMiB: 5363 },
];

const shared = { model_name_or_path: "google-bert/bert-large-uncased", max_seq_length: 512, pad_to_max_length: true };
const versions = versionsFrom("transformers=4.15.0,torch=1.10.1");
const mebibyte = 2 ** 20;

/** The estimates of the device's memory over what was measured, less one. NaN where there is none. */
export function errorsSetAside(catalogue: Catalogue): readonly number[] {
  return runsSetAside.map(({ settings, deviceMiB }) => {
    const text = JSON.stringify({ ...shared, learning_rate: 5e-5, num_train_epochs: 1, ...settings });
    const memory = analyze(text, { format: "json", catalogue, versions })?.memory.value;
    return (memory?.deviceBytes ?? Number.NaN) / mebibyte / deviceMiB - 1;
  });
}

/** Each run with its error, and how far all are off. */
export function setAsideTable(catalogue: Catalogue): Table {
  const errors = errorsSetAside(catalogue);
  const { median, p90, bias } = summaryOf(errors);
  const said = (settings: RunSetAside["settings"]) =>
    Object.entries(settings)
      .map(([key, value]) => `${key} ${value}`)
      .join(", ");
  return [
    ["BERT-large, 512 tokens, V100", "Measured, MiB", "Error"],
    ...runsSetAside.map(({ settings, deviceMiB }, index) => [
      said(settings),
      String(deviceMiB),
      signed(errors[index] ?? Number.NaN),
    ]),
    [`all: median ${percent(median)}, p90 ${percent(p90)}`, "", signed(bias)],
  ];
}
