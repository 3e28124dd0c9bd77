import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { tablesIn } from "../../../scripts/markedTables.mts";
import { curveTable, symbolsToExplain } from "../../../scripts/schedules/curveTable.mts";
import { groupTable } from "../../../scripts/schedules/groupTable.mts";
import { pageFile, renewed } from "../../../scripts/schedules/page.mts";
import { families, isPlotted, type PlottedFamily } from "../../../scripts/schedules/requests.mts";
import type { ScheduleFamily } from "../../../src/core/plan/plan.ts";
import { goldenRate, type PartialRequest } from "./golden.ts";

const page = readFileSync(pageFile, "utf8");

/** What the page says around the table of a family, from one heading to the next. */
function proseOf(family: PlottedFamily): string {
  const section = page.split(/^##+ /m).find((text) => text.includes(`<!-- table: ${family} -->`)) ?? "";
  return section.replace(/^\|.*\n/gm, "");
}

describe("the page on schedules", () => {
  it("has the tables that the code makes now: npm run -s docs:schedules writes them anew", () => {
    assert.equal(page, renewed(page));
  });

  it("has a table for every family, in which every scheduler of it is", () => {
    assert.deepEqual(tablesIn(page).filter(isPlotted), Object.keys(families));
  });

  it("refuses a table that nothing makes", () => {
    assert.throws(() => renewed("<!-- table: plateau -->\n<!-- end -->"), /There is no table of plateau/);
  });

  for (const family of Object.keys(families).filter(isPlotted)) {
    const symbols = [...symbolsToExplain(family)];
    if (symbols.length === 0) continue;
    it(`says what ${symbols.join(", ")} of ${family} stand for`, () => {
      const prose = proseOf(family);
      assert.deepEqual(
        symbols.filter((name) => !prose.includes(`\`${name}\``)),
        [],
      );
    });
  }

  it("points to files and headings that are there", () => {
    const targets = [...page.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
    const headings = [...page.matchAll(/^##+ (.+)$/gm)].map(
      ([, heading = ""]) =>
        `#${heading
          .toLowerCase()
          .replaceAll(/[^\w -]/g, "")
          .replaceAll(" ", "-")}`,
    );
    const lost = targets.filter((target) => {
      if (target.startsWith("#")) return !headings.includes(target);
      return !target.startsWith("https://") && !existsSync(join("docs", target));
    });
    assert.deepEqual(lost, []);
  });
});

function rowOf(family: PlottedFamily, name: string): readonly string[] | undefined {
  return curveTable(family).find(([scheduler]) => scheduler?.startsWith(name));
}

describe("the tables of schedules", () => {
  it("have each formula with its last update, and the rates of the first and the last: 2e-4/950 = 2.11e-7", () => {
    assert.deepEqual(rowOf("huggingface", "`linear`"), [
      "`linear`",
      "k ≤ 49: `P·k/W`<br>then `P·(T − k)/(T − W)`<br>first 0, last 2.11e-7",
      "The first update applies a rate of 0.",
    ]);
  });

  it("have the settings with their defaults, and those that are needed", () => {
    assert.equal(rowOf("huggingface", "`polynomial`")?.[0], "`polynomial`<br>takes `lr_end` 1e-7, `power` 1");
    assert.equal(
      rowOf("composer", "`exponential`")?.[0],
      "`exponential`<br>`gamma: 0.5`, needed<br>`decay_period: 250ba`, needed<br>also takes `max_duration` T",
    );
  });

  it("tell defaults that follow from the run or another setting by their names", () => {
    assert.equal(
      rowOf("olmo", "`cosine_with_warmup`")?.[0],
      "`cosine_with_warmup`<br>takes `units` steps, `t_max` T, `warmup_min_lr` 0.1·P, `alpha_f` 0.1",
    );
    assert.equal(
      rowOf("torch", "`CyclicLR`")?.[0],
      "`CyclicLR`<br>`base_lr: 2e-5`<br>`step_size_up: 250`" +
        "<br>also takes `step_size_down` as `step_size_up`, `mode` triangular, `max_lr` P, `gamma` 1",
    );
  });

  it("have the ends of legs with the same formula: up to pct_start of 1,000 updates, less one", () => {
    assert.equal(
      rowOf("torch", "`OneCycleLR`")?.[1],
      "k ≤ 299: `b + (a − b)·½·(1 + cos(π·x)), x = (k − from)/(to − from)`, `from` = 0, `to` = 299, `a` = 8e-6, `b` = 2e-4" +
        "<br>then the same, `from` = 299, `to` = 999, `a` = 2e-4, `b` = 8e-10<br>first 8e-6, last 8e-10",
    );
  });

  it("have cycles once, with what the first one is: the last update is 249 of 250, 2e-4·½·(1 + cos(0.996·π))", () => {
    assert.equal(
      rowOf("torch", "`CosineAnnealingWarmRestarts`")?.[1],
      "`eta_min + (P − eta_min)·½·(1 + cos(π·(k − start)/length))`, at first `start` = 0, `length` = 250" +
        "<br>first 2e-4, last 7.9e-9",
    );
  });

  it("say of schedulers by a metric that they cannot be known", () => {
    assert.deepEqual(rowOf("huggingface", "`greedy`"), [
      "`greedy`",
      "–",
      '"greedy" follows a metric of the run, so its curve cannot be known in advance.',
    ]);
  });

  it("name the schedulers that give every parameter the same rate", () => {
    const [, , , [, same = ""] = []] = groupTable();
    assert.match(same, /axolotl: `one_cycle`; DeepSpeed: `WarmupLR`, `WarmupDecayLR`, `OneCycle`, `LRRangeTest`;/);
  });
});

/** What the page says in numbers, as the rate of an update over the peak. */
const claims: readonly (readonly [
  claim: string,
  family: ScheduleFamily,
  request: Partial<PartialRequest> & Pick<PartialRequest, "name">,
  step: number,
  share: number,
])[] = [
  ["with W = 50 and T = 1,000 that is P/950", "huggingface", { name: "linear", warmup: 50 }, 999, 1 / 950],
  ["Half way the rate is 0", "huggingface", { name: "cosine", settings: { num_cycles: 1 } }, 500, 0],
  ["to 5,000 times the peak", "huggingface", { name: "cosine_with_min_lr", settings: { min_lr: 0.1 } }, 1000, 5000],
  ["a fifth of the peak", "huggingface", { name: "polynomial", peak: 5e-7 }, 1000, 0.2],
  [
    "updates 750 to 999 apply the floor",
    "huggingface",
    { name: "warmup_stable_decay", warmup: 50, settings: { num_stable_steps: 500, num_decay_steps: 200 } },
    750,
    0,
  ],
  ["two thirds after 100", "deepspeed", { name: "WarmupLR", warmup: 1000, total: 2000 }, 100, 2 / 3],
  ["0.909·P", "axolotl", { name: "rex" }, 499, 0.5 / 0.55],
  ["0.526·P", "axolotl", { name: "rex" }, 899, 0.1 / 0.19],
  ["begins at P/25", "torch", { name: "OneCycleLR" }, 0, 1 / 25],
  ["ends at P/250,000", "torch", { name: "OneCycleLR" }, 999, 1 / 250_000],
  ["the rate doubles after the warmup", "litgpt-pretrain", { name: "cosine" }, 1000, 2],
  ["half way the rate is 0.5·P", "gpt-neox", { name: "linear", settings: { min_lr: 2e-6 } }, 500, 0.5],
  ["where Megatron's is 0.55·P", "megatron", { name: "linear", settings: { min_lr: 2e-6 } }, 500, 0.55],
  ["3e-4 becomes 9e-8", "nanotron", { name: "linear", peak: 3e-4, total: 0 }, 0, 3e-4],
  ["the first update applies 0.118·P", "olmo", { name: "cosine_with_warmup", warmup: 50 }, 0, 0.118],
  ["0.96·P", "ludwig", { name: "exponential" }, 0, 0.96],
  ["A run of 60 updates ends at 0.59·P", "huggingface", { name: "linear", warmup: 100, total: 60 }, 59, 0.59],
];

describe("the numbers of the page on schedules", () => {
  for (const [claim, family, request, step, share] of claims) {
    it(`${family}: ${claim}`, () => {
      assert.ok(page.replaceAll("\n", " ").includes(claim), `the page no longer says "${claim}"`);
      const peak = request.peak ?? 2e-5;
      const rate = goldenRate(family, { peak, warmup: 0, total: 1000, ...request })(step);
      assert.ok(Math.abs(rate - share * peak) <= 1e-9 * peak, `${rate / peak} of the peak, not ${share}`);
    });
  }
});
