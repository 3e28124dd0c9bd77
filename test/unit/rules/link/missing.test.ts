import assert from "node:assert/strict";
import { hoverAt } from "../../../../src/core/report/hover.ts";
import { analysisOf } from "../../analysis.ts";
import { linkedFile } from "../../dialects/reading.ts";

const config = `model_name_or_path: meta-llama/Meta-Llama-3-8B
stage: sft
finetuning_type: full
deepspeed: examples/ds_z3_config.json
learning_rate: 1e-5
`;
const path = "examples/ds_z3_config.json";
const zero3 = linkedFile("file:///llm/examples/ds_z3_config.json", '{ "zero_optimization": { "stage": 3 } }');

const hover = (linked: ReadonlyMap<string, typeof zero3 | null>) =>
  hoverAt(analysisOf(config, { linked }), { line: 3, character: 2 })?.markdown.replaceAll("\\", "") ?? "";

describe("link/missing", () => {
  it("informs about a file that is not there, at the path", () => {
    const [finding, ...others] = analysisOf(config, { linked: new Map([[path, null]]) }).findings;
    assert.deepEqual(others, []);
    assert.equal(finding?.rule, "link/missing");
    assert.equal(finding.severity, "information");
    assert.deepEqual(finding.range, { start: { line: 3, character: 11 }, end: { line: 3, character: 37 } });
    assert.match(finding.message, /^examples\/ds_z3_config\.json is neither beside this file nor in the workspace/);
  });

  it("is silent when the file was found, and while nobody has looked", () => {
    assert.deepEqual(analysisOf(config, { linked: new Map([[path, zero3]]) }).findings, []);
    assert.deepEqual(analysisOf(config).findings, []);
  });

  it("is silent about a config that points to nothing", () => {
    assert.deepEqual(analysisOf(config.replace(/deepspeed.*\n/, "")).findings, []);
  });
});

describe("the hover on a link", () => {
  it("says that the file is read, and what it decides", () => {
    const text = hover(new Map([[path, zero3]]));
    assert.match(text, /examples\/ds_z3_config\.json is read together with this file/);
    assert.match(text, /weights, gradients and optimizer states are sharded \(ZeRO-3, FSDP\);/);
  });

  it("says that the file is missing, and what is assumed from its name", () => {
    const text = hover(new Map([[path, null]]));
    assert.match(text, /neither beside this file nor in the workspace; files outside the workspace are not read/);
    assert.match(text, /\(ZeRO-3, FSDP\) \(assumed: from the name of examples\/ds_z3_config\.json\)/);
  });
});
