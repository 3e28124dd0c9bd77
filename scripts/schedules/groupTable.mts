import { courseOf } from "../../src/core/schedule/families.ts";
import type { Table } from "../accuracy/report.mts";
import { type Asked, families, isPlotted, type PlottedFamily, requestFor } from "./requests.mts";

/** What becomes of parameters with a rate of their own, by schedulers. */
export function groupTable(): Table {
  return [
    ["Parameters with a peak of their own get", "From"],
    ["the same share of that peak at every update", "all schedulers that are not named here"],
    ["a curve of their own from that peak, with the same floor where that is a rate", listed("own")],
    ["the rate of all others", listed("same")],
  ];
}

/** The schedulers that do so, by families. */
function listed(groups: "own" | "same"): string {
  const names = Object.entries(families).flatMap(([family, asked]) =>
    isPlotted(family) ? namesOf(family, asked, groups) : [],
  );
  return names.join("; ");
}

/** Nothing where none does, and no names where all do. */
function namesOf(family: PlottedFamily, asked: readonly Asked[], groups: "own" | "same"): readonly string[] {
  const plotted = asked.flatMap((one) => {
    const { value: course } = courseOf(family, requestFor(one));
    return course ? [{ name: one.name, does: course.groups === groups }] : [];
  });
  const names = [...new Set(plotted.filter(({ does }) => does).map(({ name }) => `\`${name}\``))];
  if (names.length === 0) return [];
  return plotted.every(({ does }) => does) ? [`all of ${owners[family]}`] : [`${owners[family]}: ${names.join(", ")}`];
}

const owners: Readonly<Record<PlottedFamily, string>> = {
  huggingface: "transformers",
  axolotl: "axolotl",
  llamafactory: "LLaMA-Factory",
  "open-instruct": "open-instruct",
  deepspeed: "DeepSpeed",
  torch: "torch",
  torchtune: "torchtune",
  "litgpt-finetune": "LitGPT's finetuning",
  "litgpt-pretrain": "LitGPT's pretraining",
  composer: "Composer",
  olmo: "OLMo",
  "gpt-neox": "GPT-NeoX",
  megatron: "Megatron",
  nemo: "NeMo 1.x",
  nanotron: "nanotron",
  torchtitan: "torchtitan",
  verl: "verl",
  mlx: "mlx-lm",
  ludwig: "Ludwig",
  ulmfit: "ULMFiT",
  fastai: "fastai",
};
