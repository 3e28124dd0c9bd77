import assert from "node:assert/strict";
import { findGpu } from "../../../src/core/gpus/catalogue.ts";
import { jsonReport } from "../../../src/core/report/json.ts";
import { analysisOf } from "../analysis.ts";

const a100 = findGpu("a100-80gb") ?? assert.fail();

// biome-ignore lint/suspicious/noExplicitAny: the report is looked at as any program would that reads JSON
function report(text: string, options = {}): any {
  const analysis = analysisOf(text, options);
  return JSON.parse(JSON.stringify(jsonReport("a.yaml", analysis, { gpus: [a100], points: 1000 })));
}

const config = `base_model: meta-llama/Llama-2-7b-hf
adapter: lora
lora_r: 16
lora_alpha: 32
lora_target_linear: true
sequence_len: 2048
micro_batch_size: 2
gradient_accumulation_steps: 4
learning_rate: 2e-4
lr_scheduler: cosine
warmup_steps: 10
num_epochs: 3
`;

describe("the command line's JSON", () => {
  it("has every field of the contract", () => {
    const result = report(config, { steps: 100 });
    assert.deepEqual(Object.keys(result), [
      "file",
      "dialect",
      "confidence",
      "plan",
      "model",
      "memory",
      "fit",
      "schedule",
      "findings",
      "problems",
    ]);
    assert.equal(result.dialect, "axolotl");
    assert.equal(result.plan.stage, "sft");
    assert.equal(result.plan.method, "lora");
    assert.equal(result.plan.learningRate, 2e-4);
    assert.equal(result.plan.microBatch, 2);
    assert.equal(result.plan.gradientAccumulation, 4);
    assert.equal(result.plan.globalBatch, 8);
    assert.equal(result.plan.sequenceLength, 2048);
    assert.equal(result.plan.epochs, 3);
    assert.equal(result.plan.maxSteps, null);
    assert.deepEqual(result.model, {
      id: "meta-llama/Llama-2-7b-hf",
      parameters: 6_738_415_616,
      trainable: 39_976_960,
      source: "catalogue",
    });
    const { memory } = result;
    assert.equal(memory.evalDeviceBytes, null);
    assert.equal(memory.hostBytes, 0);
    // 2 bytes for each of 7e9, 16 for each trainable parameter, and 2048·2·4096·32·12 of activations.
    assert.equal(memory.ruleOfThumbBytes, 14e9 + 16 * 39_976_960 + 6_442_450_944);
    assert.deepEqual(result.fit[0].gpu, "a100-80gb");
    assert.equal(result.fit[0].verdict, "fits");
    assert.equal(result.fit[0].minGpus, 1);
  });

  it("tells the parameters that a token passes through: Mixtral's two of eight experts, 12.9 of 46.7 billion", () => {
    // Without routing 6 · 32 · 3 · 4096 · 14336 fewer: 46,702,792,704 - 33,822,867,456
    const { plan, model } = report(config.replace("meta-llama/Llama-2-7b-hf", "mistralai/Mixtral-8x7B-v0.1"));
    assert.equal(model.parameters, 46_702_792_704);
    assert.equal(plan.activeParameters, 12_879_925_248);
  });

  it("says of every value of the plan where it comes from", () => {
    const { origins, ...values } = report(config).plan;
    assert.equal(origins.learningRate, "file");
    assert.equal(origins.loraDropout, "default");
    assert.equal(origins.gpus, "assumed");
    assert.equal(origins.samples, "unknown");
    assert.equal(origins.quantizationBits, null);
    for (const [name, origin] of Object.entries(origins)) {
      if (origin === "unknown" || origin === null) assert.equal(values[name], null, name);
    }
  });

  it("samples every update when there are as few as points, with all digits", () => {
    const { schedule } = report(config, { steps: 100 });
    assert.equal(schedule.totalSteps, 100);
    assert.equal(schedule.warmupSteps, 10);
    assert.equal(schedule.samples.length, 100);
    assert.deepEqual(schedule.samples[0], [0, 0]);
    assert.deepEqual(schedule.samples[5], [5, 2e-4 * (5 / 10)]);
    assert.deepEqual(schedule.samples[10], [10, 2e-4]);
    assert.equal(schedule.samples[99][0], 99);
  });

  it("names the parameters with a rate of their own, and has an empty list where there are none", () => {
    assert.deepEqual(report(config).schedule.groups, []);
    assert.deepEqual(report(`${config}loraplus_lr_ratio: 16\n`).schedule.groups, [
      { name: "LoRA B matrices", peak: 16 * 2e-4 },
    ]);
  });

  it("holds null, not a guess, where the number of updates is unknown", () => {
    const { schedule } = report(config);
    assert.equal(schedule.totalSteps, null);
    assert.deepEqual(schedule.samples, []);
    assert.equal(schedule.peak, 2e-4);
  });

  it("holds null for an unknown model, with the reason among the problems", () => {
    const result = report(config.replace("meta-llama/Llama-2-7b-hf", "my-org/x"));
    assert.equal(result.model.parameters, null);
    assert.equal(result.model.source, null);
    assert.equal(result.memory, null);
    assert.deepEqual(result.fit, []);
    assert.match(result.problems[0], /my-org\/x/);
  });

  it("tells what LoRA targets, and null for what PEFT chooses itself", () => {
    const targets = (line: string) => report(config.replace("lora_target_linear: true", line)).plan.loraTargets;
    assert.equal(targets("lora_target_linear: true"), "all-linear");
    assert.deepEqual(targets("lora_target_modules: [q_proj, v_proj]"), ["q_proj", "v_proj"]);
    assert.equal(targets("lora_target_modules: '.*self_attn\\.q_proj'"), ".*self_attn\\.q_proj");
    const trl = "model_name_or_path: meta-llama/Llama-2-7b-hf\nuse_peft: true\nlearning_rate: 2e-4\nmax_length: 512\n";
    assert.equal(report(trl).plan.loraTargets, null);
    const litgpt =
      "checkpoint_dir: checkpoints/meta-llama/Llama-2-7b-hf\nlora_r: 8\nlora_query: true\nlora_value: true\ntrain: { micro_batch_size: 1, global_batch_size: 8 }\n";
    assert.deepEqual(report(litgpt).plan.loraTargets, ["query", "value"]);
  });

  it("tells the bits of quantised weights", () => {
    assert.equal(report(config).plan.quantizationBits, null);
    assert.equal(
      report(`${config.replace("adapter: lora", "adapter: qlora")}load_in_4bit: true\n`).plan.quantizationBits,
      4,
    );
  });

  it("holds null for what is set elsewhere", () => {
    const elsewhere = config.replace(/^(base_model|micro_batch_size|warmup_steps|lr_scheduler): .*/gm, "$1: ${RUN}");
    const { plan, model, schedule } = report(elsewhere, { steps: 100 });
    assert.deepEqual([plan.microBatch, plan.globalBatch, plan.warmupSteps], [null, null, null]);
    assert.deepEqual([model, schedule], [null, null]);
    assert.equal(plan.origins.microBatch, "unknown");
  });

  it("says why a file was not read", () => {
    const { problems, plan } = JSON.parse(
      JSON.stringify(jsonReport("x.yaml", "it is longer than 2,000,000 characters", { gpus: [], points: 1 })),
    );
    assert.deepEqual([problems, plan], [["it is longer than 2,000,000 characters"], null]);
  });

  it("has nulls and empty lists for a file that is no training config", () => {
    assert.deepEqual(jsonReport("x.yaml", null, { gpus: [], points: 1 }), {
      file: "x.yaml",
      dialect: null,
      confidence: 0,
      plan: null,
      model: null,
      memory: null,
      fit: [],
      schedule: null,
      findings: [],
      problems: [],
    });
  });
});
