import { element } from "../elements.ts";

type Meaning = readonly [key: string, meaning: string];

const keys: readonly Meaning[] = [
  ["← →", "one update back and on, or as many as share a pixel"],
  ["Shift ← →", "ten times as far"],
  ["Page Up, Page Down", "a tenth of what is in sight on and back"],
  ["Home, End", "the first and the last update of the run"],
  ["M, Shift M", "the next and the previous mark: where a phase begins, the peak, the last update"],
  ["+ −", "zoom in and out"],
  ["0", "see the whole run"],
  ["L", "linear or logarithmic axis"],
  ["Escape", "no crosshair"],
];

const pointer: readonly Meaning[] = [
  ["Drag", "zoom to what is selected"],
  ["Ctrl + wheel", "zoom in and out"],
  ["Shift + wheel", "move along the run"],
  ["Double click", "see the whole run"],
];

/** What keys and pointer do in the plot, folded up. */
export function keysHelp(): HTMLElement {
  const rows = [...keys, ...pointer].flatMap(([key, meaning]) => [
    element("dt", {}, element("kbd", {}, key)),
    element("dd", {}, meaning),
  ]);
  return element("details", {}, element("summary", {}, "Keys of the plot"), element("dl", { class: "keys" }, ...rows));
}
