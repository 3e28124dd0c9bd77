import { type Answer, known, missing } from "../answer.ts";
import { t } from "../language.ts";
import type { LayerRole, LoraLayers, LoraTargets } from "../plan/lora.ts";
import type { Architecture, Linear } from "./architecture.ts";
import { moduleNames } from "./moduleNames.ts";
import { textsMatching } from "./pattern.ts";
import { peftDefault } from "./peftDefaults.ts";

/**
 * The layers that get an adapter, each with the blocks where it does, apart where these do not follow each other. Embeddings and
 * output layer are reached by name, pattern and role only. Names that no layer has add nothing; what cannot be told has a reason.
 */
export function adaptedLinears(
  architecture: Architecture,
  targets: LoraTargets,
  layers?: LoraLayers,
): Answer<readonly Linear[]> {
  const reached = reachedLinears(architecture, targets);
  return reached.value && layers ? known(inLayers(architecture, reached.value, layers)) : reached;
}

/**
 * A layer outside of the blocks has no number. Source: peft, tuners/tuners_utils.py, check_target_module_exists. Of models with blocks of
 * several kinds it is not known which block is of which: as large a share of each is taken.
 */
function inLayers(architecture: Architecture, linears: readonly Linear[], layers: LoraLayers): readonly Linear[] {
  const all = Array.from({ length: Math.min(architecture.layers, mostBlocks) }, (_, block) => block);
  const chosen = all.filter((block) =>
    layers.kind === "last" ? block >= architecture.layers - layers.count : layers.numbers.includes(block),
  );
  const [first = 0] = chosen;
  return linears.flatMap((linear) => {
    if (!isInBlocks(linear)) return layers.kind === "last" ? [linear] : [];
    if (!isMixed(architecture)) return inBlocks(linear, (block) => chosen.includes(block));
    const count = Math.round((linear.count * chosen.length) / architecture.layers);
    return count > 0 ? [{ ...linear, first, count }] : [];
  });
}

/** Whether a model has blocks of several kinds. */
export function isMixed({ blocks }: Architecture): boolean {
  return new Set(blocks.map(({ kind }) => kind)).size > 1;
}

function reachedLinears(architecture: Architecture, targets: LoraTargets): Answer<readonly Linear[]> {
  switch (targets.kind) {
    case "all":
      return known(architecture.linears);
    case "default": {
      const own = peftDefault(architecture.type);
      return own ? reachedLinears(architecture, own) : missing(t`PEFT has no default targets for ${architecture.type}`);
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

/** Whether a layer is one of the blocks', not an embedding or the output layer. */
export function isInBlocks({ path }: Linear): boolean {
  return path.includes("*");
}

/** The blocks that have a layer. */
export function blocksWith({ first, count }: Linear): readonly number[] {
  return Array.from({ length: Math.min(count, mostBlocks) }, (_, index) => first + index);
}

/** The paths of a layer in all blocks that have it. */
function pathsOf(linear: Linear): readonly string[] {
  return isInBlocks(linear) ? blocksWith(linear).map((block) => pathIn(linear, block)) : [linear.path];
}

function pathIn({ path }: Linear, block: number): string {
  return path.replace("*", String(block));
}

/** A layer in those of its blocks that `has` holds for, in pieces of blocks that follow each other. */
function inBlocks(linear: Linear, has: (block: number) => boolean): readonly Linear[] {
  const pieces: Linear[] = [];
  for (const block of blocksWith(linear).filter(has)) {
    const last = pieces.at(-1);
    if (last && last.first + last.count === block) pieces.splice(-1, 1, { ...last, count: last.count + 1 });
    else pieces.push({ ...linear, first: block, count: 1 });
  }
  return pieces;
}

/** Everything that a name or a pattern can reach. */
function adaptable(architecture: Architecture): readonly Linear[] {
  return [...architecture.linears, embedding(architecture), outputLayer(architecture)];
}

function matching(architecture: Architecture, matches: (path: string) => boolean): readonly Linear[] {
  return adaptable(architecture).flatMap((linear) => {
    if (isInBlocks(linear)) return inBlocks(linear, (block) => matches(pathIn(linear, block)));
    return matches(linear.path) ? [linear] : [];
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
