import assert from "node:assert/strict";
import { analysisOf } from "../../analysis.ts";

/** Oumi trains from nothing, or goes on from weights; in float32 or in bfloat16. */
function found({
  pretrains = false,
  type = "bfloat16",
  beta2 = "0.999",
  updates = 1001,
  optimizer = "adamw_torch",
  more = "",
}) {
  const text = `model: { model_name: HuggingFaceTB/SmolLM2-1.7B, load_pretrained_weights: ${!pretrains}, torch_dtype_str: ${type} }
data: { train: { datasets: [{ dataset_name: HuggingFaceFW/fineweb-edu }] } }
training:
  trainer_type: TRL_SFT
  learning_rate: 0.0003
  max_steps: ${updates}
  optimizer: ${optimizer}
  adam_beta2: ${beta2}
${more}`;
  return analysisOf(text).findings.find(({ rule }) => rule === "optimizer/slow-second-moment");
}

const fixes = (finding: ReturnType<typeof found>) => finding?.fixes.map(({ title }) => title);

describe("optimizer/slow-second-moment", () => {
  it("is stuck in bfloat16 over more updates than the mean spans, 1,000 with 0.999", () => {
    const stuck = found({ updates: 1001 });
    assert.equal(stuck?.severity, "hint");
    assert.match(stuck.message, /never shrinks in bfloat16/);
    assert.deepEqual(fixes(stuck), ["Set adam_beta2 to 0.99"]);
    assert.equal(found({ updates: 1000 }), undefined);
    assert.equal(found({ beta2: "0.998" }), undefined);
    assert.equal(found({ type: "float32" }), undefined);
    assert.equal(found({ more: "  use_peft: true\npeft: { lora_r: 8 }\n" }), undefined);
  });

  it("is worse in pretraining, however short", () => {
    const stuck = found({ pretrains: true, updates: 100 });
    assert.equal(stuck?.severity, "warning");
    assert.deepEqual(fixes(stuck), ["Set adam_beta2 to 0.95"]);
  });

  it("is a hint in pretraining with float32 states, from 0.999 on", () => {
    const slow = found({ pretrains: true, type: "float32" });
    assert.equal(slow?.severity, "hint");
    assert.match(slow.message, /averages squared gradients over 1,000 updates/);
    assert.deepEqual(fixes(slow), ["Set adam_beta2 to 0.95"]);
    assert.equal(found({ pretrains: true, type: "float32", beta2: "0.9989" }), undefined);
  });

  it("is of AdamW, and where it is stuck of one whose states have the type of the weights", () => {
    assert.equal(found({ optimizer: "adamw_bnb_8bit" }), undefined);
    assert.equal(found({ optimizer: "adamw_bnb_8bit", pretrains: true })?.severity, "hint");
    assert.equal(found({ optimizer: "galore_adamw", pretrains: true }), undefined);
  });
});
