import assert from "node:assert/strict";
import { versionsFrom } from "../../../../src/core/plan/versions.ts";
import { analysisOf } from "../../analysis.ts";

const trl = "model_name_or_path: Qwen/Qwen2.5-0.5B\ndataset_text_field: text\nlearning_rate: 1.0e-5\n";
const script = "model_name_or_path: bert-base-cased\nlearning_rate: 2.0e-5\nnum_train_epochs: 3\n";
const factory =
  "model_name_or_path: Qwen/Qwen2.5-0.5B\ntemplate: qwen\ndataset: identity\nstage: sft\ncutoff_len: 1024\nlearning_rate: 1.0e-5\n";

/** The severity of what is said of an optimizer, and what its fixes do. */
function said(config: string, optimizer: string, versions = ""): readonly string[] {
  const { findings } = analysisOf(`${config}optim: ${optimizer}\n`, { versions: versionsFrom(versions) });
  const found = findings.filter(({ rule }) => rule === "optimizer/unknown");
  return found.flatMap(({ severity, fixes }) => [severity, ...fixes.map(({ title }) => title)]);
}

describe("optimizer/unknown", () => {
  it("knows every name of transformers 5.18", () => {
    // training_args.py, OptimizerNames
    const names = `adamw_torch adamw_torch_fused adamw_torch_xla adamw_torch_npu_fused adafactor adamw_anyprecision
      adamw_torch_4bit adamw_torch_8bit ademamix sgd adagrad adamw_bnb_8bit adamw_8bit ademamix_8bit lion_8bit lion_32bit
      paged_adamw_32bit paged_adamw_8bit paged_ademamix_32bit paged_ademamix_8bit paged_lion_32bit paged_lion_8bit rmsprop
      rmsprop_bnb rmsprop_bnb_8bit rmsprop_bnb_32bit galore_adamw galore_adamw_8bit galore_adafactor galore_adamw_layerwise
      galore_adamw_8bit_layerwise galore_adafactor_layerwise lomo adalomo grokadamw schedule_free_radam schedule_free_adamw
      schedule_free_sgd apollo_adamw apollo_adamw_layerwise stable_adamw`;
    for (const name of names.split(/\s+/)) assert.deepEqual(said(trl, name), [], name);
  });

  it("finds slips of the hand", () => {
    assert.deepEqual(said(trl, "adamw_troch"), ["error", "Set optim to adamw_torch"]);
    assert.deepEqual(said(factory, "paged_adamw_8bits"), ["error", "Set optim to paged_adamw_8bit"]);
    assert.deepEqual(said(script, "AdamW_Torch"), ["warning", "Set optim to adamw_torch"]);
  });

  it("warns of names that a newer release may know, but not in configs of scripts", () => {
    assert.deepEqual(said(trl, "muon"), ["warning"]);
    assert.deepEqual(said(factory, "muon"), ["warning"]);
    assert.deepEqual(said(script, "muon"), []);
    assert.deepEqual(said(trl, "${OPTIMIZER}"), []);
  });

  it("knows when transformers lost its own AdamW", () => {
    assert.deepEqual(said(trl, "adamw_hf"), ["warning", "Set optim to adamw_torch"]);
    assert.deepEqual(said(trl, "adamw_hf", "transformers=4.49.0"), []);
    assert.deepEqual(said(trl, "adamw_hf", "transformers=4.50.0"), ["error", "Set optim to adamw_torch"]);
    assert.deepEqual(said(trl, "adamw_apex_fused", "transformers=4.57.6"), []);
  });

  it("says nothing of the frameworks with optimizers of their own", () => {
    assert.deepEqual(said("model: Qwen/Qwen2.5-0.5B\ndataset: [swift/self-cognition]\ntuner_type: lora\n", "muon"), []);
  });
});
