/** What a table has under a name from a config or a command line, which may be that of something that all objects have. */
export function named<T>(table: Readonly<Partial<Record<string, T>>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
