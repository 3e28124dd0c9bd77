/**
 * The size that a model's name tells, in parameters: `Foo-7B-v2` is 7e9, `SmolLM2-360M` is 360e6. Of a path, the last
 * part that tells one. Undefined where there is none, or only the size of an expert (`8x7B`) or of what a token passes
 * through (`A3B`). The last resort: it tells nothing of the model's shape.
 */
export function sizeInName(name: string): number | undefined {
  return name
    .split(/[\\/]/)
    .map(sizeInPart)
    .findLast((size) => size !== undefined);
}

function sizeInPart(part: string): number | undefined {
  const match = /(?<![\w.])(\d+(?:\.\d+)?)\s*([bm])(?![a-z0-9])/i.exec(part.replaceAll("_", "-"));
  if (!match) return undefined;
  return Number(match[1]) * (match[2]?.toLowerCase() === "b" ? 1e9 : 1e6);
}

/**
 * The size that people call a model by, in parameters: `Llama-2-7b-hf` is 7e9, `SmolLM2-360M` is 360e6. The count itself
 * where the name has no size, or one that is more than a fifth away from it (`Mixtral-8x7B`).
 */
export function nominalSize(name: string, parameters: number): number {
  const size = sizeInName(name);
  return size !== undefined && Math.abs(size - parameters) <= 0.2 * parameters ? size : parameters;
}
