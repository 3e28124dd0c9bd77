import assert from "node:assert/strict";
import type { AnalyzeOptions } from "../../../../src/core/analyze.ts";
import { analysisOf } from "../../analysis.ts";
import { trlWith } from "../severities.ts";

/** Two epochs of a sample per update: 100 updates with 50 samples. */
const options: Partial<AnalyzeOptions> = { samples: 50, gpus: 1 };
const old = { transformers: "4.57.1" };

function found(rule: string, lines: string, more: Partial<AnalyzeOptions> = {}) {
  const text = trlWith(`num_train_epochs: 2\n${lines}`);
  return analysisOf(text, { ...options, ...more }).findings.find((finding) => finding.rule === `duration/${rule}`);
}

const evaluating = (interval: string) => `eval_strategy: steps\neval_steps: ${interval}`;

describe("duration/never-evaluates", () => {
  const severity = (lines: string, more: Partial<AnalyzeOptions> = {}) =>
    found("never-evaluates", lines, { versions: old, ...more })?.severity;

  it("begins one update behind the end, in runs of 50 updates and more", () => {
    assert.equal(severity(evaluating("100")), undefined);
    assert.equal(severity(evaluating("101")), "warning");
    assert.equal(severity(evaluating("101"), { samples: 25 }), "warning");
    assert.equal(severity(evaluating("101"), { samples: 24 }), undefined);
    assert.equal(severity("eval_strategy: epoch"), undefined);
    const { findings } = analysisOf(trlWith(`num_train_epochs: 2\n${evaluating("101")}`));
    assert.ok(!findings.some(({ rule }) => rule === "duration/never-evaluates"));
  });

  it("is a remark where there is one at the end, or a limit of updates says that it is a trial", () => {
    assert.equal(severity(evaluating("101"), { versions: { transformers: "5.2.0" } }), "warning");
    assert.equal(severity(evaluating("101"), { versions: { transformers: "5.3.0" } }), "information");
    assert.equal(severity(`${evaluating("101")}\nmax_steps: 60`), "information");
  });

  it("tells when the first one is due, and whether there is one at the end", () => {
    const message = (transformers: string) =>
      found("never-evaluates", evaluating("500"), { versions: { transformers } })?.message;
    const due = "The first evaluation is due after 500 updates, and the run has 100";
    assert.equal(message("4.57.1"), `${due}: it never evaluates.`);
    assert.equal(message("5.3.0"), `${due}: it evaluates only once, when it is over.`);
  });

  describe("in axolotl", () => {
    const axolotl = (lines: string, more: Partial<AnalyzeOptions> = {}) =>
      analysisOf(
        `base_model: Qwen/Qwen2.5-0.5B\nmicro_batch_size: 1\nlearning_rate: 1.0e-5\nval_set_size: 0.1\n${lines}`,
        { ...options, ...more },
      ).findings.find(({ rule }) => rule === "duration/never-evaluates");

    it("tells that it evaluates at the start", () => {
      const message = (transformers: string) =>
        axolotl("num_epochs: 2\neval_steps: 500\n", { samples: 100, versions: { transformers } })?.message;
      const due = "The first evaluation is due after 500 updates, and the run has 200"; // 2 epochs of 100
      assert.equal(message("4.57.1"), `${due}: it evaluates only before the first update.`);
      assert.equal(message("5.3.0"), `${due}: it evaluates only before the first update and when it is over.`);
    });

    it("misses the only evaluation of a run, where there are data for it and no strategy beside", () => {
      const severity = (lines: string) => axolotl(lines)?.severity;
      assert.equal(severity("num_epochs: 1\nevals_per_epoch: 1\n"), "information");
      assert.equal(severity("evals_per_epoch: 1\n"), "information");
      assert.equal(severity("num_epochs: 2\nevals_per_epoch: 0.5\n"), "information");
      assert.equal(severity("num_epochs: 1\nevals_per_epoch: 1\nmax_steps: 60\n"), "information");
      assert.equal(severity("num_epochs: 1\nevals_per_epoch: 2\n"), undefined);
      assert.equal(severity("num_epochs: 2\nevals_per_epoch: 1\n"), undefined);
      assert.equal(severity("num_epochs: 1\nevals_per_epoch: 0\n"), undefined);
      assert.equal(severity("num_epochs: 1\nevals_per_epoch: 1\neval_strategy: epoch\n"), undefined);
      const none = analysisOf("base_model: a/b\nmicro_batch_size: 1\nlearning_rate: 1e-5\nevals_per_epoch: 1\n");
      assert.ok(!none.findings.some(({ rule }) => rule === "duration/never-evaluates"));
    });
  });

  it("knows that an epoch which is cut short ends too, in all releases", () => {
    // 100 samples one by one are 100 updates of an epoch, of which 60 are made.
    const finding = found("never-evaluates", "eval_strategy: epoch\nmax_steps: 60", { samples: 100, versions: old });
    assert.equal(finding?.severity, "information");
    assert.equal(
      finding.message,
      "The first evaluation is due after 100 updates, and the run has 60: it evaluates only once, when it is over.",
    );
  });

  it("is silent about Ludwig, which evaluates and saves when the run is over at the latest", () => {
    const features = "input_features: [{ name: a, type: text }]\noutput_features: [{ name: b, type: text }]";
    const ludwig = `model_type: llm\nbase_model: Qwen/Qwen2.5-0.5B\n${features}\ntrainer:\n  type: finetune\n  epochs: 1`;
    const { findings } = analysisOf(`${ludwig}\n  train_steps: 100\n  steps_per_checkpoint: 500\n`, options);
    assert.deepEqual(
      findings.filter(({ rule }) => /never/.test(rule)),
      [],
    );
    // The epochs have no effect there, as with transformers.
    assert.ok(findings.some(({ rule }) => rule === "duration/max-steps-wins"));
  });

  it("evaluates ten times, where the key counts updates", () => {
    const titles = (interval: string) =>
      found("never-evaluates", evaluating(interval), { samples: 55 })?.fixes.map(({ title, preferred }) => [
        title,
        preferred,
      ]);
    assert.deepEqual(titles("500"), [["Set eval_steps to 11", true]]);
    assert.deepEqual(
      found("never-evaluates", evaluating("500"))?.fixes.map(({ title }) => title),
      ["Set eval_steps to 10"],
    );
  });
});

describe("duration/never-saves", () => {
  it("warns of nanotron, which does not save the end unless it is told to", () => {
    const nanotron = (more: string) => `parallelism: { dp: 1, pp: 1, tp: 1 }
tokens: { sequence_length: 2048, train_steps: 1000, micro_batch_size: 2, batch_accumulation_per_replica: 1 }
optimizer: { learning_rate_scheduler: { learning_rate: 1.0e-4 } }
checkpoints:
  checkpoint_interval: 2000${more}
`;
    const saving = (more: string) =>
      analysisOf(nanotron(more)).findings.find(({ rule }) => rule === "duration/never-saves");
    const lost = saving("");
    assert.equal(lost?.severity, "warning");
    assert.match(lost.message, /the run has 1,000: without save_final_state nothing is saved at all\.$/);
    assert.deepEqual(
      lost.fixes.map(({ title }) => title),
      ["Set checkpoint_interval to 100"],
    );
    assert.equal(saving("\n  save_final_state: true")?.severity, "information");
  });

  it("is information, as what is saved is the end", () => {
    const finding = found("never-saves", "save_steps: 101");
    assert.equal(finding?.severity, "information");
    assert.deepEqual(
      finding.fixes.map(({ title }) => title),
      ["Set save_steps to 10"],
    );
    assert.equal(found("never-saves", "save_steps: 100"), undefined);
    assert.equal(found("never-saves", ""), undefined);
  });

  it("is nothing where the framework saves at the end of an epoch, whatever the interval is", () => {
    const automodel = `recipe: TrainFinetuneRecipeForNextTokenPrediction
step_scheduler: { global_batch_size: 1, local_batch_size: 1, num_epochs: 2, ckpt_every_steps: 1000, val_every_steps: 1000 }
model: { pretrained_model_name_or_path: meta-llama/Llama-3.2-1B }
optimizer: { _target_: torch.optim.AdamW, lr: 1.0e-5 }
`;
    const { findings } = analysisOf(automodel, options);
    assert.deepEqual(
      findings.filter(({ rule }) => /duration\/never/.test(rule)),
      [],
    );
  });
});
