import assert from "node:assert/strict";
import { analysisOf } from "../../analysis.ts";

const accelerate = (
  lines: readonly string[],
  type = "DEEPSPEED",
  file = "ds.json",
) => `compute_environment: LOCAL_MACHINE
distributed_type: ${type}
num_processes: 8
deepspeed_config:
  deepspeed_config_file: ${file}
${lines.join("\n")}
`;

const found = (text: string) => analysisOf(text).findings.filter(({ rule }) => rule === "deepspeed/beside-file").length;

describe("deepspeed/beside-file", () => {
  for (const line of [
    "  gradient_accumulation_steps: 4",
    "  gradient_clipping: 1.0",
    "  zero_stage: 3",
    "  offload_optimizer_device: cpu",
    "  offload_param_device: cpu",
    "  zero3_save_16bit_model: true",
    "mixed_precision: bf16",
  ]) {
    it(`stops at ${line.trim()}`, () => {
      assert.equal(found(accelerate([line])), 1);
      assert.equal(found(accelerate([line], "FSDP")), 0);
      assert.equal(found(accelerate([line], "DEEPSPEED", "")), 0);
    });
  }

  it("shows the file that decides", () => {
    const text = accelerate(["  zero_stage: 3"]);
    const finding = analysisOf(text).findings.find(({ rule }) => rule === "deepspeed/beside-file");
    assert.deepEqual(finding?.range, { start: { line: 5, character: 2 }, end: { line: 5, character: 15 } });
    assert.deepEqual(
      finding.related.map(({ range }) => range.start.line),
      [4],
    );
  });

  it("leaves zero3_init_flag where it is", () => {
    assert.equal(found(accelerate(["  zero3_init_flag: true"])), 0);
  });
});
