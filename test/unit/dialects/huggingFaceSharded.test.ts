import assert from "node:assert/strict";
import { huggingFace } from "../../../src/core/dialects/huggingFace.ts";
import type { Versions } from "../../../src/core/plan/versions.ts";
import { documentOf, linkedFile, planOf } from "./reading.ts";

const lora = `model_name_or_path: mistralai/Mistral-7B-v0.1
torch_dtype: bfloat16
bf16: true
use_peft: true
lora_target_modules: all-linear
learning_rate: 2.0e-05
max_length: 4096
accelerate_config: accelerate.yaml
`;
const qlora = `${lora}load_in_4bit: true\n`;
const full = lora.replace("use_peft: true\nlora_target_modules: all-linear\n", "");

const fsdp = `compute_environment: LOCAL_MACHINE
distributed_type: FSDP
mixed_precision: bf16
num_processes: 2
fsdp_config: { fsdp_sharding_strategy: FULL_SHARD }
`;
const releases2024 = { transformers: "4.45.2", trl: "0.11.4", peft: "0.13.2", accelerate: "1.0.1" };

function read(text: string, launcher: string, versions: Versions = releases2024) {
  const linked = new Map([["accelerate.yaml", linkedFile("accelerate.yaml", launcher)]]);
  return planOf(huggingFace, text, { versions, linked });
}

describe("what accelerate's FSDP does to the types of a Trainer run", () => {
  it("casts trained weights to float32 under mixed precision since accelerate 0.30", () => {
    assert.equal(read(full, fsdp).precision.trained.value, "float32");
    assert.match(read(full, fsdp).precision.trained.note ?? "", /accelerate casts/);
    assert.equal(read(full, fsdp, { ...releases2024, accelerate: "0.29.3" }).precision.trained.value, "bfloat16");
  });

  it("leaves frozen weights as they are", () => {
    const { precision } = read(lora, fsdp);
    assert.equal(precision.frozen.value, "bfloat16");
    assert.equal(precision.adapters.value, "float32");
  });

  it("casts nothing without mixed precision, or without FSDP", () => {
    const plain = full.replace("bf16: true\n", "");
    assert.equal(read(plain, fsdp.replace("bf16", '"no"')).precision.trained.value, "bfloat16");
    assert.equal(read(full, fsdp.replace("FSDP", "MULTI_GPU")).precision.trained.value, "bfloat16");
  });

  it("takes the launcher's type where the arguments have none", () => {
    const { precision } = read(full.replace("bf16: true\n", ""), fsdp);
    assert.equal(precision.autocast.value, "bfloat16");
    assert.equal(precision.autocast.origin, "linked");
    assert.equal(precision.trained.value, "float32");
  });

  it("knows FSDP by the training arguments and by TRL's profiles too", () => {
    const arguments_ = full.replace("accelerate_config: accelerate.yaml", "fsdp: full_shard auto_wrap");
    assert.equal(read(arguments_, fsdp).precision.trained.value, "float32");
    const profile = full.replace("accelerate.yaml", "fsdp2");
    assert.equal(read(profile, fsdp).precision.trained.value, "float32");
    assert.equal(read(profile.replace("fsdp2", "zero3"), fsdp).precision.trained.value, "bfloat16");
  });
});

describe("quantised models in TRL before 0.26", () => {
  it("are prepared for k-bit training on GPUs that share nothing", () => {
    assert.equal(read(qlora, fsdp.replace("FSDP", "MULTI_GPU")).quantization?.float32Norms.value, true);
  });

  it("are left as they are under FSDP and ZeRO-3", () => {
    assert.equal(read(qlora, fsdp).quantization?.float32Norms.value, false);
    const zero3 =
      "compute_environment: LOCAL_MACHINE\ndistributed_type: DEEPSPEED\ndeepspeed_config: { zero_stage: 3 }\n";
    assert.equal(read(qlora, zero3).quantization?.float32Norms.value, false);
    assert.equal(read(qlora, zero3.replace("3", "2")).quantization?.float32Norms.value, true);
  });
});

describe("adapters of PEFT", () => {
  it("have the type of the weights from 0.7 to 0.10, float32 before and since", () => {
    const single = fsdp.replace("FSDP", '"NO"');
    assert.equal(read(lora, single).precision.adapters.value, "float32");
    assert.equal(read(lora, single, { ...releases2024, peft: "0.10.0" }).precision.adapters.value, "bfloat16");
    assert.equal(read(lora, single, { ...releases2024, peft: "0.6.2" }).precision.adapters.value, "float32");
  });
});

describe("the plugins of fms-hf-tuning", () => {
  const plugins = `plugins:
  peft:
    quantization:
      bitsandbytes:
        quant_type: nf4
        no_peft_model: false
      fused_ops_and_kernels:
        fused_linear_loss: true
`;
  const tuning = `${lora}acceleration_framework_config_file: plugins.yaml\n`;
  const readWith = (text: string) =>
    planOf(huggingFace, tuning, {
      versions: releases2024,
      linked: new Map([["plugins.yaml", linkedFile("plugins.yaml", text)]]),
    });

  it("are a linked file", () => {
    const paths = huggingFace.links?.(documentOf(tuning)).map(({ path }) => path);
    assert.deepEqual(paths, ["accelerate.yaml", "plugins.yaml"]);
  });

  it("quantise the weights, scales too, without preparing the model for k-bit training", () => {
    const { method, quantization, loss } = readWith(plugins);
    assert.equal(method.value, "qlora");
    assert.equal(quantization?.bits.value, 4);
    assert.equal(quantization?.bits.origin, "linked");
    assert.equal(quantization?.doubleQuantization.value, true);
    assert.equal(quantization?.float32Norms.value, false);
    assert.equal(loss.value, "fused");
  });

  it("leave the preparation to TRL with no_peft_model", () => {
    const { quantization } = readWith(plugins.replace("no_peft_model: false", "no_peft_model: true"));
    assert.equal(quantization?.float32Norms.value, true);
  });

  it("say nothing of what they do not have", () => {
    const { method, quantization, loss } = readWith("plugins: { training: { padding_free: true } }\n");
    assert.equal(method.value, "lora");
    assert.equal(quantization, null);
    assert.equal(loss.value, "materialised");
  });
});
