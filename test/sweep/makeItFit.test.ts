import assert from "node:assert/strict";
import fc from "fast-check";
import { makeItFit } from "../../src/core/advice/makeItFit.ts";
import { analyze } from "../../src/core/analyze.ts";
import { findGpu, usableBytes } from "../../src/core/gpus/catalogue.ts";
import { globalBatchSize } from "../../src/core/plan/plan.ts";
import { changedLines } from "../../src/core/report/fitReport.ts";
import { configs } from "../unit/advice/configs.ts";
import { analysisOf, answered } from "../unit/analysis.ts";
import { catalogue } from "../unit/builtIn.ts";
import { applyEdits } from "../unit/edits.ts";

describe("advice to make a run fit", () => {
  for (const [framework, text] of Object.entries(configs)) {
    for (const id of ["a100-80gb", "rtx-4090"]) {
      it(`keeps its promises: ${framework} on ${id}`, () => {
        const gpu = findGpu(id) ?? assert.fail(id);
        const analysis = analysisOf(text);
        const advice = analysis.makeItFit(gpu) ?? assert.fail();
        const all = [...advice.proposals, ...(advice.smallest ? [advice.smallest] : [])];
        if (advice.verdict !== "fits") assert.notEqual(all.length, 0);
        for (const { edits, memory, title } of all) {
          const after = analysisOf(applyEdits(text, edits));
          assert.deepEqual(answered(after.memory), memory, title);
          assert.equal(globalBatchSize(after.plan), globalBatchSize(analysis.plan), title);
          assert.equal(answered(after.run).architecture.id, answered(analysis.run).architecture.id);
        }
        for (const { memory, verdict } of advice.proposals) {
          assert.equal(verdict, "fits");
          assert.ok(memory.deviceBytes <= usableBytes(gpu));
        }
      });
    }
  }

  it("keeps its promises whatever the batch, the lengths and the GPU, after a bounded number of readings", () => {
    const frameworks = fc.constantFrom(...Object.values(configs));
    const sizes = fc.record({ micro: fc.integer({ min: 1, max: 24 }), passes: fc.integer({ min: 1, max: 12 }) });
    const property = fc.property(
      frameworks,
      sizes,
      fc.integer({ min: 6, max: 90 }),
      fc.constantFrom(1, 4),
      (config, batch, gib, gpus) => {
        const text = config
          .replace(/^( *(?:micro_|per_device_train_)?batch_size: ).*$/m, `$1${batch.micro}`)
          .replace(/^( *gradient_accumulation_steps: ).*$/m, `$1${batch.passes}`)
          .replace(/^( *global_batch_size: ).*$/m, `$1${batch.micro * batch.passes * gpus}`);
        const gpu = { ...(findGpu("a100-80gb") ?? assert.fail()), memoryGiB: gib, usableGiB: gib };
        const analysis = analysisOf(text, { gpus });
        let readings = 0;
        const advice = makeItFit(analysis, gpu, (changed) => {
          readings++;
          return analyze(changed, { format: "yaml", catalogue, gpus });
        });
        if (!advice) return;
        assert.ok(readings <= 400, String(readings));
        for (const proposal of advice.proposals) {
          const after = analysisOf(applyEdits(text, proposal.edits), { gpus });
          assert.deepEqual(answered(after.memory), proposal.memory);
          assert.ok(proposal.memory.deviceBytes <= usableBytes(gpu));
          assert.equal(globalBatchSize(after.plan), globalBatchSize(analysis.plan));
          assert.equal(after.plan.optimizer.weightDecay.value, analysis.plan.optimizer.weightDecay.value);
          const gone = changedLines(text, proposal.edits).flatMap((line) =>
            line.startsWith("- ") ? line.slice(2) : [],
          );
          const stays = text.split("\n").filter((line) => !gone.includes(line));
          const lines = applyEdits(text, proposal.edits).split("\n");
          assert.deepEqual(
            lines.filter((line) => stays.includes(line)),
            stays,
            "other lines stay, in their order",
          );
          const places = proposal.edits.flatMap(({ range }) => [range.start, range.end]);
          for (const [index, place] of places.entries()) {
            const before = places[index - 1];
            assert.ok(
              !before ||
                before.line < place.line ||
                (before.line === place.line && before.character <= place.character),
            );
          }
        }
      },
    );
    fc.assert(property, { numRuns: 30 });
  });
});
