/**
 * The frameworks' tables in bundles that leave them out of their code, by file and name, such as `axolotl.vocabulary`: plain data,
 * empty until `loadTables`.
 */
export const tables: Record<string, object> = {};

/** Stands in such a bundle for a table in a framework's file. */
export function loadedTable(name: string): object {
  tables[name] ??= {};
  return tables[name];
}

/** Fills the tables; nothing may look into them before. */
export function loadTables(contents: Readonly<Record<string, object>>): void {
  for (const [name, table] of Object.entries(contents)) Object.assign(loadedTable(name), table);
}
