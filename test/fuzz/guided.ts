import { analysisOfAny, changeEverything, showEverything } from "./surfaces.ts";

/** What a fuzzer calls with the bytes of a file: whatever is thrown is a bug, as is what takes longer than it waits. */
export function fuzz(bytes: Buffer): void {
  const text = bytes.toString("utf8");
  const analysis = analysisOfAny({ text, format: /^\s*[{[]/.test(text) ? "json" : "yaml" });
  if (!analysis) return;
  showEverything(analysis, [0, 0.3, 0.5, 0.7, 1]);
  changeEverything(analysis);
}
