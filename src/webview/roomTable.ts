import { t } from "../core/language.ts";
import type { RoomRow } from "../core/report/whatIfView.ts";
import { element, table } from "./elements.ts";

/** The largest micro batch and the longest sequence that still fit. */
export class RoomTable {
  readonly node = element("div", { class: "room" });

  show(rows: readonly RoomRow[]): void {
    this.node.hidden = rows.length === 0;
    const head = [t`GPU`, t`Largest micro batch`, t`Longest sequence`];
    this.node.replaceChildren(table(head, rows, t`What still fits, all else as it is`));
  }
}
