import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { parseArgs } from "node:util";
import type { Proposal } from "./core/advice/makeItFit.ts";
import { type Analysis, type AnalyzeOptions, analyze } from "./core/analyze.ts";
import { gpus as allGpus, findGpu, referenceGpus } from "./core/gpus/catalogue.ts";
import type { Gpu } from "./core/gpus/gpu.ts";
import { builtInCatalogue } from "./core/models/builtIn.ts";
import { versionsFrom } from "./core/plan/versions.ts";
import { fitJson, fitText } from "./core/report/fitReport.ts";
import { jsonReport } from "./core/report/json.ts";
import { estimateText, findingsText, scheduleCsv, scheduleText, summaryLine } from "./core/report/text.ts";
import type { Finding } from "./core/rules/rule.ts";
import { revise, revisionOf } from "./core/text/revision.ts";
import { linkedFilesOnDisk, modelsOnDisk, sampleCountsOnDisk, versionsOnDisk } from "./platform/disk.ts";

const usage = `Usage: fine-tune-lens <command> [options] <file…>

  estimate <file…>   memory per GPU, where it goes, and which GPUs hold it
  check <path…>      findings; directories are walked
  schedule <file>    the learning rate of every optimizer update
  fit <file…>        the cheapest changes with which the run fits on --gpu

Options
  --format FORMAT    text (default), json; csv for schedule; line for one line per file
  --gpu ID           the GPU that the run is meant for, by id or name, such as a100-80gb
  --gpus N           GPUs of the run
  --samples N        training samples, from which updates and warmup follow
  --steps T          updates of the run, instead of what the config says
  --versions LIST    releases of the libraries, such as transformers=4.48.1,torch=2.4.1, instead of those that
                     uv.lock, requirements*.txt or pyproject.toml pin; the newest otherwise
  --write            fit: make the changes of the first proposal in the file
  --max-warnings N   check: more warnings than these are an error
  --help             this text

Exit status: 0 when all is well, 1 for findings of error severity (or too many warnings) and for a run that
nothing makes fit, 2 for wrong usage or a file that cannot be read.
`;

/** Wrong usage or an unreadable file; its message is for the user. */
class UsageError extends Error {}

interface Options {
  readonly format: string;
  readonly analysis: Omit<AnalyzeOptions, "format" | "catalogue">;
  readonly gpu: Gpu | undefined;
  readonly maxWarnings: number;
  readonly write: boolean;
}

interface Result {
  readonly file: string;
  readonly analysis: Analysis | null;
}

const jsonPoints = 1000;
const textPoints = 20;

function main(args: readonly string[]): number {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      format: { type: "string", default: "text" },
      gpu: { type: "string" },
      gpus: { type: "string" },
      samples: { type: "string" },
      steps: { type: "string" },
      versions: { type: "string" },
      "max-warnings": { type: "string" },
      write: { type: "boolean", default: false },
      help: { type: "boolean", short: "h" },
    },
  });
  const [command, ...paths] = positionals;
  if (values.help || command === undefined) {
    print(usage);
    return values.help ? 0 : 2;
  }
  const run = commands[command];
  if (!run) throw new UsageError(`there is no command "${command}"`);
  if (paths.length === 0) throw new UsageError(`${command} needs a file`);
  const gpu = values.gpu === undefined ? undefined : findGpu(values.gpu);
  if (values.gpu !== undefined && !gpu) throw new UsageError(`there is no GPU "${values.gpu}"`);
  return run(paths, {
    format: values.format,
    gpu,
    write: values.write,
    maxWarnings: count("max-warnings", values["max-warnings"]) ?? Number.POSITIVE_INFINITY,
    analysis: {
      ...optional("target", gpu && { gpu }),
      ...optional("gpus", count("gpus", values.gpus)),
      ...optional("samples", count("samples", values.samples)),
      ...optional("steps", count("steps", values.steps)),
      ...optional("versions", values.versions === undefined ? undefined : versionsFrom(values.versions)),
    },
  });
}

const commands: Readonly<Partial<Record<string, (paths: readonly string[], options: Options) => number>>> = {
  estimate(paths, options) {
    const results = paths.map((path) => analyzeFile(path, options));
    const shown = options.gpu ? [options.gpu] : referenceGpus();
    if (options.format === "json") printJson(results, options, jsonPoints);
    else if (options.format === "line") printEach(results, summaryLine);
    else if (options.format === "text") printEach(results, (analysis) => estimateText(analysis, shown));
    else throw new UsageError(`estimate has no format "${options.format}"`);
    return 0;
  },
  check(paths, options) {
    const results = paths.flatMap(configFiles).map((path) => analyzeFile(path, options));
    if (options.format === "json") printJson(results, options, jsonPoints);
    else if (options.format === "text") {
      for (const { file, analysis } of results) {
        if (analysis && analysis.findings.length > 0) print(`${findingsText(file, analysis.findings)}\n`);
      }
    } else throw new UsageError(`check has no format "${options.format}"`);
    const findings = results.flatMap(({ analysis }) => analysis?.findings ?? []);
    return number(findings, "error") > 0 || number(findings, "warning") > options.maxWarnings ? 1 : 0;
  },
  schedule(paths, options) {
    const results = paths.map((path) => analyzeFile(path, options));
    const points = options.analysis.steps ?? (options.format === "text" ? textPoints : jsonPoints);
    if (options.format === "json") printJson(results, options, points);
    else if (options.format === "csv") printEach(results, (analysis) => scheduleCsv(analysis, points), false);
    else if (options.format === "text") printEach(results, (analysis) => scheduleText(analysis, textPoints));
    else throw new UsageError(`schedule has no format "${options.format}"`);
    return 0;
  },
  fit(paths, options) {
    const { gpu, format } = options;
    if (!gpu) throw new UsageError("fit needs --gpu, such as a100-80gb");
    if (format !== "json" && format !== "text") throw new UsageError(`fit has no format "${format}"`);
    const results = paths.map((path) => {
      const result = analyzeFile(path, options);
      return { ...result, advice: result.analysis?.makeItFit(gpu) ?? null };
    });
    const written = options.write ? results.filter(({ file, advice }) => apply(file, advice?.proposals[0])) : [];
    if (format === "json") {
      printObjects(results.map(({ file, analysis, advice }) => fitJson(file, analysis, gpu, advice)));
    } else {
      for (const result of results) printEach([result], (analysis) => fitText(analysis, gpu, result.advice));
      for (const { file } of written) print(`${file}: changed as the first proposal says\n`);
    }
    return results.every(({ advice }) => advice?.verdict === "fits" || advice?.proposals.length) ? 0 : 1;
  },
};

function analyzeFile(file: string, { analysis }: Options): Result {
  const format = extname(file) === ".json" ? "json" : "yaml";
  const surroundings = {
    catalogue: builtInCatalogue,
    linked: linkedFilesOnDisk(file),
    sampleCounts: sampleCountsOnDisk(file),
    lookUpModel: modelsOnDisk(file),
  };
  const versions = { ...versionsOnDisk(file), ...analysis.versions };
  return { file, analysis: analyze(read(file), { format, ...surroundings, ...analysis, versions }) };
}

/** Makes the changes of a proposal, if there is one, in the file; every other byte stays. */
function apply(file: string, proposal: Proposal | undefined): boolean {
  if (!proposal) return false;
  const text = read(file);
  if (!Buffer.from(text).equals(readFileSync(file))) throw new UsageError(`${file} is not UTF-8`);
  writeFileSync(file, revise(revisionOf(text), proposal.edits).text);
  return true;
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The file itself, or the YAML and JSON files below a directory, without hidden folders and node_modules. */
function configFiles(path: string): readonly string[] {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith(".") && name !== "node_modules")
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const inside = join(path, entry.name);
      if (entry.isDirectory()) return configFiles(inside);
      return entry.isFile() && /\.(?:ya?ml|json)$/.test(entry.name) ? [inside] : [];
    });
}

function printJson(results: readonly Result[], { gpu }: Options, points: number): void {
  const gpus = gpu ? [gpu] : allGpus;
  const reports = results.map(({ file, analysis }) => jsonReport(file, analysis, { gpus, points }));
  printObjects(reports);
}

function printObjects(objects: readonly object[]): void {
  print(`${JSON.stringify(objects, null, 2)}\n`);
}

function printEach(results: readonly Result[], text: (analysis: Analysis) => string, named = true): void {
  for (const { file, analysis } of results) {
    const name = named ? `${file}: ` : "";
    print(`${name}${analysis ? text(analysis) : "not a training config that we know"}\n`);
  }
}

function number(findings: readonly Finding[], severity: Finding["severity"]): number {
  return findings.filter((finding) => finding.severity === severity).length;
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

function print(text: string): void {
  process.stdout.write(text);
}

// A reader that has seen enough, such as `head`, closes the pipe.
process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => process.exit(code === "EPIPE" ? 0 : 2));

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  const wrongUsage = error instanceof UsageError || (error instanceof TypeError && "code" in error);
  if (!wrongUsage) throw error;
  process.stderr.write(`fine-tune-lens: ${error.message}\n`);
  process.exitCode = 2;
}
