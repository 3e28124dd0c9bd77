import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Table } from "../../../scripts/accuracy/report.mts";
import { build, root } from "../../../scripts/setup.mjs";
import { compared } from "../compared.mts";
import { rowsOfAll } from "../rows.mts";
import type { Subject } from "../subject.mts";

const config = join(root, "examples", "llama-factory", "llama3_8b_lora_sft.yaml");

/** What a pre-commit hook waits for. */
export const subject: Subject = {
  title: "The command line from start to end, against a Node that does nothing (aim: 150 ms)",
  async measure() {
    await build(["--production"]);
    return [
      ["Command", "Node alone ms", "ms", "Beyond Node ms", "Ratio"],
      ...(await rowsOfAll([["--help"], ["check", config], ["estimate", config]], rowOf)),
    ];
  },
};

async function rowOf(args: readonly string[]): Promise<Table> {
  const node = (...own: readonly string[]) => execFileSync(process.execPath, own, { stdio: "ignore" });
  const { baseline, work, ratio } = await compared(
    { run: () => node("-e", "0") },
    { run: () => node(join(root, "dist", "cli.js"), ...args) },
  );
  return [[args[0] ?? "", baseline.toFixed(0), work.toFixed(0), (work - baseline).toFixed(0), ratio.toFixed(2)]];
}
