/** How words are told apart on a terminal. */
export type TextStyle = "bold" | "dim" | "red" | "yellow" | "green" | "blue" | "magenta" | "cyan" | "gray" | "white";

export interface StyledText {
  readonly style: TextStyle;
  readonly text: string;
}

/** A line of text, in parts that may have a style. */
export type Line = readonly (string | StyledText)[];

export function styled(style: TextStyle, text: string): StyledText {
  return { style, text };
}

/** A line as text alone. */
export function plainText(line: Line): string {
  return line.map((part) => (typeof part === "string" ? part : part.text)).join("");
}
