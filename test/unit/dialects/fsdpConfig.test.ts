import assert from "node:assert/strict";
import { fsdpConfig } from "../../../src/core/dialects/fsdpConfig.ts";
import type { TrainingPlan } from "../../../src/core/plan/plan.ts";
import { applyEdits } from "../edits.ts";
import { documentOf, planOf } from "./reading.ts";

const prefixed = `{
  "fsdp_version": 2,
  "fsdp_transformer_layer_cls_to_wrap": ["Qwen2DecoderLayer"],
  "fsdp_reshard_after_forward": false,
  "fsdp_activation_checkpointing": true
}
`;

const block = `{
  "_note": "split everything",
  "fsdp": "full_shard auto_wrap offload",
  "fsdp_config": {
    "fsdp_version": 1,
    "backward_prefetch": "backward_pre"
  }
}
`;

const legacy = '{ "backward_prefetch": "backward_pre", "transformer_layer_cls_to_wrap": ["LlamaDecoderLayer"] }';

function read(text: string, transformers = "5.18.0"): TrainingPlan {
  return planOf(fsdpConfig, text, { format: "json", versions: { transformers } });
}

function detect(text: string): number {
  return fsdpConfig.detect(documentOf(text));
}

describe("reading an FSDP config of transformers", () => {
  it("takes sharding, offloading and checkpointing from keys with the prefix", () => {
    const { parallelism, gradientCheckpointing } = read(prefixed);
    assert.deepEqual([parallelism.sharding.value, parallelism.sharding.origin], ["zero-2", "file"]);
    assert.deepEqual([parallelism.offload.value, parallelism.offload.origin], ["none", "default"]);
    assert.deepEqual([gradientCheckpointing.value, gradientCheckpointing.origin], [true, "file"]);
    assert.deepEqual([parallelism.gpus.value, parallelism.gpus.origin], [1, "assumed"]);
    assert.equal(parallelism.sharding.place?.range.start.line, 3);
  });

  it("takes the options of the fsdp argument from the file that holds both", () => {
    const { parallelism } = read(block);
    assert.deepEqual([parallelism.sharding.value, parallelism.sharding.origin], ["zero-3", "file"]);
    assert.deepEqual([parallelism.offload.value, parallelism.offload.origin], ["optimizer-and-parameters", "file"]);
  });

  it("is version 2 since transformers 5, which splits everything; before that the argument names the strategy", () => {
    assert.equal(read(legacy).parallelism.sharding.value, "zero-3");
    assert.equal(read(legacy).parallelism.sharding.origin, "default");
    const { sharding } = read(legacy, "4.57.6").parallelism;
    assert.equal(sharding.origin, "unknown");
    assert.match(sharding.note ?? "", /fsdp argument/);
  });

  it("reads version 1's strategy from reshard_after_forward, and what version 2 makes of an old option", () => {
    const sharding = (text: string) => read(text).parallelism.sharding.value;
    assert.equal(sharding('{ "fsdp_version": 1, "reshard_after_forward": "shard_grad_op" }'), "zero-2");
    assert.equal(sharding('{ "fsdp_version": 1, "reshard_after_forward": "no_shard" }'), "none");
    assert.equal(sharding('{ "fsdp": ["shard_grad_op", "auto_wrap"], "fsdp_config": {} }'), "zero-2");
    assert.equal(sharding('{ "fsdp": true, "fsdp_config": { "version": 2 } }'), "zero-3");
  });

  it("knows both names of offloading", () => {
    const offload = (text: string) => read(text).parallelism.offload.value;
    assert.equal(offload('{ "fsdp_offload_params": true }'), "optimizer-and-parameters");
    assert.equal(offload('{ "auto_wrap_policy": "NO_WRAP", "cpu_offload": true }'), "optimizer-and-parameters");
  });

  it("says of everything else that the training arguments set it", () => {
    const plan = read(legacy);
    const rest = [
      plan.stage,
      plan.model.id,
      plan.method,
      plan.optimizer.name,
      plan.learningRate.peak,
      plan.learningRate.scheduler,
      plan.learningRate.warmup,
      plan.duration.epochs,
      plan.duration.maxSteps,
      plan.batch.micro,
      plan.batch.accumulation,
      plan.sequenceLength,
      plan.precision.trained,
      plan.precision.autocast,
      plan.gradientCheckpointing,
      plan.loss,
    ];
    for (const [row, { origin, note }] of rest.entries()) {
      assert.equal(origin, "unknown", `row ${row}`);
      assert.match(note ?? "", /training arguments/);
    }
  });
});

describe("recognising an FSDP config of transformers", () => {
  it("knows it with the prefix, without, and as a block beside fsdp", () => {
    for (const text of [prefixed, block, legacy]) assert.equal(detect(text), 1);
  });

  it("does not take a file with any other key for one", () => {
    assert.equal(detect('{ "version": 2, "xla": false }'), 0);
    assert.equal(detect("fsdp_config:\n  sharding_strategy: FULL_SHARD\nmodel_name: mpt\neval_loader: {}\n"), 0);
    assert.equal(detect("distributed_type: FSDP\nnum_processes: 8\nfsdp_config:\n  fsdp_version: 2\n"), 0);
    assert.equal(detect('{ "zero_optimization": { "stage": 3 } }'), 0);
  });
});

describe("writing an FSDP config of transformers", () => {
  const written = (text: string, gradientCheckpointing: boolean) =>
    applyEdits(text, fsdpConfig.write(documentOf(text, "json"), { gradientCheckpointing, microBatch: 2 }));

  it("sets the checkpointing under the name that the file uses", () => {
    assert.equal(written(prefixed, false), prefixed.replace('checkpointing": true', 'checkpointing": false'));
    const without = prefixed.replace(',\n  "fsdp_activation_checkpointing": true', "");
    assert.equal(written(without, true), prefixed);
    assert.equal(
      written(block, true),
      block.replace('"backward_pre"', '"backward_pre",\n    "activation_checkpointing": true'),
    );
  });
});
