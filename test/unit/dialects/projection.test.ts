import assert from "node:assert/strict";
import { analysisOf } from "../analysis.ts";

const base = "model_name_or_path: Qwen/Qwen2.5-0.5B\nlearning_rate: 1e-5\nmax_length: 512\n";
const rankOf = (text: string) => {
  const rank = analysisOf(`${base}${text}`).plan.optimizer.projectionRank;
  return rank && [rank.value, rank.origin];
};

describe("the rank to which gradients are projected", () => {
  it("stands in optim_args", () =>
    assert.deepEqual(rankOf("optim: galore_adamw\noptim_args: rank=64, update_proj_gap=100\n"), [64, "file"]));

  // transformers, trainer.py: int(optim_args.pop("rank", 128)).
  it("is 128 otherwise", () => {
    assert.deepEqual(rankOf("optim: galore_adamw\n"), [128, "default"]);
    assert.deepEqual(rankOf("optim: apollo_adamw\noptim_args: proj=random\n"), [128, "default"]);
  });

  it("is nothing that other optimizers have", () =>
    assert.equal(rankOf("optim: adamw_torch\noptim_args: rank=64\n"), undefined));

  it("has keys of its own in LLaMA-Factory, and a layerwise mode", () => {
    const text =
      "model_name_or_path: Qwen/Qwen2.5-0.5B\nstage: sft\nfinetuning_type: full\ntemplate: qwen\ncutoff_len: 512\nlearning_rate: 1e-5\n";
    const { optimizer } = analysisOf(`${text}use_galore: true\ngalore_rank: 32\ngalore_layerwise: true\n`).plan;
    assert.equal(optimizer.name.value, "galore_adamw");
    assert.equal(optimizer.projectionRank?.value, 32);
    assert.equal(optimizer.inBackward?.value, true);
  });
});
