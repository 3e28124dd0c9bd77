import assert from "node:assert/strict";
import { reader } from "../../../src/core/dialects/reader.ts";
import { schedulerArgumentsAt, schedulerArgumentsIn } from "../../../src/core/dialects/schedulerArguments.ts";
import type { Argument } from "../../../src/core/plan/plan.ts";
import { byDefault } from "../../../src/core/plan/sourced.ts";
import { documentOf } from "./reading.ts";

const text = `warmup: 100
optim:
  sched:
    name: CosineAnnealing
    min_lr: 1e-6
    constant_steps: \${warmup}
    hold_steps: null
    milestones: [10, 20]
`;

describe("the settings that bend a scheduler's curve", () => {
  it("are the values of a section that are set, references put in", () => {
    const { value, place } = schedulerArgumentsIn(documentOf(text), "optim.sched", (name) => name !== "name");
    assert.deepEqual(
      value,
      new Map<string, Argument>([
        ["min_lr", 1e-6],
        ["constant_steps", 100],
        ["milestones", [10, 20]],
      ]),
    );
    assert.equal(place?.keyRange.start.line, 2);
  });

  it("are none by default where the section has none", () => {
    const document = documentOf(text);
    assert.deepEqual(
      schedulerArgumentsIn(document, "optim.sched", () => false),
      byDefault(new Map()),
    );
    assert.deepEqual(
      schedulerArgumentsIn(document, "scheduler", () => true),
      byDefault(new Map()),
    );
  });

  it("are the values under a key as they are written", () => {
    const keys = reader(documentOf("lr_scheduler_kwargs:\n  num_cycles: 2\n  min_lr: null\n"), {
      lr_scheduler_kwargs: { about: "Further settings of the scheduler" },
    });
    assert.deepEqual(
      schedulerArgumentsAt(keys, "lr_scheduler_kwargs").value,
      new Map([
        ["num_cycles", 2],
        ["min_lr", null],
      ]),
    );
    const set = schedulerArgumentsAt(keys, "lr_scheduler_kwargs", (_, value) => value !== null);
    assert.deepEqual(set.value, new Map([["num_cycles", 2]]));
  });
});
