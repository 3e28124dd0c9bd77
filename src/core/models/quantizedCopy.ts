/** How the weights of a published model are stored, where it is not in 16 or 32 bits. */
export interface QuantizedCopy {
  readonly method: "bitsandbytes" | "gptq" | "awq" | "aqlm" | "gguf" | "mlx" | "fp8" | "fp4" | "other";
  readonly bits: number;
}

/** What names of quantised copies end in, and what some say beside it. */
const marker =
  /[-_. ](unsloth|bnb|nf4|[23468]-?bits?|int[48]|gptq|awq|aqlm|gguf|exl2|hqq|mlx|dwq|marlin|autoround|fp8|nvfp4|mxfp4|fp4|dynamic|static|block|per-?tensor|quantized|quantised|w[48]a(?:8|16)|q[2-8](?:_[k01])?(?:_[msl])?|[12]x\d+|bf16|fp16|fp32)$/;

const methods = [
  [/gptq|marlin/, "gptq"],
  [/awq/, "awq"],
  [/aqlm/, "aqlm"],
  [/gguf/, "gguf"],
  [/fp8|w8a8/, "fp8"],
  [/(nv|mx)?fp4/, "fp4"],
  [/bnb|nf4|unsloth/, "bitsandbytes"],
  [/mlx|dwq/, "mlx"],
  // A bare `-4bit` is how bitsandbytes copies were first called.
  [/bit/, "bitsandbytes"],
] as const;

/** A lower-case name without what it says about storage, and what that was. */
export function splitStorage(name: string): { readonly name: string; readonly quantized: QuantizedCopy | null } {
  const markers: string[] = [];
  let rest = name;
  for (let match = marker.exec(rest); match; match = marker.exec(rest)) {
    markers.push(match[1] ?? "");
    rest = rest.slice(0, match.index);
  }
  return { name: rest, quantized: quantizedBy(markers) };
}

/** Words beside the others, which alone do not mean fewer bits. */
const neutral = /^(unsloth|mlx|dynamic|static|block|per-?tensor|bf16|fp16|fp32)$/;

function quantizedBy(markers: readonly string[]): QuantizedCopy | null {
  if (markers.every((word) => neutral.test(word))) return null;
  const said = markers.join(" ");
  const method = methods.find(([pattern]) => pattern.test(said))?.[1] ?? "other";
  const stated = /([23468])-?bit|int([48])|w([48])a|q([2-8])/
    .exec(said)
    ?.slice(1)
    .find((bits) => bits !== undefined);
  return { method, bits: stated ? Number(stated) : (usualBits[method] ?? 4) };
}

const usualBits: Readonly<Partial<Record<QuantizedCopy["method"], number>>> = { fp8: 8, aqlm: 2 };
