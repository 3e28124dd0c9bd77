import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { scheduleCode } from "../../../src/core/report/scheduleCode.ts";
import { type LrSchedule, rateOf } from "../../../src/core/schedule/lrSchedule.ts";
import { analysisOf, answered } from "../analysis.ts";
import { configs } from "../schedule/configs/index.ts";
import type { GoldenCase } from "../schedule/golden.ts";

/** One schedule of each scheduler that there is a config of. */
const schedules: readonly (readonly [id: string, LrSchedule])[] = Object.entries(configs).flatMap(
  ([framework, configOf]) => {
    const golden = readFileSync(join("test", "fixtures", "golden", "rates", `${framework}.json`), "utf8");
    return (JSON.parse(golden).cases as readonly GoldenCase[]).flatMap((row) => {
      const config = configOf(row);
      if (!config) return [];
      const format = config.name.endsWith("json") ? "json" : "yaml";
      return [[row.id, answered(analysisOf(config.text, { format, steps: row.total }).schedule)] as const];
    });
  },
);

/** The function of a piece of Python that has nothing in it but numbers, calls, assignments, ifs and returns. */
function rateIn(python: string): (k: number) => number {
  const lines = python.split("\n");
  const constants = lines.filter((line) => /^\w+ = [\d.e+-]+(?: {2}#.*)?$/.test(line));
  const body = lines.slice(lines.indexOf("def rate(k):") + 1).filter((line) => line.startsWith("    "));
  const statements = body.map((line, index) => {
    const [, condition] = /^ {4}if (.*):$/.exec(line) ?? [];
    if (condition !== undefined) return `if (${condition}) {`;
    const ends = line.startsWith("        ") && !body[index + 1]?.startsWith("        ");
    return `${line.replace(/^( *)(\w+) = /, "$1var $2 = ")};${ends ? "}" : ""}`;
  });
  const program = [...constants.map((line) => `const ${line.replace(/#.*/, "")};`), ...statements].join("\n");
  const make = new Function("math", "max", "min", `return (k) => { ${program} }`);
  const math = { ...mathOf(), pi: Math.PI, inf: Number.POSITIVE_INFINITY, fmod: (a: number, b: number) => a % b };
  return make(math, Math.max, Math.min);
}

function mathOf(): Readonly<Record<string, unknown>> {
  const { cos, exp, log, floor, ceil, sqrt } = Math;
  return { cos, exp, log, floor, ceil, sqrt };
}

describe("the schedule as Python", () => {
  for (const [id, schedule] of schedules) {
    it(`has the rates of ${id}`, () => {
      const rate = rateOf(schedule);
      const written = rateIn(scheduleCode(schedule, id));
      for (let step = 0; step < schedule.totalSteps; step += Math.max(1, Math.floor(schedule.totalSteps / 97))) {
        assert.ok(Math.abs(written(step) - rate(step)) <= 1e-12 * Math.abs(rate(step)), `update ${step}`);
      }
    });
  }

  it("is what one would write by hand for transformers' cosine", () => {
    const text = "model_name_or_path: m\nlearning_rate: 2e-5\nlr_scheduler_type: cosine\nwarmup_steps: 10\n";
    const schedule = answered(analysisOf(text, { steps: 100 }).schedule);
    assert.equal(
      scheduleCode(schedule, "cosine over 100 updates\n# of a.yaml"),
      `# cosine over 100 updates # of a.yaml
import math
from torch.optim.lr_scheduler import LambdaLR

P = 0.00002  # the optimizer's learning rate
W = 10
T = 100


def rate(k):
    if k < 10:
        return P * k / W
    return P * 0.5 * (1 + math.cos(math.pi * (k - W) / (T - W)))


scheduler = LambdaLR(optimizer, lambda k: rate(k) / P)
`,
    );
  });

  it("gives every parameter group the same rate where the framework does", () => {
    const text = JSON.stringify({
      train_micro_batch_size_per_gpu: 1,
      optimizer: { type: "AdamW", params: { lr: 1e-4 } },
      scheduler: { type: "WarmupLR", params: { warmup_num_steps: 10 } },
    });
    const schedule = answered(analysisOf(text, { format: "json", steps: 100 }).schedule);
    assert.match(scheduleCode(schedule, ""), /rate\(k\) \/ lr for group in optimizer\.param_groups/);
  });
});
