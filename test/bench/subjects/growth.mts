import type { Table } from "../../../scripts/accuracy/report.mts";
import { compared } from "../compared.mts";
import { analysisOf, type Config, kilobytes } from "../configs.mts";
import { rowsOfAll } from "../rows.mts";
import type { Subject } from "../subject.mts";

const settings = {
  base_model: "meta-llama/Llama-3.1-8B",
  adapter: "qlora",
  load_in_4bit: true,
  lora_r: 16,
  lora_target_linear: true,
  micro_batch_size: 2,
  gradient_accumulation_steps: 4,
  sequence_len: 2048,
  learning_rate: 2e-4,
  lr_scheduler: "cosine",
  warmup_steps: 10,
  num_epochs: 3,
};

/** A config grows by its list of data sets, and by remarks. */
export const subject: Subject = {
  title: "Time per kB of configs that grow, against one of 4 kB (aim: 1, and 500 ms for 1 MB)",
  measure: async () => [
    ["Format", "kB", "ms", "µs/kB", "Ratio"],
    ...(await rowsOfAll([yaml, json], (write) =>
      rowsOfAll([1, 10, 100, 1000], (size) => rowOf(write(4), write(size))),
    )),
  ],
};

async function rowOf(usual: Config, grown: Config): Promise<Table> {
  const size = kilobytes([grown]);
  const { work, ratio } = await compared(
    { run: () => analysisOf(usual), times: Math.ceil(1000 / kilobytes([usual])) },
    { run: () => analysisOf(grown), times: Math.ceil(1000 / size) },
  );
  const ofSizes = kilobytes([usual]) / size;
  return [
    [grown.name, size.toFixed(0), work.toFixed(2), ((1000 * work) / size).toFixed(1), (ratio * ofSizes).toFixed(2)],
  ];
}

function yaml(size: number): Config {
  const head = Object.entries(settings).map(([key, value]) => `${key}: ${value}\n`);
  const entry = (index: number) => `  # part ${index}, cleaned\n  - path: data/part-${index}.jsonl\n    type: alpaca\n`;
  return { name: "YAML", format: "yaml", text: grow(`${head.join("")}datasets:\n`, entry, "", size) };
}

function json(size: number): Config {
  const head = JSON.stringify(settings, null, 2).replace(/\n\}$/, ',\n  "datasets": [');
  const entry = (index: number) => `${index ? "," : ""}\n    { "path": "data/part-${index}.jsonl", "type": "alpaca" }`;
  return { name: "JSON", format: "json", text: grow(head, entry, "\n  ]\n}\n", size) };
}

function grow(head: string, entry: (index: number) => string, tail: string, size: number): string {
  let text = head;
  for (let index = 0; text.length + tail.length < 1000 * size; index++) text += entry(index);
  return text + tail;
}
