import assert from "node:assert/strict";
import { shardingLinks, trainerSplit } from "../../../src/core/dialects/trainerSplit.ts";
import { documentOf, linkedFile } from "./reading.ts";

function split(
  text: string,
  linked = new Map<string, ReturnType<typeof linkedFile>>(),
  options: Parameters<typeof trainerSplit>[2] = {},
) {
  const { sharding, offload } = trainerSplit(documentOf(text), linked, options);
  return [sharding.value, offload.value];
}

/** Where FSDP's settings switch it on, as in axolotl. */
const bySettings = (text: string) => split(text, new Map(), { settingsSuffice: true });

describe("reading transformers' deepspeed and fsdp", () => {
  it("splits nothing where both are absent or off", () => {
    assert.deepEqual(split("learning_rate: 1e-5\n"), ["none", "none"]);
    assert.deepEqual(split("deepspeed:\nfsdp: ''\nlearning_rate: 1e-5\n"), ["none", "none"]);
  });

  it("takes a DeepSpeed configuration inline, from its file, or at the file's name", () => {
    assert.deepEqual(split("deepspeed:\n  zero_optimization:\n    stage: 2\n"), ["zero-2", "none"]);
    const file = linkedFile("file:///ds.json", '{ "zero_optimization": { "stage": 1 } }');
    assert.deepEqual(split("deepspeed: ds.json\n", new Map([["ds.json", file]])), ["zero-1", "none"]);
    assert.deepEqual(split("deepspeed: zero3_offload.json\n"), ["zero-3", "optimizer-and-parameters"]);
    assert.deepEqual(split("deepspeed: ds.json\n"), [undefined, undefined]);
  });

  it("reduces gradients each time under FSDP 2 with accelerate before 1.11, and where it is told to", () => {
    const waits = (version: number, accelerate: string, more = "") => {
      const text = `fsdp: full_shard\nfsdp_config:\n  fsdp_version: ${version}\n${more}`;
      return trainerSplit(documentOf(text), new Map(), { versions: { accelerate } }).reducesLast?.value;
    };
    assert.deepEqual([waits(2, "1.10.1"), waits(2, "1.11.0")], [false, true]);
    assert.deepEqual([waits(1, "1.10.1"), waits(1, "1.11.0")], [true, true]);
    const told = "accelerator_config:\n  gradient_accumulation_kwargs:\n    sync_each_batch: true\n";
    assert.deepEqual([waits(1, "1.11.0", told), waits(2, "1.11.0", told)], [false, false]);
  });

  it("takes FSDP's options and settings together", () => {
    assert.deepEqual(split("fsdp: full_shard auto_wrap offload\n"), ["zero-3", "optimizer-and-parameters"]);
    assert.deepEqual(split("fsdp:\n  - shard_grad_op\n"), ["zero-2", "none"]);
    assert.deepEqual(bySettings("fsdp_config:\n  fsdp_sharding_strategy: NO_SHARD\n"), ["none", "none"]);
    assert.deepEqual(bySettings("fsdp_config:\n  sharding_strategy: 5\n"), ["zero-2", "none"]);
    assert.deepEqual(bySettings("fsdp_config:\n  fsdp_version: 2\n  reshard_after_forward: false\n"), [
      "zero-2",
      "none",
    ]);
    assert.deepEqual(bySettings("fsdp_config:\n  fsdp_offload_params: true\n"), ["zero-3", "optimizer-and-parameters"]);
  });

  it("takes FSDP's settings for nothing without fsdp, as transformers does", () => {
    const settings = "fsdp_config:\n  version: 2\n  reshard_after_forward: false\n";
    assert.deepEqual(split(settings), ["none", "none"]);
    assert.deepEqual(split(`fsdp: false\n${settings}`), ["none", "none"]);
    assert.deepEqual(split(`fsdp: true\n${settings}`), ["zero-2", "none"]);
    assert.deepEqual(split(`fsdp: true\n${settings}  cpu_offload: true\n`), ["zero-2", "optimizer-and-parameters"]);
  });

  it("links the files, not the mappings", () => {
    const links = shardingLinks(documentOf("deepspeed: ds.json\nfsdp_config:\n  version: 2\n"));
    assert.deepEqual(
      links.map(({ path, place }) => [path, place.keyRange.start.line]),
      [["ds.json", 0]],
    );
  });
});
