import type { Table } from "../../scripts/accuracy/report.mts";

/** Something that is to be fast; each is a file of `subjects` that exports its `subject`. */
export interface Subject {
  /** What is compared with what, and the aim where there is one. */
  readonly title: string;
  /** Rows for a terminal, the head first; `folders` hold configs of the user's. */
  measure(folders: readonly string[]): Table | Promise<Table>;
}
