/** Standard deviation of the weights of transformers' `initializer_range`, near which trained ones stay. */
const weightDeviation = 0.02;

/** Digits of a bfloat16 behind the leading one. */
const fractionBits = 7;

/**
 * The share of the weights that an update of AdamW's size, which is about the learning rate, changes at all where they are held in
 * bfloat16: w + η rounds back to w unless η is at least half the distance between w and its neighbour, 2^(e−7) for
 * 2^e ≤ |w| < 2^(e+1). With w ~ N(0, σ²): P(|w| < 2^(E+1)) = erf(2^(E+1) / (σ√2)), E = ⌊log2 η⌋ + 8.
 */
export function movingShare(learningRate: number): number {
  if (!(learningRate > 0)) return 0;
  const exponent = Math.floor(Math.log2(learningRate)) + fractionBits + 1;
  return errorFunction(2 ** (exponent + 1) / (weightDeviation * Math.SQRT2));
}

/**
 * Whether a second moment v in bfloat16 never shrinks: β2·v rounds back to v for every v where (1 − β2)·v is at most half the distance
 * to its lower neighbour, 2^(e−9) for v = 2^e, where it is the smallest.
 */
export function isSecondMomentStuck(beta2: number): boolean {
  return 1 - beta2 <= 2 ** -(fractionBits + 2);
}

/** erf(x) for x ≥ 0, to 1.5e-7. Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26. */
function errorFunction(x: number): number {
  const u = 1 / (1 + 0.3275911 * x);
  const series = [0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429];
  return 1 - series.reduceRight((sum, factor) => u * (factor + sum), 0) * Math.exp(-x * x);
}
