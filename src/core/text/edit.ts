import type { ConfigDocument, ScalarNode } from "./document.ts";
import type { Range } from "./position.ts";

/** Replaces the text in `range`; everything around it stays as it is. */
export interface TextEdit {
  readonly range: Range;
  readonly newText: string;
}

/** Puts another number where `node` stands, written as the file writes this one, within its quotes if it has any. */
export function replaceNumber(document: ConfigDocument, node: ScalarNode, value: number): TextEdit {
  const inset = node.quoted ? 1 : 0;
  const span = { start: node.span.start + inset, end: node.span.end - inset };
  return { range: document.rangeOf(span), newText: numberLike(node.source, value) };
}

/**
 * `value` in the notation of `sample`: `2e-4` gives `2e-5`, `2.0e-04` gives `2.0e-05`, `0.0002` gives `0.00002`.
 * A sample that is no number gives the shortest notation that every YAML loader reads as a number.
 */
export function numberLike(sample: string, value: number): string {
  const exponent = /^[-+]?[0-9_]*(\.[0-9_]*)?([eE])([-+]?)([0-9]+)$/.exec(sample.trim());
  if (exponent) {
    const [, fraction, letter = "e", sign, digits = ""] = exponent;
    return scientific(value, { dot: fraction !== undefined, letter, plus: sign === "+", width: digits.length });
  }
  if (/^[-+]?[0-9_]*\.?[0-9_]*$/.test(sample.trim())) return plainDecimal(value);
  return scientific(value, { dot: true, letter: "e", plus: true, width: 1 });
}

interface Notation {
  readonly dot: boolean;
  readonly letter: string;
  readonly plus: boolean;
  readonly width: number;
}

function scientific(value: number, { dot, letter, plus, width }: Notation): string {
  const [mantissa = "", power = "0"] = value.toExponential().split("e");
  const exponent = Number(power);
  const digits = String(Math.abs(exponent)).padStart(width, "0");
  const sign = exponent < 0 ? "-" : plus ? "+" : "";
  return `${dot && !mantissa.includes(".") ? `${mantissa}.0` : mantissa}${letter}${sign}${digits}`;
}

/** All digits of `value` without an exponent, as many as its shortest representation has. */
function plainDecimal(value: number): string {
  const [mantissa = "", power = "0"] = value.toExponential().split("e");
  const decimals = (mantissa.split(".")[1] ?? "").length - Number(power);
  return value.toFixed(Math.min(100, Math.max(0, decimals)));
}
