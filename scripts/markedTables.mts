const marked = /(<!-- table: (.+?) -->\n).*?(<!-- end -->)/gs;

/** A page with each table between its marks as `tableOf` has it now; the rest is left as it is. */
export function withTables(page: string, tableOf: (name: string) => string): string {
  return page.replace(marked, (_, begin: string, name: string, end: string) => `${begin}\n${tableOf(name)}\n\n${end}`);
}

/** The names of the tables in a page. */
export function tablesIn(page: string): readonly string[] {
  return [...page.matchAll(marked)].map(([, , name = ""]) => name);
}
