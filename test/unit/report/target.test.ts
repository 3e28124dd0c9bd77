import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { AnalyzeOptions } from "../../../src/core/analyze.ts";
import { findGpu } from "../../../src/core/gpus/catalogue.ts";
import { estimateLines } from "../../../src/core/report/estimateLines.ts";
import { hintsOf } from "../../../src/core/report/hints.ts";
import { hoverAt } from "../../../src/core/report/hover.ts";
import { plainText } from "../../../src/core/report/lines.ts";
import { panelModel } from "../../../src/core/report/panelModel.ts";
import { statusOf } from "../../../src/core/report/status.ts";
import { summaryLine } from "../../../src/core/report/text.ts";
import { commonGpus, verdictText, verdictWithAssumptions } from "../../../src/core/report/verdict.ts";
import { formatGibibytes } from "../../../src/core/units.ts";
import { analysisOf, answered } from "../analysis.ts";

const config = readFileSync("examples/axolotl/llama-2-7b-full.yml", "utf8");

const meantFor = (name: string, options: Partial<AnalyzeOptions> = {}) => {
  const gpu = findGpu(name);
  assert.ok(gpu, name);
  return analysisOf(config, { target: { gpu }, ...options });
};

/** `52.4`: what the run takes, as every surface rounds it. */
const used = (analysis: ReturnType<typeof analysisOf>) =>
  formatGibibytes(answered(analysis.memory).deviceBytes).replace(" GiB", "");

describe("what runs on Apple's chips", () => {
  const mlx =
    "model: mlx-community/Qwen3-4B-bf16\ntrain: true\nfine_tune_type: lora\nlearning_rate: 3e-5\nbatch_size: 1\nmax_seq_length: 512\ngrad_checkpoint: true\n";

  it("takes unified memory, fits Apple's chips and has no CUDA", () => {
    const analysis = analysisOf(mlx);
    assert.match(
      verdictWithAssumptions(analysis),
      /^[\d.]+ GiB of unified memory · fits 1× Apple M4 Pro 24GB \(.*1 machine assumed\)$/,
    );
    const lines = estimateLines(analysis, commonGpus(analysis)).map(plainText).join("\n");
    assert.doesNotMatch(lines, /CUDA|per GPU|A100/);
    assert.match(lines, /Apple M3 Ultra 512GB fits/);
    const hover = hoverAt(analysis, { line: 4, character: 0 })?.markdown ?? "";
    assert.doesNotMatch(hover, /CUDA|per GPU|fits A100/);
  });
});

describe("a GPU that the run is meant for", () => {
  it("is named first on every surface, with how much of it is used", () => {
    const analysis = meantFor("a100-80gb");
    // 79.15 GiB of an A100 80GB are torch's.
    const verdict = `${used(analysis)} of 79.2 GiB on A100 80GB · fits`;
    assert.equal(verdictText(analysis), verdict);
    assert.equal(hintsOf(analysis).find(({ kind }) => kind === "memory")?.text, verdict);
    assert.ok(panelModel("a.yml", analysis).verdict.startsWith(verdict));
    assert.ok(summaryLine(analysis).includes(verdict));
    const hover = (hoverAt(analysis, { line: 1, character: 0 })?.markdown ?? "").replaceAll("\\", "");
    assert.ok(hover.startsWith(`**${verdict}**`), hover);
    assert.match(hover, /\n\n\$\(pass\) A100 80GB [\d.]+ % · \$\(error\) RTX 4090 from/);
    assert.equal(hover.match(/\) A100 80GB/g)?.length, 1);
    assert.equal(answered(panelModel("a.yml", analysis).memory).lines[0]?.gpu, "A100 80GB");
  });

  it("that is too small is said to be, with the number that is enough", () => {
    const analysis = meantFor("rtx-4090");
    assert.match(
      verdictText(analysis),
      /^[\d.]+ of 23\.6 GiB on RTX 4090 · does not fit, needs \d+× RTX 4090 with all states sharded$/,
    );
    assert.match(hintsOf(analysis).find(({ kind }) => kind === "memory")?.text ?? "", /on RTX 4090 · does not fit$/);
    const chart = answered(panelModel("a.yml", analysis).memory);
    assert.deepEqual(
      chart.lines.map(({ gpu }) => gpu),
      ["RTX 4090", "RTX A6000", "A100 80GB"],
    );
  });

  it("in a number that the user says stands for the GPUs of the run", () => {
    const gpu = findGpu("a100-80gb");
    assert.ok(gpu);
    const analysis = analysisOf(config, { target: { gpu, count: 4 } });
    assert.equal(verdictText(analysis), `${used(analysis)} of 79.2 GiB on each of 4× A100 80GB · fits`);
    assert.equal(analysis.plan.parallelism.gpus.value, 4);
    assert.equal(analysis.plan.parallelism.gpus.note, "as you said");
    assert.doesNotMatch(summaryLine(analysis), /GPU assumed/);
  });

  it("is said to come in nodes where more are needed than a machine has", () => {
    const text = `model_name_or_path: meta-llama/Llama-2-70b-hf
stage: sft
finetuning_type: full
cutoff_len: 2048
per_device_train_batch_size: 1
learning_rate: 1e-5
bf16: true
`;
    const gpu = findGpu("a100-80gb");
    assert.ok(gpu);
    const analysis = analysisOf(text, { target: { gpu } });
    const [, count = "", nodes] =
      /needs (\d+)× A100 80GB with all states sharded, (\d+) nodes of 8$/.exec(verdictText(analysis)) ?? [];
    // 69B float32 weights, gradients and two moments are 1,028 GiB: 13 A100s and more, so at least two nodes.
    assert.ok(Number(count) >= 13, verdictText(analysis));
    assert.equal(Number(nodes), Math.ceil(Number(count) / 8));
    assert.match(
      estimateLines(analysis, [gpu]).map(plainText).join("\n"),
      /at least \d+ with all states sharded, \d nodes of 8/,
    );
  });

  it("holds a run alone that many of them do not, where each has a copy of the gradients for the others", () => {
    const gpu = findGpu("h200") ?? assert.fail();
    // 8B values in float32: weights, gradients and two moments are 16 bytes each, 120 GiB; DDP's buckets 30 GiB more, of 138.
    const text = `base_model: meta-llama/Llama-3.1-8B
datasets: [{path: tatsu-lab/alpaca, type: alpaca}]
sequence_len: 2048
micro_batch_size: 1
num_epochs: 1
learning_rate: 1e-5
gradient_checkpointing: true
bf16: false
`;
    const on = (gpus: number) => verdictText(analysisOf(text, { target: { gpu }, gpus }));
    assert.match(on(8), / GiB on each of 8× H200 141GB · does not fit, one H200 141GB alone holds it$/);
    assert.match(on(1), / on H200 141GB · fits$/);
  });

  it("changes nothing where nobody names one", () => {
    const analysis = analysisOf(config);
    assert.equal(verdictText(analysis), `${used(analysis)} GiB per GPU · fits 1× A100 80GB`);
    assert.equal(hintsOf(analysis).find(({ kind }) => kind === "memory")?.text, `${used(analysis)} GiB per GPU`);
  });
});

describe("the status of a config", () => {
  it("is the verdict, the framework and the GPU that is meant", () => {
    const { text, detail, warns } = statusOf(meantFor("h200"));
    assert.match(text, /of 137\.6 GiB on H200 141GB · fits \(1 GPU assumed\)$/); // 140.4 GiB less 2 %
    assert.equal(detail, "axolotl");
    assert.equal(warns, false);
  });

  it("names the GPU that is meant even where the memory is unknown", () => {
    const gpu = findGpu("h200");
    assert.ok(gpu);
    const unknown = analysisOf("base_model: my-org/x\nmicro_batch_size: 4\nlearning_rate: 1e-5\n", { target: { gpu } });
    assert.equal(statusOf(unknown).detail, "axolotl · meant for H200 141GB");
    assert.equal(statusOf(unknown).warns, false);
  });

  it("warns where the run does not fit on the GPU that is meant, and only there", () => {
    assert.equal(statusOf(meantFor("rtx-4090")).warns, true);
    assert.equal(statusOf(analysisOf(config)).warns, false);
    assert.equal(statusOf(analysisOf(config)).detail, "axolotl · no target GPU");
  });

  it("names the releases that are not the newest", () => {
    const { detail } = statusOf(analysisOf(config, { versions: { transformers: "4.48.1", torch: "2.5.1" } }));
    assert.equal(detail, "axolotl · no target GPU · transformers 4.48.1 · torch 2.5.1");
  });
});

describe("a GPU without flash attention's kernels", () => {
  const t4 = findGpu("t4") ?? assert.fail();
  const a100 = findGpu("a100-80gb") ?? assert.fail();
  const lora =
    "model_name_or_path: Qwen/Qwen2.5-0.5B\nfp16: true\nlearning_rate: 2e-4\nuse_peft: true\nmax_length: 2048\nper_device_train_batch_size: 2\n";
  const bytes = (options: Partial<AnalyzeOptions>) => answered(analysisOf(lora, options).memory).deviceBytes;

  it("takes as much when it is meant as when it is only looked at", () => {
    const looked = analysisOf(lora).fitOn(t4) ?? assert.fail();
    const meant = analysisOf(lora, { target: { gpu: t4 } });
    assert.equal(looked.usedFraction, meant.fitOn(t4)?.usedFraction);
    assert.equal(meant.fitOn(a100)?.usedFraction, analysisOf(lora).fitOn(a100)?.usedFraction);
    assert.ok(bytes({ target: { gpu: t4 } }) > bytes({ target: { gpu: a100 } }));
  });

  it("takes no more where transformers repeats the keys, before 4.54", () => {
    const versions = { transformers: "4.53.3" };
    assert.equal(bytes({ target: { gpu: t4 }, versions }), bytes({ target: { gpu: a100 }, versions }));
  });
});
