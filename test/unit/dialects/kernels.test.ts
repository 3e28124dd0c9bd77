import assert from "node:assert/strict";
import { axolotl } from "../../../src/core/dialects/axolotl.ts";
import { huggingFace } from "../../../src/core/dialects/huggingFace.ts";
import { torchtune } from "../../../src/core/dialects/torchtune.ts";
import { estimateMemory } from "../../../src/core/memory/estimate.ts";
import { analysisOf, answered } from "../analysis.ts";
import { planOf } from "./reading.ts";

const trainer = "model_name_or_path: meta-llama/Llama-3.2-1B\nlearning_rate: 1e-5\nper_device_train_batch_size: 2\n";
const tuner = "base_model: meta-llama/Llama-3.2-1B\nlearning_rate: 1e-5\nmicro_batch_size: 2\ndatasets:\n  - path: a\n";
const recipe =
  "model:\n  _component_: torchtune.models.llama3_2.llama3_2_1b\noptimizer:\n  _component_: torch.optim.AdamW\n";

describe("fused kernels", () => {
  it("come with Liger and with torch.compile in transformers", () => {
    const of = (lines: string) => {
      const { kernels } = planOf(huggingFace, trainer + lines);
      return kernels && [kernels.norms.value, kernels.mlp.value];
    };
    assert.equal(of(""), undefined);
    assert.deepEqual(of("use_liger_kernel: true\n"), [true, true]);
    assert.deepEqual(of("torch_compile: true\n"), [true, true]);
  });

  it("have a key each in axolotl, which wants the plugin", () => {
    const plugin = "plugins:\n  - axolotl.integrations.liger.LigerPlugin\n";
    const of = (lines: string) => {
      const { kernels } = planOf(axolotl, tuner + lines);
      return kernels && [kernels.norms.value, kernels.mlp.value];
    };
    assert.deepEqual(of(`${plugin}liger_rms_norm: true\n`), [true, false]);
    assert.deepEqual(of(`${plugin}liger_swiglu: true\n`), [false, true]);
    assert.equal(of("liger_rms_norm: true\n"), undefined);
  });

  it("are what torchtune's compile makes", () =>
    assert.equal(planOf(torchtune, `${recipe}compile: true\n`).kernels?.mlp.value, true));

  it("keep the input of a norm as it is, and gate and up of an MLP", () => {
    const text = `${trainer}max_length: 1024\nbf16: false\ndtype: bfloat16\nloss_type: chunked_nll\ntorch_compile: `;
    const held = (compiled: boolean) => {
      const run = answered(analysisOf(`${text}${compiled}\n`).run);
      return estimateMemory({ ...run, checkpointing: false, loss: "chunked" }).allocatedBytes;
    };
    // Llama 3.2 1B, 2 × 1024 tokens: per block two norms of 2048 keep 4 + 2 bytes per value without kernels and 2 with them; the MLP of
    // 8192 keeps gate, its activation, up and the product in 2 bytes each, or all but the activation. 15 of 16 blocks are whole.
    const saved = 2048 * 15 * (2 * 2048 * 4 + 2 * 8192);
    assert.ok(held(false) - held(true) >= saved, `${held(false) - held(true)} < ${saved}`);
  });
});
