import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Hypothesis } from "../../../src/core/advice/hypothesis.ts";
import { canWrite, differing, revisionWith } from "../../../src/core/advice/whatIf.ts";
import type { Analysis } from "../../../src/core/analyze.ts";
import { variedMemory } from "../../../src/core/memory/variation.ts";
import { architectureIn } from "../../../src/core/models/facts.ts";
import { editsOf } from "../../../src/core/text/revision.ts";
import { analysisOf, answered } from "../analysis.ts";
import { applyEdits } from "../edits.ts";

const qlora = readFileSync("examples/axolotl/llama-3-8b-qlora.yml", "utf8");
const tried = (analysis: Analysis, hypothesis: Hypothesis) =>
  revisionWith(analysis.document, analysis.dialect, hypothesis);

/** The lines that are new in `after`. */
function added(before: string, after: string): readonly string[] {
  const old = before.split("\n");
  return after.split("\n").filter((line) => !old.includes(line));
}

describe("what is tried", () => {
  it("is written in the keys of the config's framework, and nothing else is touched", () => {
    const analysis = analysisOf(qlora);
    const { text } = tried(analysis, { microBatch: 8, sequenceLength: 4096, gradientCheckpointing: false });
    assert.deepEqual(added(qlora, text), [
      "sequence_len: 4096",
      "micro_batch_size: 8",
      "gradient_checkpointing: false",
    ]);
    assert.deepEqual(added(qlora, tried(analysis, { optimizer: "adamw" }).text), ["optimizer: adamw_torch_fused"]);
  });

  it("may be the method and the optimizer at once, in one set of edits", () => {
    const full = "base_model: meta-llama/Llama-2-7b-hf\nmicro_batch_size: 2\nlearning_rate: 2e-5\n";
    const analysis = analysisOf(full);
    const revision = tried(analysis, { method: "qlora", optimizer: "adamw8bit", microBatch: 4 });
    const { plan } = analysisOf(revision.text);
    assert.equal(plan.method.value, "qlora");
    assert.match(plan.optimizer.name.value ?? "", /8bit/);
    assert.equal(plan.batch.micro.value, 4);
    assert.equal(applyEdits(full, editsOf(revision, full)), revision.text);
  });

  it("takes the memory that the plan with these values takes", () => {
    for (const file of examples()) {
      const analysis = analysisOf(readFileSync(file, "utf8"), { format: file.endsWith("json") ? "json" : "yaml" });
      const { plan, document, dialect, model, versions } = analysis;
      const setting = { architecture: answered(architectureIn(model)), versions };
      const micro = 2 * (plan.batch.micro.value ?? 1);
      const length = (plan.sequenceLength.value ?? 2048) / 2;
      for (const variation of [{ microBatch: micro }, { sequenceLength: length }]) {
        if (!canWrite(document, dialect, variation)) continue;
        const { text } = tried(analysis, variation);
        const read = analysisOf(text, { format: document.format });
        assert.equal(read.memory.value?.deviceBytes, variedMemory(plan, variation, setting)?.deviceBytes, file);
      }
    }
  });

  it("is left out where it is what the config says anyway", () => {
    const file = analysisOf(qlora);
    const hypothesis = { microBatch: 2, sequenceLength: 4096, gradientCheckpointing: true, method: "qlora", gpus: 1 };
    assert.deepEqual(differing(hypothesis as Hypothesis, file), { sequenceLength: 4096 });
    assert.deepEqual(differing({ gpus: 4, optimizer: "adamw" }, file), { gpus: 4, optimizer: "adamw" });
  });

  it("cannot be written where the framework has no key for it", () => {
    const { document, dialect } = analysisOf(qlora);
    assert.equal(canWrite(document, dialect, { gpus: 8 }), false);
    assert.equal(canWrite(document, dialect, { microBatch: 8 }), true);
  });
});

function examples(): readonly string[] {
  return readdirSync("examples", { recursive: true, encoding: "utf8" })
    .map((name) => join("examples", name))
    .filter((name) => /\.(?:ya?ml|json)$/.test(name) && !/[\\/](?:data|deepspeed)[\\/]/.test(name));
}
