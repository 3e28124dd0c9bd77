import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { hintsOf } from "../../../src/core/report/hints.ts";
import { hoverAt } from "../../../src/core/report/hover.ts";
import { panelModel } from "../../../src/core/report/panelModel.ts";
import { rateOfCurve } from "../../../src/core/report/schedulePlot.ts";
import { summaryLine } from "../../../src/core/report/text.ts";
import {
  formatFraction,
  formatGibibytes,
  formatParameters,
  formatRate,
  formatTokens,
} from "../../../src/core/units.ts";
import { analysisOf, answered } from "../analysis.ts";

const analysis = analysisOf(readFileSync("examples/llama-factory/llama3_8b_full_sft.yaml", "utf8"));
const memory = answered(analysis.memory);

describe("every surface", () => {
  it("shows the same memory per GPU", () => {
    const size = formatGibibytes(memory.deviceBytes);
    assert.ok(summaryLine(analysis).includes(size));
    const panel = panelModel("a.yaml", analysis);
    assert.ok(panel.verdict.startsWith(size));
    assert.equal(answered(panel.memory).bars.find(({ current }) => current)?.total, size);
    assert.equal(hintsOf(analysis).find(({ kind }) => kind === "memory")?.text, `${size} per GPU`);
  });
});

describe("inlay hints", () => {
  it("stand behind model, micro batch and accumulation", () => {
    const lines = analysis.document.text.split("\n");
    const hints = hintsOf(analysis).map(({ kind, text, position }) => [kind, text, lines[position.line]]);
    assert.deepEqual(hints, [
      ["parameters", "8.03B", "model_name_or_path: meta-llama/Meta-Llama-3-8B-Instruct"],
      ["memory", `${formatGibibytes(memory.deviceBytes)} per GPU`, "per_device_train_batch_size: 1"],
      ["effectiveBatch", "= 8 per update on 1 GPU (assumed)", "gradient_accumulation_steps: 8"],
    ]);
    for (const { position } of hintsOf(analysis)) assert.equal(position.character, lines[position.line]?.length);
  });

  it("count updates and those of warmup where the samples are known", () => {
    const lines = analysis.document.text.split("\n");
    // 1,001 samples in batches of one are 1,001 passes, 8 of which make an update: 126 with the last, incomplete one. 3 epochs
    // are 378, and 3 % of them 11.34, rounded up.
    const hints = hintsOf(analysisOf(analysis.document.text, { samples: 1001 })).slice(3);
    assert.deepEqual(
      hints.map(({ kind, text, position }) => [kind, text, lines[position.line]]),
      [
        ["steps", "= 378 updates", "num_train_epochs: 3.0"],
        ["warmupSteps", "= 12 updates", "warmup_ratio: 0.03"],
      ],
    );
  });

  it("count one update in the singular, and stand behind the model where the micro batch is not in the file", () => {
    const text = "model_name_or_path: Qwen/Qwen2.5-0.5B\nlearning_rate: 1e-5\nmax_length: 512\nnum_train_epochs: 1\n";
    const hints = hintsOf(analysisOf(text, { samples: 8 }));
    assert.equal(hints.find(({ kind }) => kind === "steps")?.text, "= 1 update");
    assert.equal(hints.find(({ kind }) => kind === "memory")?.position.line, 0);
  });

  it("say that a scheduler takes no notice of a warmup, by steps or by ratio", () => {
    for (const warmup of ["warmup_steps: 100", "warmup_ratio: 0.1"]) {
      const ignored = analysisOf(
        `model_name_or_path: m\nlearning_rate: 1e-5\nlr_scheduler_type: constant\n${warmup}\nmax_steps: 1000\n`,
      );
      const [hint] = hintsOf(ignored).filter(({ kind }) => kind === "warmupSteps");
      assert.equal(hint?.text, "ignored by constant");
      assert.equal(hint.position.line, 3);
    }
  });

  it("are left out where the figure is unknown", () => {
    const unknown = analysisOf("base_model: my-org/x\nmicro_batch_size: 4\nlearning_rate: 1e-5\n");
    assert.deepEqual(
      hintsOf(unknown).map(({ kind, text }) => [kind, text]),
      [["effectiveBatch", "= 4 per update on 1 GPU (assumed)"]],
    );
  });
});

describe("what is assumed", () => {
  const shown = (text: string, gpus?: number) => {
    const found = analysisOf(text, gpus === undefined ? {} : { gpus });
    const hover = hoverAt(found, { line: 0, character: 0 })?.markdown ?? "";
    const panel = panelModel("a.yaml", found).verdict;
    return [hover, panel, summaryLine(found), ...hintsOf(found).map(({ tooltip }) => tooltip)];
  };
  const text = "base_model: meta-llama/Llama-2-7b-hf\nmicro_batch_size: 4\nlearning_rate: 1e-5\n";

  it("is said on every surface: nobody told how many GPUs there are", () => {
    const [hover = "", panel = "", line = ""] = shown(text);
    for (const surface of [hover, panel, line]) assert.match(surface, /1 GPU assumed/);
  });

  it("is nothing where the user tells, or the config", () => {
    const litgpt = `checkpoint_dir: checkpoints/meta-llama/Llama-2-7b-hf
devices: 2
precision: bf16-true
lora_r: 8
lora_query: true
train: { global_batch_size: 8, micro_batch_size: 1, max_seq_length: 512 }
optimizer: AdamW
`;
    for (const surfaces of [shown(text, 8), shown(litgpt)]) {
      for (const surface of surfaces) assert.doesNotMatch(surface, /assumed/);
    }
  });
});

describe("the panel's model", () => {
  it("shows this config, then the other methods, an 8-bit optimizer and shards, with the article's GPU lines", () => {
    const chart = answered(panelModel("a.yaml", analysis).memory);
    assert.deepEqual(
      chart.bars.map(({ label, current }) => [label, current]),
      [
        ["This config (Full)", true],
        ["LoRA r=16", false],
        ["QLoRA r=16", false],
        ["8-bit AdamW", false],
        ["ZeRO-2 on 8 GPUs", false],
        ["ZeRO-3 on 8 GPUs", false],
      ],
    );
    assert.deepEqual(
      chart.lines.map(({ gpu }) => gpu),
      ["RTX 4090", "RTX A6000", "A100 80GB"],
    );
    // LLaMA-Factory trains in float32 but freezes in bfloat16: 8.03e9 parameters at 4 and at 2 bytes, and 41.9M of rank 16.
    const [full, lora] = chart.bars;
    assert.equal(full?.gibibytes.weights, (4 * 8_030_261_248) / 2 ** 30);
    assert.equal(lora?.gibibytes.weights, (2 * 8_030_261_248 + 4 * 41_943_040) / 2 ** 30);
  });

  it("plots per cent of the run, and says so, while the number of updates is unknown", () => {
    const plot = answered(panelModel("a.yaml", analysis).schedule);
    assert.equal(plot.unit, "percent");
    assert.equal(plot.curves[0]?.schedule.stepsKnown, false);
    assert.match(plot.description, /assumed: the number of samples is unknown/);
  });

  it("plots updates where their number is known", () => {
    const known = analysisOf(readFileSync("examples/trl/sft_smollm2_360m.yaml", "utf8"));
    const plot = answered(panelModel("a.yaml", known).schedule);
    assert.equal(plot.unit, "updates");
    const [curve] = plot.curves;
    assert.ok(curve);
    assert.equal(curve.schedule.totalSteps, 8000);
    const rate = rateOfCurve(curve);
    assert.deepEqual([rate(0), rate(200)], [0, 3e-4]);
  });
});

describe("units", () => {
  it("are written as people write them", () => {
    assert.equal(formatGibibytes(46.13 * 2 ** 30), "46.1 GiB");
    assert.equal(formatGibibytes(8.714 * 2 ** 30), "8.71 GiB");
    assert.equal(formatParameters(6_738_415_616), "6.74B");
    assert.equal(formatParameters(494_032_768), "494M");
    assert.equal(formatParameters(70_000_000_000), "70B");
    assert.equal(formatParameters(1_026_405_000_000), "1.03T");
    assert.equal(formatParameters(999_600_000), "1B");
    assert.equal(formatParameters(999_600), "999,600");
    assert.equal(formatParameters(4096), "4,096");
    assert.equal(formatTokens(15_600_000_000_000), "15.6T");
    assert.equal(formatFraction(0.0834), "8.34 %");
    assert.equal(formatFraction(0.5), "50 %");
    assert.equal(formatFraction(12.5), "1250 %");
    assert.equal(formatRate(2e-5), "2e-5");
    assert.equal(formatRate(0.00015), "1.5e-4");
    assert.equal(formatRate(0), "0");
  });
});
