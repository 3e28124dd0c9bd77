import assert from "node:assert/strict";
import { axolotl } from "../../../src/core/dialects/axolotl.ts";
import { huggingFace } from "../../../src/core/dialects/huggingFace.ts";
import { llamaFactory } from "../../../src/core/dialects/llamaFactory.ts";
import { msSwift } from "../../../src/core/dialects/msSwift.ts";
import type { Versions } from "../../../src/core/plan/versions.ts";
import { analysisOf, answered } from "../analysis.ts";
import { groupsOf, linkedFile, planOf } from "./reading.ts";

const uri = "file:///llm/ds.json";
const blocks = (scheduler: string) => `{
  "zero_optimization": { "stage": 2 },
  "optimizer": { "type": "AdamW", "params": { "lr": "auto", "betas": "auto", "weight_decay": "auto" } },
  "scheduler": ${scheduler}
}`;
const auto = blocks(
  '{ "type": "WarmupDecayLR", "params": { "total_num_steps": "auto", "warmup_max_lr": "auto", "warmup_num_steps": "auto" } }',
);
const own = blocks(
  '{ "type": "WarmupLR", "params": { "warmup_min_lr": 0, "warmup_num_steps": 500, "warmup_type": "linear" } }',
);
const text = `model_name_or_path: meta-llama/Llama-3.2-1B
learning_rate: 3e-5
weight_decay: 0.02
adam_beta2: 0.95
optim: adafactor
lr_scheduler_type: cosine
warmup_ratio: 0.1
deepspeed: ds.json
`;
const planWith = (config: string, versions: Versions = {}) =>
  planOf(huggingFace, text, { linked: new Map([["ds.json", linkedFile(uri, config)]]), versions });

describe("a DeepSpeed configuration with an optimizer and a scheduler of its own", () => {
  it("puts its scheduler in the place of the config's, whatever lr_scheduler_type says", () => {
    const { learningRate } = planWith(auto);
    assert.equal(learningRate.scheduler.value, "WarmupDecayLR");
    assert.equal(learningRate.scheduler.origin, "linked");
    assert.equal(learningRate.scheduler.place?.uri, uri);
    assert.equal(learningRate.family, "deepspeed");
  });

  it("takes the config's values where it says auto", () => {
    const { learningRate, optimizer } = planWith(auto);
    assert.equal(learningRate.peak.value, 3e-5);
    assert.deepEqual(learningRate.warmup.value, { ratio: 0.1, rounding: "up" });
    assert.deepEqual(learningRate.schedulerArguments.value, new Map());
    assert.equal(optimizer.name.value, "AdamW");
    assert.equal(optimizer.weightDecay.value, 0.02);
    assert.equal(optimizer.beta2.value, 0.95);
  });

  it("goes up to 0.001 where a decay, or an older release's warmup, does not say how far", () => {
    const decay = blocks('{ "type": "WarmupDecayLR", "params": { "total_num_steps": 1000 } }');
    for (const { learningRate } of [planWith(own, { deepspeed: "0.17.1" }), planWith(decay)]) {
      assert.equal(learningRate.peak.value, 0.001);
      assert.equal(learningRate.peak.origin, "default");
    }
    for (const versions of [{}, { deepspeed: "0.17.2" }])
      assert.equal(planWith(own, versions).learningRate.peak.value, 3e-5);
  });

  it("keeps its own values where it has them", () => {
    const { learningRate } = planWith(own);
    assert.deepEqual(learningRate.warmup.value, { steps: 500 });
    assert.deepEqual(
      learningRate.schedulerArguments.value,
      new Map<string, string | number>([
        ["warmup_min_lr", 0],
        ["warmup_type", "linear"],
      ]),
    );
  });

  it("may stand in the config itself", () => {
    const inline = `{ "model_name_or_path": "gpt2", "learning_rate": 1e-4, "deepspeed": ${own} }`;
    const { learningRate } = planOf(huggingFace, inline, { format: "json" });
    assert.equal(learningRate.scheduler.value, "WarmupLR");
    assert.equal(learningRate.scheduler.origin, "file");
  });

  it("counts in LLaMA-Factory, axolotl and ms-swift too", () => {
    const linked = new Map([["ds.json", linkedFile(uri, own)]]);
    for (const [dialect, config] of [
      [
        llamaFactory,
        "model_name_or_path: m\nstage: sft\nfinetuning_type: full\nlearning_rate: 1e-5\ndeepspeed: ds.json\n",
      ],
      [axolotl, "base_model: m\nmicro_batch_size: 1\nlearning_rate: 1e-5\ndeepspeed: ds.json\n"],
      [msSwift, "model: m\ntrain_type: full\nlearning_rate: 1e-5\ndeepspeed: ds.json\n"],
    ] as const) {
      assert.equal(planOf(dialect, config, { linked }).learningRate.scheduler.value, "WarmupLR", dialect.id);
    }
  });

  it("puts its optimizer's groups in the place of the config's, which its scheduler alone leaves as they are", () => {
    const config =
      "base_model: m\nadapter: lora\nmicro_batch_size: 1\nlearning_rate: 1e-5\nloraplus_lr_ratio: 4\ndeepspeed: ds.json\n";
    const groups = (blocks: string) =>
      groupsOf(planOf(axolotl, config, { linked: new Map([["ds.json", linkedFile(uri, blocks)]]) }));
    assert.deepEqual(groups(auto), []);
    assert.deepEqual(groups('{ "optimizer": { "type": "Muon", "params": { "lr": 0.001, "muon_lr": 0.02 } } }'), [
      ["matrices (Muon)", 0.02],
    ]);
    assert.deepEqual(groups('{ "scheduler": { "type": "WarmupLR", "params": {} } }'), [["LoRA B matrices", 4e-5]]);
  });
});

describe("a DeepSpeed configuration without them", () => {
  it("leaves the config's optimizer and schedule alone, and so does a file that is not there", () => {
    for (const linked of [
      new Map([["ds.json", linkedFile(uri, '{ "zero_optimization": { "stage": 3 } }')]]),
      new Map(),
    ]) {
      const { learningRate, optimizer } = planOf(huggingFace, text, { linked });
      assert.equal(learningRate.scheduler.value, "cosine");
      assert.equal(learningRate.family, "huggingface");
      assert.equal(optimizer.name.value, "adafactor");
    }
  });
});

describe("the precision under a DeepSpeed configuration", () => {
  const precision = (config: string | undefined, lines = "") => {
    const linked = config === undefined ? new Map() : new Map([["ds.json", linkedFile(uri, config)]]);
    const { trained, adapters, autocast, masterWeights } = planOf(huggingFace, `${text}${lines}`, { linked }).precision;
    return [trained.value, adapters.value, autocast.value, masterWeights?.value ?? false];
  };

  it("is that of its file: the engine casts weights and adapters, and trains float32 copies", () => {
    assert.deepEqual(precision('{ "bf16": { "enabled": true } }'), ["bfloat16", "bfloat16", null, true]);
    assert.deepEqual(precision('{ "fp16": { "enabled": true } }'), ["float16", "float16", null, true]);
  });

  it("is the training arguments' where the file says auto, or is not there", () => {
    const auto = '{ "bf16": { "enabled": "auto" } }';
    assert.deepEqual(precision(auto, "bf16: true\n"), ["bfloat16", "bfloat16", null, true]);
    assert.deepEqual(precision(undefined, "bf16: true\n"), ["bfloat16", "bfloat16", null, true]);
  });

  it("takes 2 + 2 bytes and 12 of float32 per parameter", () => {
    const model = "model_name_or_path: meta-llama/Llama-3.2-1B\nlearning_rate: 1e-5\nmax_length: 64\nbf16: true\n";
    const linked = new Map([["ds.json", linkedFile(uri, '{ "bf16": { "enabled": "auto" } }')]]);
    const { memory } = analysisOf(`${model}optim: adamw_torch_fused\ndeepspeed: ds.json\n`, { linked });
    const { weights, optimizer } = answered(memory).components;
    assert.equal(weights, 2 * 1_235_814_400);
    assert.equal(optimizer, 12 * 1_235_814_400);
  });
});
