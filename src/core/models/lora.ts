import { type Answer, known, missing } from "../answer.ts";
import { t } from "../language.ts";
import type { LayerRole, LoraTargets } from "../plan/lora.ts";
import type { Architecture, Linear } from "./architecture.ts";
import { moduleNames } from "./moduleNames.ts";
import { textsMatching } from "./pattern.ts";
import { peftDefault } from "./peftDefaults.ts";

/**
 * The layers that get an adapter, each with the number of blocks where it does. Embeddings and output layer are reached
 * by name, pattern and role only. Names that no layer has add nothing; what cannot be told has a reason.
 */
export function adaptedLinears(architecture: Architecture, targets: LoraTargets): Answer<readonly Linear[]> {
  switch (targets.kind) {
    case "all":
      return known(architecture.linears);
    case "default": {
      const own = peftDefault(architecture.type);
      return own ? adaptedLinears(architecture, own) : missing(t`PEFT has no default targets for ${architecture.type}`);
    }
    case "names":
      return known(named(architecture, targets.names));
    case "pattern":
      return matchingPattern(architecture, targets.pattern);
    case "roles":
      return known(withRoles(architecture, targets.roles));
  }
}

/** A pattern is matched with every layer of every block, and seldom changes while the file around it does. */
function matchingPattern(architecture: Architecture, pattern: string): Answer<readonly Linear[]> {
  const before = lastMatched.get(architecture);
  if (before?.pattern === pattern) return before.linears;
  const paths = textsMatching(pattern, adaptable(architecture).flatMap(pathsOf));
  const linears = paths.value ? known(matching(architecture, (path) => paths.value.has(path))) : paths;
  lastMatched.set(architecture, { pattern, linears });
  return linears;
}

const lastMatched = new WeakMap<
  Architecture,
  { readonly pattern: string; readonly linears: Answer<readonly Linear[]> }
>();

/**
 * Trainable parameters of LoRA: each adapted matrix of in × out gets r·(in + out), and with DoRA a magnitude per output.
 * Rank-stabilised LoRA scales differently but has the same parameters.
 */
export function countLoraParameters(linears: readonly Linear[], rank: number, dora = false): number {
  return linears.reduce(
    (sum, { input, output, count }) => sum + count * (rank * (input + output) + (dora ? output : 0)),
    0,
  );
}

/**
 * Parameters of the modules that are trained in full beside the adapters. PEFT trains a copy, so a tied output layer
 * counts as well. Modules other than embeddings and output layer are new heads of unknown size, and count as nothing.
 */
export function savedParameters(architecture: Architecture, modulesToSave: readonly string[]): SavedParameters {
  const matches = endsInOneOf(modulesToSave);
  const sizeOf = ({ path, input, output }: Linear) => (matches(path) ? input * output : 0);
  return { embedding: sizeOf(embedding(architecture)), outputLayer: sizeOf(outputLayer(architecture)) };
}

export function countSaved({ embedding, outputLayer }: SavedParameters): number {
  return embedding + outputLayer;
}

export interface SavedParameters {
  readonly embedding: number;
  readonly outputLayer: number;
}

/** PEFT adapts a module whose path is one of the names or ends in one after a dot. `*` stands for any letters. */
function endsInOneOf(names: readonly string[]): (path: string) => boolean {
  const globs = names.flatMap((name) => [like(name), like(`*.${name}`)]);
  return (path) => globs.some((isLike) => isLike(path));
}

/** Whether a text is `glob` with any letters in place of each star. */
function like(glob: string): (text: string) => boolean {
  const [start = "", ...others] = glob.split("*");
  const end = others.pop();
  if (end === undefined) return (text) => text === start;
  return (text) => {
    if (!text.startsWith(start) || !text.endsWith(end)) return false;
    let at = start.length;
    for (const part of others) {
      at = text.indexOf(part, at);
      if (at < 0) return false;
      at += part.length;
    }
    return text.length - end.length >= at;
  };
}

/** No model has more blocks; a shape in a half-typed config may. */
const mostBlocks = 1000;

/** Names without numbers are the same in every block. */
function named(architecture: Architecture, names: readonly string[]): readonly Linear[] {
  const matches = endsInOneOf(names);
  if (names.some((name) => /[\d*]/.test(name))) return matching(architecture, matches);
  return adaptable(architecture).filter(({ path, first }) => matches(path.replace("*", String(first))));
}

/** The paths of a layer in all blocks that have it. */
function pathsOf({ path, first, count }: Linear): readonly string[] {
  if (!path.includes("*")) return [path];
  return Array.from({ length: Math.min(count, mostBlocks) }, (_, index) => path.replace("*", String(first + index)));
}

/** Everything that a name or a pattern can reach. */
function adaptable(architecture: Architecture): readonly Linear[] {
  return [...architecture.linears, embedding(architecture), outputLayer(architecture)];
}

function matching(architecture: Architecture, matches: (path: string) => boolean): readonly Linear[] {
  return adaptable(architecture).flatMap((linear) => {
    const count = pathsOf(linear).filter(matches).length;
    return count > 0 ? [{ ...linear, count }] : [];
  });
}

/** Fused layers count as the parts that they are made of, which is how the frameworks that have roles adapt them. */
function withRoles(architecture: Architecture, roles: readonly LayerRole[]): readonly Linear[] {
  const parts = architecture.linears.flatMap((linear) =>
    linear.parts
      .filter(({ role }) => role !== "other" && roles.includes(role))
      .map((part): Linear => ({ ...linear, output: part.output, parts: [part] })),
  );
  return roles.includes("head") ? [...parts, outputLayer(architecture)] : parts;
}

/** The embedding as the two matrices of an adapter see it. */
function embedding({ type, vocab, embeddingWidth }: Architecture): Linear {
  return outside(moduleNames(type).embedding, vocab, embeddingWidth);
}

function outputLayer({ type, vocab, embeddingWidth }: Architecture): Linear {
  return outside(moduleNames(type).outputLayer, embeddingWidth, vocab);
}

function outside(path: string, input: number, output: number): Linear {
  const name = path.slice(path.lastIndexOf(".") + 1);
  return { name, path, input, output, first: 0, count: 1, parts: [{ role: "other", output }] };
}
