import assert from "node:assert/strict";
import type { AnalyzeOptions } from "../../../../src/core/analyze.ts";
import { analysisOf } from "../../analysis.ts";
import { linkedFile } from "../../dialects/reading.ts";
import { applyEdits } from "../../edits.ts";

function finding(text: string, options: Partial<AnalyzeOptions> = {}) {
  return analysisOf(text, options).findings.find(({ rule }) => rule === "schedule/stops-run");
}

const llamaFactory = (...lines: readonly string[]) =>
  `model_name_or_path: meta-llama/Meta-Llama-3-8B\nstage: sft\nfinetuning_type: full\nlearning_rate: 1.0e-5\n${lines.join("\n")}\nbf16: true\n`;

/** What the preferred fix, else the first, makes of the text. */
function mended(text: string, options: Partial<AnalyzeOptions> = {}): string {
  const fixes = finding(text, options)?.fixes ?? [];
  return applyEdits(text, (fixes.find(({ preferred }) => preferred) ?? fixes[0])?.edits ?? []);
}

describe("schedule/stops-run", () => {
  it("has the decay of warmup_stable_decay last a tenth of the run, and leaves it open while that is unknown", () => {
    const text = `model_name_or_path: HuggingFaceTB/SmolLM2-1.7B\nmax_length: 2048\nlearning_rate: 2.0e-5\nlr_scheduler_type: warmup_stable_decay\nwarmup_steps: 50\nmax_steps: 2000\n`;
    assert.match(mended(text), /lr_scheduler_kwargs:\n {2}num_decay_steps: 200\n/);
    assert.deepEqual(finding(text.replace("max_steps: 2000\n", ""))?.fixes, []);
  });

  it("says what is not taken, and offers the scheduler that takes it before the schedule without", () => {
    const text = llamaFactory(
      "lr_scheduler_type: cosine",
      "lr_scheduler_kwargs:",
      "  min_lr_rate: 0.1",
      "warmup_ratio: 0.03",
    );
    assert.equal(finding(text)?.message, "transformers stops at the start: cosine has no setting min_lr_rate.");
    assert.deepEqual(
      finding(text)?.fixes.map(({ title, preferred }) => [title, preferred]),
      [
        ["Set lr_scheduler_type to cosine_with_min_lr, which has min_lr_rate", true],
        ["Remove min_lr_rate", false],
      ],
    );
    assert.equal(mended(text), text.replace("cosine", "cosine_with_min_lr"));
  });

  it("takes a slip of the hand for the scheduler that was meant", () => {
    const text = llamaFactory("lr_scheduler_type: constant-with-warmup", "warmup_ratio: 0.03");
    assert.equal(finding(text)?.severity, "error");
    assert.equal(mended(text), text.replace("constant-with-warmup", "constant_with_warmup"));
  });

  it("only warns of a name that no known scheduler is close to, and knows no remedy", () => {
    const found = finding(llamaFactory("lr_scheduler_type: trapezoid", "warmup_ratio: 0.03"));
    assert.equal(found?.severity, "warning");
    assert.deepEqual(found.fixes, []);
  });

  it("lets either floor go where the scheduler takes one", () => {
    const text = llamaFactory(
      "lr_scheduler_type: cosine_with_min_lr",
      "lr_scheduler_kwargs:",
      "  min_lr: 1.0e-6",
      "  min_lr_rate: 0.1",
    );
    assert.deepEqual(
      finding(text)?.fixes.map(({ edits }) => applyEdits(text, edits)),
      [text.replace("  min_lr: 1.0e-6\n", ""), text.replace("  min_lr_rate: 0.1\n", "")],
    );
  });

  it("offers the setting by its new name, takes a wrong value away, and sets a warmup that is needed", () => {
    const stable = (line: string) =>
      llamaFactory(
        "lr_scheduler_type: warmup_stable_decay",
        "lr_scheduler_kwargs:",
        "  num_decay_steps: 100",
        line,
        "warmup_ratio: 0.03",
      );
    const value = finding(stable("  decay_type: steep"));
    assert.deepEqual(
      value?.fixes.map(({ title, preferred }) => [title, preferred]),
      [["Remove decay_type", true]],
    );
    const litgpt =
      "checkpoint_dir: checkpoints/meta-llama/Llama-3.2-1B\nlora_r: 8\ntrain:\n  global_batch_size: 8\n  micro_batch_size: 1\n  lr_warmup_steps: 0\n  max_steps: 1000\noptimizer: { class_path: torch.optim.AdamW, init_args: { lr: 0.0002 } }\n";
    const warmup = finding(litgpt);
    assert.match(warmup?.message ?? "", /divides by lr_warmup_steps, which is 0/);
    assert.match(mended(litgpt), /lr_warmup_steps: 50\n/);
  });

  it("stands at what points to the file where the scheduler is", () => {
    const file = linkedFile("ds.json", JSON.stringify({ scheduler: { type: "OneCycle", params: {} } }));
    const text = llamaFactory("deepspeed: ds.json");
    assert.equal(finding(text, { linked: { get: () => file } })?.range.start.line, 4);
  });

  it("renames min_lr_ratio, which cosine_with_min_lr calls min_lr_rate", () => {
    const text = llamaFactory("lr_scheduler_type: cosine_with_min_lr", "lr_scheduler_kwargs:", "  min_lr_ratio: 0.1");
    const [fix] = finding(text)?.fixes ?? [];
    assert.equal(fix?.title, "Rename min_lr_ratio to min_lr_rate");
    assert.equal(fix.preferred, true);
    assert.equal(mended(text), text.replace("min_lr_ratio", "min_lr_rate"));
  });

  it("offers no scheduler that has only some of the settings", () => {
    const text = llamaFactory("lr_scheduler_type: cosine", "lr_scheduler_kwargs:", "  min_lr_rate: 0.1", "  power: 2");
    for (const { title } of finding(text)?.fixes ?? []) assert.doesNotMatch(title, /cosine_with_min_lr/);
  });

  it("lets a schedule last as long as the run that is shorter", () => {
    const composer = (updates: string) => `max_seq_len: 2048
model: { name: hf_causal_lm, pretrained_model_name_or_path: meta-llama/Llama-2-7b-hf }
train_loader: { name: finetuning, dataset: { hf_name: mosaicml/dolly_hhrlhf, max_seq_len: 2048 } }
optimizer: { name: decoupled_adamw, lr: 1.0e-5 }
scheduler: { name: cosine_with_warmup, t_warmup: 10ba, t_max: ${updates} }
max_duration: 1000ba
global_train_batch_size: 64
device_train_microbatch_size: 2
`;
    const [fix] = finding(composer("900ba"))?.fixes ?? [];
    assert.equal(fix?.title, "Remove t_max (the schedule lasts as long as the run)");
    assert.equal(fix.preferred, true);
    assert.equal(finding(composer("1000ba")), undefined);
  });

  it("finds a warmup of Composer in another unit than the run, though nobody knows how many updates it is", () => {
    // composer/optim/scheduler.py: "t_warmup and t_max must use the same units"; epochs are counted in batches
    const composer = (warmup: string, duration: string) => `max_seq_len: 2048
model: { name: hf_causal_lm, pretrained_model_name_or_path: meta-llama/Llama-2-7b-hf }
train_loader: { name: finetuning, dataset: { hf_name: mosaicml/dolly_hhrlhf, max_seq_len: 2048 } }
optimizer: { name: decoupled_adamw, lr: 1.0e-5 }
scheduler: { name: cosine_with_warmup, t_warmup: ${warmup} }
max_duration: ${duration}
global_train_batch_size: 64
device_train_microbatch_size: 2
`;
    assert.match(finding(composer("0.1ep", "100000sp"))?.message ?? "", /are in different units/);
    assert.match(finding(composer("1000tok", "1ep"))?.message ?? "", /are in different units/);
    assert.equal(finding(composer("0.1ep", "1000ba")), undefined);
    assert.equal(finding(composer("0.1dur", "1ep")), undefined);
  });

  it("says nothing of a schedule that is only not known, and of a framework that is not either", () => {
    assert.equal(finding(llamaFactory("lr_scheduler_type: reduce_lr_on_plateau")), undefined);
    const unknownFramework = `training:\n  model_name: meta-llama/Llama-3.1-8B\n  learning_rate: 1.0e-4\n  batch_size: 8\n  lr_scheduler_type: cosine_with_min_lr\n`;
    assert.equal(analysisOf(unknownFramework).dialect.id, "generic");
    assert.equal(finding(unknownFramework), undefined);
    const constant = unknownFramework.replace("cosine_with_min_lr", "constant\n  warmup_steps: 100\n  max_steps: 1000");
    const { findings } = analysisOf(constant);
    assert.deepEqual(
      findings.map(({ rule }) => rule).filter((rule) => rule.startsWith("schedule/")),
      [],
    );
  });
});
