import colors from "picocolors";
import type { Line } from "../core/report/lines.ts";

export type ColorChoice = "auto" | "always" | "never";

export const colorChoices: readonly ColorChoice[] = ["auto", "always", "never"];

/** Writes lines to standard output, in colours where a terminal shows them, unless the user or the environment says otherwise. */
export function printLines(lines: readonly Line[], choice: ColorChoice): void {
  const paint = colors.createColors(
    choice === "always" || (choice === "auto" && colors.isColorSupported && isTerminal()),
  );
  const text = (line: Line) =>
    line.map((part) => (typeof part === "string" ? printable(part) : paint[part.style](printable(part.text)))).join("");
  process.stdout.write(lines.map((line) => `${text(line)}\n`).join(""));
}

export function printText(text: string): void {
  process.stdout.write(text);
}

export function printWarning(text: string): void {
  process.stderr.write(`fine-tune-lens: ${printable(text)}\n`);
}

export function printObjects(objects: object): void {
  process.stdout.write(`${JSON.stringify(objects, null, 2)}\n`);
}

function isTerminal(): boolean {
  return process.stdout.isTTY || Boolean(process.env["FORCE_COLOR"]);
}

/** What comes from a file can hold control characters, which a terminal would obey. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "�");
}
