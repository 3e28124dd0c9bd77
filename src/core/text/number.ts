/**
 * `value` in the notation of `sample`: `2e-4` gives `2e-5`, `2.0e-04` gives `2.0e-05`, `0.0002` gives `0.00002`. An exponent of 0 is
 * not written: `2e-5` gives `1`, and `0`. A sample that is no number gives the shortest notation that every YAML loader reads as a number.
 */
export function numberLike(sample: string, value: number): string {
  const exponent = /^[-+]?[0-9_]*(\.[0-9_]*)?([eE])([-+]?)([0-9]+)$/.exec(sample.trim());
  if (exponent && value !== 0 && (Math.abs(value) < 1 || Math.abs(value) >= 10)) {
    const [, fraction, letter = "e", sign, digits = ""] = exponent;
    return scientific(value, { dot: fraction !== undefined, letter, plus: sign === "+", width: digits.length });
  }
  return /^[-+]?[0-9_]+(?:\.[0-9_]*)?$|^[-+]?\.[0-9_]+$/.test(sample.trim())
    ? plainDecimal(value)
    : portableNumber(value);
}

/** A notation that YAML 1.1 and 1.2 and JSON all read as a number: `2.0e-5`, not `2e-5`, which PyYAML takes for text. */
export function portableNumber(value: number): string {
  const magnitude = Math.abs(value);
  if (Number.isInteger(value) && magnitude < 1e15) return String(value);
  if (magnitude >= 1e-3 && magnitude < 1e15) return plainDecimal(value);
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
