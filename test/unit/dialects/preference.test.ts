import assert from "node:assert/strict";
import { analysisOf } from "../analysis.ts";

/** The beta that a config's preference training has, where it comes from, and whether its loss is of means. */
const preferenceIn = (text: string) => {
  const { preference } = analysisOf(text).plan;
  return preference && [preference.beta.value, preference.beta.origin, preference.averagesTokens.value];
};

const trl = "model_name_or_path: HuggingFaceH4/mistral-7b-sft-beta\nlearning_rate: 5.0e-7\nmax_length: 1024\n";
const axolotl = "base_model: NousResearch/Llama-2-7b-hf\nlearning_rate: 5.0e-7\nmicro_batch_size: 1\n";
const llamaFactory = "model_name_or_path: Qwen/Qwen2.5-7B\nfinetuning_type: full\nlearning_rate: 5.0e-7\n";
const swift = "model: Qwen/Qwen2.5-7B-Instruct\ntrain_type: full\nlearning_rate: 5.0e-7\n";
const openInstruct = "model_name_or_path: allenai/tulu-2-7b\nuse_slow_tokenizer: true\nlearning_rate: 5.0e-7\n";
const torchtune = (loss: string) => `model: {_component_: torchtune.models.llama2.llama2_7b}
optimizer: {_component_: torch.optim.AdamW, lr: 5.0e-7}
loss: ${loss}
`;
const oumi = (kwargs: string) => `model: {model_name: meta-llama/Llama-2-7b-hf}
training: {trainer_type: TRL_DPO, learning_rate: 5.0e-7, trainer_kwargs: ${kwargs}}
`;
const nemo = (dpo: string) => `dpo: ${dpo}
policy: {model_name: Qwen/Qwen2.5-1.5B, train_global_batch_size: 8, train_micro_batch_size: 1}
`;

describe("what a config says of preference training", () => {
  it("is nothing in other stages", () => {
    for (const text of [
      trl,
      axolotl,
      llamaFactory,
      swift,
      openInstruct,
      torchtune("{}"),
      nemo("{}").replace("dpo", "sft"),
    ]) {
      assert.equal(preferenceIn(text), undefined);
    }
  });

  it("is the beta under each framework's own key", () => {
    assert.deepEqual(preferenceIn(`${trl}beta: 0.05\n`), [0.05, "file", false]);
    assert.deepEqual(preferenceIn(`${axolotl}rl: dpo\nrl_beta: 0.2\n`), [0.2, "file", false]);
    assert.deepEqual(preferenceIn(`${axolotl}rl: kto\ndpo_beta: 0.3\n`), [0.3, "file", false]);
    assert.deepEqual(preferenceIn(`${axolotl}rl: dpo\nrl_beta: 0.2\ntrl: { beta: 0.4 }\n`), [0.4, "file", false]);
    assert.deepEqual(preferenceIn(`${axolotl}rl: orpo\nrl_beta: 0.2\norpo_alpha: 0.1\n`), [0.2, "file", true]);
    assert.deepEqual(preferenceIn(`${llamaFactory}stage: dpo\npref_beta: 0.2\n`), [0.2, "file", false]);
    assert.deepEqual(preferenceIn(`${swift}rlhf_type: dpo\nbeta: 0.2\n`), [0.2, "file", false]);
    assert.deepEqual(preferenceIn(`${openInstruct}dpo_beta: 0.1\ndpo_loss_type: dpo\n`), [0.1, "file", false]);
    assert.deepEqual(preferenceIn(torchtune("{_component_: torchtune.rlhf.loss.DPOLoss, beta: 0.2}")), [
      0.2,
      "file",
      false,
    ]);
    assert.deepEqual(preferenceIn(oumi("{beta: 0.2}")), [0.2, "file", false]);
    assert.deepEqual(preferenceIn(nemo("{reference_policy_kl_penalty: 0.05}")), [0.05, "file", false]);
  });

  it("is what the framework takes without one", () => {
    // TRL's DPOConfig, KTOConfig and CPOConfig; ms-swift's SimPO; open-instruct's dpo_norm; torchtune's losses.
    assert.deepEqual(preferenceIn(`${trl}precompute_ref_log_probs: true\n`), [0.1, "default", false]);
    assert.deepEqual(preferenceIn(`${axolotl}rl: kto\n`), [0.1, "default", false]);
    assert.deepEqual(preferenceIn(`${llamaFactory}stage: kto\n`), [0.1, "default", false]);
    assert.deepEqual(preferenceIn(`${swift}rlhf_type: simpo\n`), [2, "default", true]);
    assert.deepEqual(preferenceIn(`${openInstruct}num_epochs: 1\n`), [5, "default", true]);
    assert.deepEqual(preferenceIn(torchtune("{_component_: torchtune.rlhf.loss.DPOLoss}")), [0.1, "default", false]);
    assert.deepEqual(preferenceIn(torchtune("{_component_: torchtune.rlhf.loss.SimPOLoss}")), [2, "default", true]);
    assert.deepEqual(preferenceIn(oumi("{}")), [0.1, "default", false]);
  });

  it("is of means of log-probabilities where the loss says so", () => {
    assert.deepEqual(preferenceIn(`${trl}beta: 10\nloss_type: simpo\n`), [10, "file", true]);
    assert.deepEqual(preferenceIn(`${trl}beta: 5\nloss_type: sigmoid_norm\n`), [5, "file", true]);
    assert.deepEqual(preferenceIn(`${trl}beta: 0.5\nloss_type: ipo\n`), [0.5, "file", true]);
    assert.deepEqual(preferenceIn(`${axolotl}rl: ipo\nrl_beta: 0.5\n`), [0.5, "file", true]);
    assert.deepEqual(preferenceIn(`${axolotl}rl: orpo\norpo_alpha: 0.1\n`), [0.1, "file", true]);
    assert.deepEqual(preferenceIn(`${llamaFactory}stage: dpo\npref_loss: simpo\npref_beta: 2.5\n`), [
      2.5,
      "file",
      true,
    ]);
    assert.deepEqual(preferenceIn(nemo("{reference_policy_kl_penalty: 5, preference_average_log_probs: true}")), [
      5,
      "file",
      true,
    ]);
  });
});
