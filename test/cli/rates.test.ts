import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { configs } from "../unit/schedule/configs/index.ts";
import { countsAhead, type GoldenCase, requireRates } from "../unit/schedule/golden.ts";
import { buildProgram } from "./program.ts";

const folder = mkdtempSync(join(tmpdir(), "fine-tune-lens-"));
const program = join(folder, "cli.js");

interface Run {
  readonly framework: string;
  readonly row: GoldenCase;
  readonly file: string;
  readonly options: readonly string[];
}

/** Every reference case that a config can say, written as one. */
const runs: readonly Run[] = Object.entries(configs).flatMap(([framework, configOf]) => {
  const golden = readFileSync(join("test", "fixtures", "golden", "rates", `${framework}.json`), "utf8");
  return (JSON.parse(golden).cases as readonly GoldenCase[]).flatMap((row) => {
    const config = configOf(row);
    if (!config) return [];
    const file = join(folder, row.id, config.name);
    mkdirSync(dirname(file));
    writeFileSync(file, config.text);
    return [{ framework, row, file, options: ["--steps", String(row.total), ...(config.options ?? [])] }];
  });
});

describe("the command line tells the rates of the reference implementations from config files", () => {
  const reported = new Map<string, readonly (readonly [number, number])[]>();

  before(async () => {
    await buildProgram(program);
    for (const [options, files] of byOptions()) {
      const args = [program, "schedule", "--format", "json", ...options.split(" "), ...files];
      const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", maxBuffer: 2 ** 28 });
      assert.equal(stderr, "");
      for (const { file, schedule, problems } of JSON.parse(stdout)) {
        assert.ok(schedule, `${file}: ${problems}`);
        reported.set(file, schedule.samples);
      }
    }
  });

  after(() => rmSync(folder, { recursive: true }));

  for (const { framework, row, file } of runs) {
    it(`${framework}: ${row.id}`, () => {
      const rates = new Map(reported.get(file));
      assert.equal(rates.size, row.total);
      const ahead = countsAhead[framework] ?? 0;
      const rate = (step: number) => rates.get(step - ahead) ?? Number.NaN;
      requireRates(row, rate, { first: ahead, end: row.total + ahead });
    });
  }
});

/** The files that one call can tell. */
function byOptions(): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const { options, file } of runs) {
    const key = options.join(" ");
    groups.set(key, [...(groups.get(key) ?? []), file]);
  }
  return groups;
}
