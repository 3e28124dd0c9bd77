import type { Table } from "../../scripts/accuracy/report.mts";

/** The rows of all things, measured one after the other. */
export async function rowsOfAll<T>(things: readonly T[], rowsOf: (thing: T) => Promise<Table>): Promise<Table> {
  const rows: Table[number][] = [];
  for (const thing of things) rows.push(...(await rowsOf(thing)));
  return rows;
}
