import assert from "node:assert/strict";
import { analysisOf } from "../../analysis.ts";
import { applyEdits } from "../../edits.ts";

function finding(text: string, rule: string) {
  return analysisOf(text).findings.find((found) => found.rule === rule);
}

const mended = (text: string, rule: string) => applyEdits(text, finding(text, rule)?.fixes[0]?.edits ?? []);

const litgpt = (rate: string) => `model_name: pythia-160m
initial_checkpoint_dir: checkpoints/EleutherAI/pythia-160m
data: TextFiles
train:
  global_batch_size: 512
  micro_batch_size: 4
  lr_warmup_steps: 100
  max_tokens: 3000000000
  max_seq_length: 2048
optimizer:
  class_path: torch.optim.AdamW
  init_args:
    lr: ${rate}
`;

const llamaFactory = (...lines: readonly string[]) =>
  `model_name_or_path: meta-llama/Meta-Llama-3-8B\nstage: sft\nfinetuning_type: full\nlearning_rate: 1.0e-5\nwarmup_ratio: 0.03\n${lines.join("\n")}\n`;

const neox = (...lines: readonly string[]) =>
  `num-layers: 12\nhidden-size: 768\nnum-attention-heads: 12\nseq-length: 2048\nmax-position-embeddings: 2048\noptimizer:\n  type: Adam\n  params:\n    lr: 0.0006\ntrain_micro_batch_size_per_gpu: 32\ntrain-iters: 1000\nlr-decay-style: cosine\n${lines.join("\n")}\n`;

describe("a lowest rate above the peak", () => {
  it("may be LitGPT's own 4e-5, which is not written anywhere", () => {
    const found = finding(litgpt("2.0e-5"), "schedule/floor-above-peak");
    assert.equal(found?.severity, "error");
    assert.equal(
      found.message,
      "The lowest rate, 4e-5 (the default of min_lr), is above the peak of 2e-5: the rate rises where it should fall.",
    );
    assert.match(mended(litgpt("2.0e-5"), "schedule/floor-above-peak"), /^train:\n(?: {2}.*\n)* {2}min_lr: 2\.0e-6\n/m);
    assert.equal(finding(litgpt("4.0e-5"), "schedule/floor-above-peak"), undefined);
  });

  it("stops transformers' polynomial at the start, which is said in its words and nowhere else", () => {
    const text = llamaFactory("lr_scheduler_type: polynomial", "lr_scheduler_kwargs:", "  lr_end: 1.0e-4");
    assert.equal(
      finding(text, "schedule/floor-above-peak")?.message,
      "transformers stops at the start: lr_end 0.0001 is not below the learning rate.",
    );
    assert.equal(finding(text, "schedule/stops-run"), undefined);
    assert.equal(mended(text, "schedule/floor-above-peak"), text.replace("1.0e-4", "1.0e-6"));
  });

  it("is a share of the peak above 1 where the setting is a share", () => {
    const text = llamaFactory("lr_scheduler_type: cosine_with_min_lr", "lr_scheduler_kwargs:", "  min_lr_rate: 10");
    assert.equal(mended(text, "schedule/floor-above-peak"), text.replace("min_lr_rate: 10", "min_lr_rate: 0.1"));
  });
});

describe("a decay that is over before the run is", () => {
  it("may be told as a share of the run, of which all is right", () => {
    const text = neox("lr-decay-fraction: 0.5");
    assert.equal(
      finding(text, "schedule/rises-again")?.message,
      "The decay ends after 500 of 1,000 updates; from there the rate rises again.",
    );
    assert.equal(mended(text, "schedule/rises-again"), text.replace("0.5", "1"));
    assert.equal(finding(neox("lr-decay-fraction: 1"), "schedule/rises-again"), undefined);
  });

  it("is none of a scheduler that begins anew on purpose", () => {
    const restarts = llamaFactory("lr_scheduler_type: cosine_with_restarts", "lr_scheduler_kwargs:", "  num_cycles: 3");
    assert.equal(finding(`${restarts}max_steps: 1000\n`, "schedule/rises-again"), undefined);
  });
});
