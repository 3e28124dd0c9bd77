import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { comparedGpus, compareRuns, type WayToTrain, waysToTrain } from "../../../src/core/advice/compareMethods.ts";
import type { Analysis } from "../../../src/core/analyze.ts";
import { findGpu } from "../../../src/core/gpus/catalogue.ts";
import { gpusToHold } from "../../../src/core/memory/ruleOfThumb.ts";
import type { Setting } from "../../../src/core/memory/variation.ts";
import { architectureIn } from "../../../src/core/models/facts.ts";
import { parse } from "../../../src/core/text/parse.ts";
import { analysisOf, answered } from "../analysis.ts";

const gpu = (id: string) => findGpu(id) ?? assert.fail(id);
const settingOf = ({ model, versions }: Analysis): Setting => ({
  architecture: answered(architectureIn(model)),
  versions,
});

function ways(text: string, gpus = 8): readonly WayToTrain[] {
  const analysis = analysisOf(text);
  return waysToTrain(analysis.plan, answered(analysis.model).id, settingOf(analysis), gpus);
}

function way(all: readonly WayToTrain[], id: WayToTrain["id"]): WayToTrain {
  return all.find((each) => each.id === id) ?? assert.fail(id);
}

const llama7b =
  "base_model: meta-llama/Llama-2-7b-hf\nsequence_len: 2048\nmicro_batch_size: 1\nlearning_rate: 2e-5\nbf16: true\n";

describe("the ways to train beside layers that are trained in place", () => {
  it("are all other ways", () => {
    const analysis = analysisOf(
      "stage: sft\nfinetuning_type: freeze\nmodel_name_or_path: Qwen/Qwen2.5-0.5B\nlearning_rate: 1e-5\ncutoff_len: 512\nper_device_train_batch_size: 1\nbf16: true\n",
    );
    const ways = waysToTrain(analysis.plan, answered(analysis.model).id, settingOf(analysis), 8);
    assert.deepEqual(
      ways.filter(({ current }) => current),
      [],
    );
  });
});

describe("the ways to train a model", () => {
  // "What Does Full Fine-tuning Mean?": weights, gradients and states at 16N, activations s·b·d·L·12, A100s of 80 GB.
  for (const [model, total, a100s] of [
    ["meta-llama/Llama-2-7b-hf", 115.2, 2],
    ["meta-llama/Llama-2-13b-hf", 213.0, 3],
    ["meta-llama/Llama-2-70b-hf", 1136.1, 15],
  ] as const) {
    it(`have the article's rule of thumb beside them: ${model} in full takes ${total} GB on ${a100s} A100s`, () => {
      const { ruleOfThumb } = way(ways(llama7b.replace("meta-llama/Llama-2-7b-hf", model)), "full");
      assert.equal(Number((ruleOfThumb.totalBytes / 1e9).toFixed(1)), total);
      assert.equal(gpusToHold(ruleOfThumb.totalBytes, 80), a100s);
    });
  }

  it("are full, full with an 8-bit optimizer, LoRA and QLoRA; the config's own is marked", () => {
    const marked = (text: string) => ways(text).map(({ label, current }) => (current ? `${label} *` : label));
    assert.deepEqual(marked(llama7b), ["Full *", "Full, 8-bit AdamW", "LoRA r=16", "QLoRA r=16"]);
    assert.deepEqual(marked(`${llama7b}optimizer: adamw_bnb_8bit\n`), [
      "Full",
      "Full, 8-bit AdamW *",
      "LoRA r=16",
      "QLoRA r=16",
    ]);
    assert.deepEqual(marked(`${llama7b}adapter: lora\nlora_r: 64\nlora_target_linear: true\n`), [
      "Full",
      "Full, 8-bit AdamW",
      "LoRA r=64 *",
      "QLoRA r=64",
    ]);
  });

  it("count the bytes of weights and states that they keep", () => {
    const all = ways(llama7b);
    const parameters = 6_738_415_616;
    // axolotl loads bfloat16 weights, whose AdamW states are bfloat16 too; 8-bit states have a float32 scale per 256 values.
    const full = way(all, "full").onOne.components;
    assert.equal(full.weights, 2 * parameters);
    assert.equal(full.optimizer, 4 * parameters);
    // Rank 16 on all seven linear layers of 32 blocks: 32 · 16 · (4·(4096 + 4096) + 3·(4096 + 11008)) = 39,976,960.
    const adapters = 39_976_960;
    assert.equal(way(all, "lora").onOne.components.weights, 2 * parameters + 4 * adapters);
    assert.equal(way(all, "lora").onOne.components.optimizer, 8 * adapters);
  });

  it("need less from one to the next, and less when they are sharded", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("meta-llama/Llama-2-7b-hf", "Qwen/Qwen2.5-1.5B", "meta-llama/Llama-3.1-8B"),
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom(512, 2048, 4096),
        fc.integer({ min: 2, max: 64 }),
        (model, micro, length, gpus) => {
          const all = ways(
            `base_model: ${model}\nsequence_len: ${length}\nmicro_batch_size: ${micro}\nlearning_rate: 2e-5\nbf16: true\ngradient_checkpointing: true\n`,
            gpus,
          );
          const [full, eightBit, lora, qlora] = all.map(({ onOne }) => onOne.allocatedBytes);
          assert.ok(full !== undefined && eightBit !== undefined && lora !== undefined && qlora !== undefined);
          assert.ok(full >= eightBit && eightBit >= lora && lora >= qlora);
          for (const { onOne, sharded } of all) {
            assert.ok(sharded.components.weights <= onOne.components.weights);
            assert.ok(sharded.components.optimizer <= onOne.components.optimizer);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it("take as few GPUs of a kind as hold them", () => {
    const all = ways(llama7b);
    for (const { onOne, fitOn } of all) {
      const fit = fitOn(gpu("a100-80gb"));
      assert.equal(fit.minGpus === 1, onOne.deviceBytes <= 79.2 * 2 ** 30);
    }
    assert.equal(way(ways(`${llama7b}gradient_checkpointing: true\n`), "qlora").fitOn(gpu("rtx-4090")).minGpus, 1);
    assert.ok((way(all, "full").fitOn(gpu("rtx-4090")).minGpus ?? 0) > 1);
  });
});

describe("the bars of the memory chart", () => {
  const labels = (text: string, gpus: number) => {
    const analysis = analysisOf(text);
    return compareRuns(analysis.plan, settingOf(analysis), gpus).map(({ label }) => label);
  };

  it("leave out what the config does anyway", () => {
    assert.deepEqual(labels(llama7b, 8), [
      "This config (Full)",
      "LoRA r=16",
      "QLoRA r=16",
      "8-bit AdamW",
      "ZeRO-2 on 8 GPUs",
      "ZeRO-3 on 8 GPUs",
    ]);
    assert.deepEqual(labels(`${llama7b}adapter: qlora\nload_in_4bit: true\nlora_r: 8\nlora_target_linear: true\n`, 4), [
      "This config (QLoRA r=8)",
      "Full",
      "LoRA r=16",
      "QLoRA r=16",
      "8-bit AdamW",
      "ZeRO-2 on 4 GPUs",
      "ZeRO-3 on 4 GPUs",
    ]);
    assert.ok(!labels(`${llama7b}optimizer: adamw_8bit\n`, 8).includes("8-bit AdamW"));
  });

  it("keep DeepSpeed's own buffers where the config has them, so that its own stage is no other way", () => {
    const [json = assert.fail()] = parse(readFileSync("examples/deepspeed/zero3.json", "utf8"), "json");
    const linked = new Map([["../deepspeed/zero3.json", { document: json, uri: "file:///zero3.json" }]]);
    const text = readFileSync("examples/llama-factory/qwen2.5_1.5b_full_zero3.yaml", "utf8");
    const analysis = analysisOf(text, { linked, gpus: 4 });
    const bars = compareRuns(analysis.plan, settingOf(analysis), 4).map(({ label }) => label);
    assert.equal(analysis.plan.parallelism.sharding.value, "zero-3");
    assert.ok(bars.includes("ZeRO-2 on 4 GPUs"));
    assert.ok(!bars.includes("ZeRO-3 on 4 GPUs"));
  });

  it("shard over the config's GPUs, or those of one machine", () => {
    const { plan } = analysisOf(llama7b);
    assert.equal(comparedGpus(analysisOf(llama7b, { gpus: 4 }).plan, null), 4);
    assert.equal(comparedGpus(plan, null), 8);
    assert.equal(comparedGpus(plan, gpu("rtx-4090")), 8);
  });
});
