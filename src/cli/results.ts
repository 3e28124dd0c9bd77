import { type Analysis, analyze, whyUnread } from "../core/analyze.ts";
import { findGpu } from "../core/gpus/catalogue.ts";
import type { Gpu } from "../core/gpus/gpu.ts";
import { builtInCatalogue } from "../core/models/builtIn.ts";
import { linkedFilesOnDisk, modelsOnDisk, sampleCountsOnDisk, versionsOnDisk } from "../platform/disk.ts";
import { type Input, inputsAt } from "./inputs.ts";
import type { Options } from "./options.ts";
import { settingsFor } from "./settings.ts";
import { UsageError } from "./usage.ts";

/** What there is to say of a file. */
export interface Result {
  readonly file: string;
  readonly input: Input;
  /** Null for what is no training config. */
  readonly analysis: Analysis | null;
  /** Why there is no analysis of what may be one all the same. */
  readonly unread: string | undefined;
  /** The GPU that the command line names for it. */
  readonly gpu: Gpu | undefined;
}

/** The files at the paths of the command line, in their order. */
export function resultsOf(options: Options): readonly Result[] {
  return [...inputsAt(options.paths, options.stdinName)].map((input) => resultOf(input, options));
}

function resultOf(input: Input, options: Options): Result {
  const { file, text, format } = input;
  const settings = settingsFor(file);
  const gpu = options.gpuName === undefined ? undefined : findGpu(options.gpuName, settings.customGpus);
  if (options.gpuName !== undefined && !gpu) throw new UsageError(`there is no GPU "${options.gpuName}"`);
  const target = gpu ?? settings.gpu;
  const gpus = options.analysis.gpus ?? settings.gpuCount;
  const analysis = analyze(text, {
    format,
    catalogue: builtInCatalogue,
    linked: linkedFilesOnDisk(file),
    sampleCounts: sampleCountsOnDisk(file),
    lookUpModel: modelsOnDisk(file),
    rules: settings.rules,
    ...options.analysis,
    versions: { ...versionsOnDisk(file), ...settings.versions, ...options.analysis.versions },
    ...(target ? { target: { gpu: target } } : {}),
    ...(gpus === undefined ? {} : { gpus }),
  });
  return { file, input, analysis, unread: analysis ? undefined : whyUnread(text, format), gpu };
}
