/**
 * The size that people call a model by, in parameters: `Llama-2-7b-hf` is 7e9, `SmolLM2-360M` is 360e6. The count itself
 * where the name has no size, or one that is more than a fifth away from it (`Mixtral-8x7B`).
 */
export function nominalSize(name: string, parameters: number): number {
  const match = /(?<![\w.])(\d+(?:\.\d+)?)\s*([bm])(?![a-z0-9])/i.exec(name.replaceAll("_", "-"));
  if (!match) return parameters;
  const size = Number(match[1]) * (match[2]?.toLowerCase() === "b" ? 1e9 : 1e6);
  return Math.abs(size - parameters) <= 0.2 * parameters ? size : parameters;
}
