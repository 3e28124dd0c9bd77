import { join } from "node:path";
import { markdown } from "../accuracy/report.mts";
import { withTables } from "../markedTables.mts";
import { curveTable } from "./curveTable.mts";
import { groupTable } from "./groupTable.mts";
import { referenceTable } from "./references.mts";
import { families, isPlotted } from "./requests.mts";

/** The page of the documentation that says what the schedules are. */
export const pageFile = join("docs", "schedules.md");

/** The page with each of its tables as the code has it now. */
export function renewed(page: string): string {
  return withTables(page, tableOf);
}

function tableOf(name: string): string {
  if (name === "groups") return markdown(groupTable());
  if (name === "references") return markdown(referenceTable());
  if (!isPlotted(name)) throw new Error(`There is no table of ${name}; there are ${Object.keys(families).join(", ")}.`);
  return markdown(curveTable(name));
}
