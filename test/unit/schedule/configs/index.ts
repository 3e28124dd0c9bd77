import type { ConfigOf } from "../golden.ts";
import { configOf as huggingFace } from "./huggingFace.ts";

/** How the reference cases of a framework are written as its configs, by the name of their file. */
export const configs: Readonly<Record<string, ConfigOf>> = { huggingFace };
