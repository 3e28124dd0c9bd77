import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type ParseError, parse, printParseErrorCode } from "jsonc-parser";
import { findGpu } from "../core/gpus/catalogue.ts";
import { customGpus } from "../core/gpus/customGpus.ts";
import type { Gpu } from "../core/gpus/gpu.ts";
import type { Versions } from "../core/plan/versions.ts";
import { type RuleSettings, ruleSettingsFrom } from "../core/rules/check.ts";
import { textOf } from "./inputs.ts";
import { UsageError } from "./usage.ts";

/** What a project has decided for its configs. */
export interface Settings {
  readonly gpu: Gpu | undefined;
  readonly gpuCount: number | undefined;
  readonly customGpus: readonly Gpu[];
  readonly versions: Versions;
  readonly rules: RuleSettings;
}

/** A project's own file, and what VS Code keeps for its workspace, whose names have a prefix. */
const places = [
  { file: "fine-tune-lens.json", prefix: "" },
  { file: join(".vscode", "settings.json"), prefix: "fineTuneLens." },
];

const found = new Map<string, Settings>();

/** The settings for a config: of the nearest folder, from its own upwards, that has any. */
export function settingsFor(file: string): Settings {
  const folder = resolve(dirname(file));
  const known = found.get(folder);
  if (known) return known;
  const place = nearest(folder);
  const settings = settingsFrom(place ? read(place.path) : {}, place?.prefix ?? "", place?.path ?? "");
  found.set(folder, settings);
  return settings;
}

function nearest(folder: string): { readonly path: string; readonly prefix: string } | undefined {
  for (let above = folder; ; above = dirname(above)) {
    for (const { file, prefix } of places) {
      const path = join(above, file);
      if (existsSync(path)) return { path, prefix };
    }
    if (above === dirname(above)) return undefined;
  }
}

function read(path: string): Readonly<Record<string, unknown>> {
  const errors: ParseError[] = [];
  const value: unknown = parse(textOf(path), errors, { allowTrailingComma: true });
  const [error] = errors;
  if (error) throw new UsageError(`${path} is not JSON: ${printParseErrorCode(error.error)}`);
  if (!isRecord(value)) throw new UsageError(`${path} holds no object`);
  return value;
}

/** Names may be nested or dotted, as VS Code takes them. */
function settingsFrom(values: Readonly<Record<string, unknown>>, prefix: string, path: string): Settings {
  const get = (name: string): unknown => {
    const dotted = values[`${prefix}${name}`];
    if (dotted !== undefined || !name.includes(".")) return dotted;
    const outer = values[`${prefix}${name.slice(0, name.indexOf("."))}`];
    return isRecord(outer) ? outer[name.slice(name.indexOf(".") + 1)] : undefined;
  };
  const own = customGpus(get("customGpus"));
  const name = get("gpu");
  const gpu = typeof name === "string" && name.trim() !== "" ? findGpu(name, own) : undefined;
  if (typeof name === "string" && name.trim() !== "" && !gpu)
    throw new UsageError(`${path}: there is no GPU "${name}"`);
  const count = get("gpuCount");
  const versions = get("versions");
  return {
    gpu,
    gpuCount: typeof count === "number" && Number.isSafeInteger(count) && count > 0 ? count : undefined,
    customGpus: own,
    versions: isRecord(versions)
      ? Object.fromEntries(
          Object.entries(versions).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
        )
      : {},
    rules: ruleSettingsFrom(get("rules.enabled"), get("rules.severity")),
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
