import { parseArgs } from "node:util";
import type { AnalyzeOptions } from "../core/analyze.ts";
import { versionsFrom } from "../core/plan/versions.ts";
import { type ColorChoice, colorChoices } from "./output.ts";
import { UsageError } from "./usage.ts";

/** What the command line says, but for the command. */
export interface Options {
  readonly paths: readonly string[];
  readonly format: string;
  readonly color: ColorChoice;
  /** The GPU that the run is meant for: the user's own may have that name. */
  readonly gpuName: string | undefined;
  readonly stdinName: string | undefined;
  readonly maxWarnings: number;
  readonly write: boolean;
  readonly analysis: Pick<AnalyzeOptions, "gpus" | "samples" | "steps" | "versions">;
}

export interface CommandLine {
  readonly command: string | undefined;
  readonly wants: "help" | "version" | undefined;
  readonly options: Options;
}

/** Throws for options that do not exist or do not have such values. */
export function commandLine(args: readonly string[]): CommandLine {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      format: { type: "string", default: "text" },
      color: { type: "string", default: "auto" },
      gpu: { type: "string" },
      gpus: { type: "string" },
      samples: { type: "string" },
      steps: { type: "string" },
      versions: { type: "string" },
      "stdin-name": { type: "string" },
      "max-warnings": { type: "string" },
      write: { type: "boolean", default: false },
      help: { type: "boolean", short: "h" },
      version: { type: "boolean", short: "v" },
    },
  });
  const [command, ...paths] = positionals;
  const color = colorChoices.find((choice) => choice === values.color);
  if (!color) throw new UsageError(`--color is auto, always or never, not "${values.color}"`);
  return {
    command,
    wants: values.help ? "help" : values.version ? "version" : undefined,
    options: {
      paths,
      format: values.format,
      color,
      gpuName: values.gpu,
      stdinName: values["stdin-name"],
      maxWarnings: count("max-warnings", values["max-warnings"]) ?? Number.POSITIVE_INFINITY,
      write: values.write,
      analysis: {
        ...optional("gpus", count("gpus", values.gpus)),
        ...optional("samples", count("samples", values.samples)),
        ...optional("steps", count("steps", values.steps)),
        ...optional("versions", values.versions === undefined ? undefined : versionsFrom(values.versions)),
      },
    },
  };
}

function count(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < (option === "max-warnings" ? 0 : 1)) {
    throw new UsageError(`--${option} takes a whole number, not "${text}"`);
  }
  return value;
}

function optional<K extends string, T>(key: K, value: T | undefined): Partial<Record<K, T>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, T>);
}
