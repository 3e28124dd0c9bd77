import { join } from "node:path";
import { markdown } from "../accuracy/report.mts";
import { withTables } from "../markedTables.mts";
import { tables } from "./tables.mts";

/** The page of the documentation that says how memory is estimated. */
export const pageFile = join("docs", "memory.md");

/** The page with each of its tables as the code has it now. */
export function renewed(page: string): string {
  return withTables(page, (name) => {
    const table = tables[name];
    if (!table) throw new Error(`There is no table ${name}; there are ${Object.keys(tables).join(", ")}.`);
    return markdown(table());
  });
}
