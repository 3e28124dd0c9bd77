import assert from "node:assert/strict";
import type { Proposal } from "../../../src/core/advice/makeItFit.ts";
import type { LinkedFile } from "../../../src/core/dialects/links.ts";
import { findGpu, usableBytes } from "../../../src/core/gpus/catalogue.ts";
import type { Gpu } from "../../../src/core/gpus/gpu.ts";
import { changedLines } from "../../../src/core/report/fitReport.ts";
import type { TextFormat } from "../../../src/core/text/document.ts";
import { gibibyte } from "../../../src/core/units.ts";
import { analysisOf, answered } from "../analysis.ts";
import { linkedFile } from "../dialects/reading.ts";
import { applyEdits } from "../edits.ts";
import { configs } from "./configs.ts";

const a100 = gpuNamed("a100-80gb");

function gpuNamed(id: string): Gpu {
  const gpu = findGpu(id);
  assert.ok(gpu, id);
  return gpu;
}

/** A GPU that has so much to give. */
function gpuOf(gib: number): Gpu {
  return { ...a100, id: "own", name: "Own GPU", memoryGiB: gib, usableGiB: gib };
}

function adviceOf(text: string, gpu: Gpu, gpus?: number, format: TextFormat = "yaml") {
  const analysis = analysisOf(text, { format, ...(gpus === undefined ? {} : { gpus }) });
  const advice = analysis.makeItFit(gpu);
  assert.ok(advice, JSON.stringify(analysis.memory));
  return { analysis, advice };
}

/** The plan and the memory of the text with a proposal's edits in it. */
function readAgain(text: string, { edits }: Proposal, gpus?: number, format: TextFormat = "yaml") {
  return analysisOf(applyEdits(text, edits), { format, ...(gpus === undefined ? {} : { gpus }) });
}

describe("making a run fit", () => {
  it("begins with what computes the same and ends with adapters, and says what each costs", () => {
    const order = [/host's memory/, /^LoRA/, /^QLoRA/];
    for (const [framework, text] of Object.entries(configs)) {
      const { proposals } = adviceOf(text, a100).advice;
      const ranks = proposals.map(({ title, changes }) => {
        const named = order.findIndex((pattern) => pattern.test(title));
        return named >= 0 ? 2 + named : changes.length > 0 ? 1 : 0;
      });
      assert.deepEqual(ranks, [...ranks].sort(), framework);
      for (const { cost, title } of proposals) assert.notEqual(cost, "", title);
    }
  });

  it("tries no more sizes of a micro batch than any run has, however large it says it is", () => {
    const { axolotl: text = "" } = configs;
    const { advice } = adviceOf(text.replace("micro_batch_size: 8", "micro_batch_size: 868935004"), a100);
    assert.equal(advice.verdict, "no");
  });

  it("takes smaller passes and as many more of them where that is enough, and changes nothing else", () => {
    const { axolotl: text = "" } = configs;
    const lora = `${text}adapter: lora\nlora_r: 16\nlora_alpha: 32\nlora_target_linear: true\ngradient_checkpointing: true\n`;
    const halved = lora.replace("micro_batch_size: 8", "micro_batch_size: 4");
    const need = answered(analysisOf(halved).memory).deviceBytes;
    const cutText = `${lora}plugins:\n  - axolotl.integrations.liger.LigerPlugin\nliger_fused_linear_cross_entropy: true\n`;
    const fused = answered(
      analysisOf(cutText.replace("micro_batch_size: 8", "micro_batch_size: 4")).memory,
    ).deviceBytes;
    assert.ok(fused < need);
    const [first] = adviceOf(cutText, gpuOf(fused / gibibyte + 0.01)).advice.proposals;
    assert.equal(first?.title, "Micro batch 4 × 4 passes");
    assert.deepEqual(changedLines(cutText, first?.edits ?? []), [
      "- micro_batch_size: 8",
      "+ micro_batch_size: 4",
      "- gradient_accumulation_steps: 2  # 16 per GPU",
      "+ gradient_accumulation_steps: 4  # 16 per GPU",
    ]);
  });

  it("shards over several GPUs in the framework's own words", () => {
    const { TRL: text = "" } = configs;
    const small = text.replace("train_batch_size: 16", "train_batch_size: 1");
    const [first] = adviceOf(small, gpuOf(48), 8).advice.proposals;
    assert.deepEqual(first?.changes, []);
    const { parallelism } = readAgain(small, first as Proposal, 8).plan;
    assert.match(parallelism.sharding.value ?? "", /^zero-[23]$/);
    assert.match(applyEdits(small, first?.edits ?? []), /^fsdp: "(?:full_shard|shard_grad_op) auto_wrap"$/m);
  });

  it("goes to the DeepSpeed file of a higher stage where it is there, and only where it is", () => {
    const text = `model_name_or_path: meta-llama/Llama-2-7b-hf
stage: sft
do_train: true
finetuning_type: full
cutoff_len: 1024
per_device_train_batch_size: 1
bf16: true
deepspeed: examples/deepspeed/ds_z2_config.json
`;
    const stage = (value: number) =>
      linkedFile(`/ds_z${value}_config.json`, `{"zero_optimization": {"stage": ${value}}}`);
    const titles = (...stages: readonly number[]) => {
      const files = stages.map((value) => [`examples/deepspeed/ds_z${value}_config.json`, stage(value)] as const);
      const linked = new Map<string, LinkedFile | null>([["examples/deepspeed/ds_z3_config.json", null], ...files]);
      const { proposals = [] } = analysisOf(text, { gpus: 8, linked }).makeItFit(gpuOf(36)) ?? {};
      return proposals.map(({ title, edits }) => [title, changedLines(text, edits).at(-1)]);
    };
    assert.ok(
      titles(2, 3).some(
        ([title, line]) =>
          title?.includes("All states sharded over 8 GPUs") &&
          line === "+ deepspeed: examples/deepspeed/ds_z3_config.json",
      ),
      JSON.stringify(titles(2, 3)),
    );
    assert.ok(titles(2).every(([title]) => !/sharded/i.test(title ?? "")));
  });

  it("raises a rate for all weights to what is usual for adapters, and says so; other rates stay", () => {
    const { axolotl: text = "" } = configs;
    const { proposals } = adviceOf(text, gpuNamed("rtx-4090")).advice;
    const lora = proposals.find(({ title }) => title.startsWith("LoRA"));
    assert.ok(lora);
    assert.match(lora.title, /^LoRA of rank 16, learning rate 2e-4/);
    assert.ok(lora.changes.some((change) => change.includes("learning rate 2e-4, usual for adapters")));
    const { plan } = readAgain(text, lora);
    assert.deepEqual([plan.method.value, plan.lora?.rank.value, plan.learningRate.peak.value], ["lora", 16, 2e-4]);
    const already = applyEdits(text, lora.edits).replace("2e-4", "1e-4");
    for (const proposal of adviceOf(already, gpuOf(12)).advice.proposals) {
      assert.equal(readAgain(already, proposal).plan.learningRate.peak.value, 1e-4, proposal.title);
    }
  });

  it("makes evaluation smaller where that is what does not fit, and leaves training as it is", () => {
    const text = `model_name_or_path: meta-llama/Llama-2-7b-hf
dtype: bfloat16
max_length: 2048
per_device_train_batch_size: 1
per_device_eval_batch_size: 64
eval_strategy: epoch
use_peft: true
learning_rate: 2.0e-04
packing: true
loss_type: nll
`;
    const { peakAt, trainDeviceBytes } = answered(analysisOf(text).memory);
    assert.equal(peakAt, "evaluation");
    const [first] = adviceOf(text, gpuOf(trainDeviceBytes / gibibyte + 0.5)).advice.proposals;
    assert.deepEqual(first?.changes, []);
    const [gone, added, ...others] = changedLines(text, first?.edits ?? []);
    assert.deepEqual([gone, others], ["- per_device_eval_batch_size: 64", []]);
    assert.match(added ?? "", /^\+ per_device_eval_batch_size: \d+$/);
  });

  it("takes torch's own key away from an optimizer that does not know it", () => {
    const { torchtune: text = "" } = configs;
    const full = text.replace("lora_llama2_7b", "llama2_7b");
    const { advice } = adviceOf(full, gpuOf(40));
    const eightBit = advice.proposals.find(({ title }) => title.startsWith("8-bit AdamW"));
    assert.ok(eightBit, JSON.stringify(advice.proposals.map(({ title }) => title)));
    const lines = changedLines(full, eightBit.edits);
    assert.ok(lines.includes("-   fused: True"));
    assert.ok(lines.includes("+   _component_: torchao.optim.AdamW8bit"));
  });

  it("turns torchtune's LoRA into QLoRA by the builder's name, and its loss into the linear one", () => {
    const { torchtune: text = "" } = configs;
    const { proposals } = adviceOf(text, gpuOf(10)).advice;
    const after = applyEdits(text, proposals[0]?.edits ?? []);
    assert.match(after, /_component_: torchtune\.models\.llama2\.qlora_llama2_7b$/m);
    assert.match(after, /_component_: torchtune\.modules\.loss\.LinearCrossEntropyLoss$/m);
    assert.match(after, /batch_size: (\d+)\ngradient_accumulation_steps: (\d+) {2}# Use to increase/);
  });

  it("cuts sequences only where nothing else is enough, and says how", () => {
    const { axolotl: text = "" } = configs;
    const small = text.replace("micro_batch_size: 8", "micro_batch_size: 1");
    const least = adviceOf(small, gpuOf(1)).advice.smallest;
    assert.ok(least);
    const [first] = adviceOf(small, gpuOf(least.memory.deviceBytes / gibibyte + 0.1)).advice.proposals;
    assert.match(first?.title ?? "", /^QLoRA .* and sequences of [\d,]+ tokens$/);
    const length = readAgain(small, first as Proposal).plan.sequenceLength.value ?? 0;
    assert.ok(length >= 256 && length < 4096 && length % 256 === 0, String(length));
  });

  it("has nothing to propose where the run fits, but says how far it can grow", () => {
    const { axolotl: text = "" } = configs;
    const tiny = text
      .replace("meta-llama/Llama-2-7b-hf", "HuggingFaceTB/SmolLM2-135M")
      .replace("h_size: 8", "h_size: 1");
    const { advice } = adviceOf(tiny, a100);
    assert.deepEqual([advice.verdict, advice.proposals, advice.smallest], ["fits", [], null]);
    const { microBatch = 0 } = advice.room ?? {};
    const deviceBytes = (size: number) =>
      answered(analysisOf(tiny.replace("micro_batch_size: 1", `micro_batch_size: ${size}`)).memory).deviceBytes;
    assert.ok(microBatch > 1);
    assert.ok(deviceBytes(microBatch) <= usableBytes(a100));
    assert.ok(deviceBytes(microBatch + 1) > usableBytes(a100));
  });

  it("says how small it gets where nothing fits, and how many GPUs would do", () => {
    const { axolotl: text = "" } = configs;
    const large = text.replace("Llama-2-7b-hf", "Llama-2-70b-hf");
    const { advice } = adviceOf(large, gpuNamed("rtx-3060-12gb"));
    assert.deepEqual(advice.proposals, []);
    assert.equal(advice.smallest?.verdict, "no");
    // 70e9 weights in 4 bits are 35 GB: three cards of 12 GiB at least.
    assert.ok((advice.minGpus ?? 0) >= 3);
  });

  it("adds no key to a config of a framework that nobody knows", () => {
    const text = `model:
  name: meta-llama/Llama-2-7b-hf
training:
  learning_rate: 2e-5
  batch_size: 8
  gradient_accumulation_steps: 1
  max_seq_length: 4096
`;
    const { analysis, advice } = adviceOf(text, a100);
    assert.equal(analysis.dialect.id, "generic");
    const all = [...advice.proposals, ...(advice.smallest ? [advice.smallest] : [])];
    assert.notEqual(all.length, 0);
    for (const { edits } of all) {
      const keys = (config: string) => config.match(/^ *\w+:/gm);
      assert.deepEqual(keys(applyEdits(text, edits)), keys(text));
    }
  });

  it("is unknown where the memory is", () => {
    const { axolotl: text = "" } = configs;
    assert.equal(analysisOf(text.replace("meta-llama/Llama-2-7b-hf", "nobody/knows")).makeItFit(a100), null);
  });

  it("leaves JSON, Windows' line breaks and comments as they are", () => {
    const json = `{
  // run
  "model_name_or_path": "meta-llama/Llama-2-7b-hf",
  "finetuning_type": "full",
  "stage": "sft",
  "cutoff_len": 2048,
  "per_device_train_batch_size": 4, "gradient_accumulation_steps": 2,
  "learning_rate": 1e-5
}
`.replaceAll("\n", "\r\n");
    const { advice } = adviceOf(json, gpuNamed("rtx-4090"), undefined, "json");
    assert.notEqual(advice.proposals.length, 0);
    for (const proposal of advice.proposals) {
      const after = applyEdits(json, proposal.edits);
      assert.deepEqual(answered(readAgain(json, proposal, undefined, "json").memory), proposal.memory);
      assert.ok(after.includes("  // run\r\n"));
      assert.doesNotMatch(after, /[^\r]\n/);
    }
  });
});
