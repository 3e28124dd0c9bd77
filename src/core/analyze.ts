import { type FitAdvice, makeItFit } from "./advice/makeItFit.ts";
import { fitterOf } from "./advice/sharded.ts";
import { type Answer, known, missing } from "./answer.ts";
import { type SampleCounts, samplesOf } from "./data/samples.ts";
import type { Dialect } from "./dialects/dialect.ts";
import { type Detected, detectDialect, mayTrain } from "./dialects/index.ts";
import type { FollowedLink, LinkedFiles } from "./dialects/links.ts";
import type { Fit } from "./gpus/fit.ts";
import type { Gpu, Target } from "./gpus/gpu.ts";
import { t } from "./language.ts";
import { estimateMemory, type MemoryEstimate } from "./memory/estimate.ts";
import { type RuleOfThumb, ruleOfThumbOf } from "./memory/ruleOfThumb.ts";
import { type Run, runOf } from "./memory/run.ts";
import type { Architecture } from "./models/architecture.ts";
import type { Catalogue } from "./models/catalogue.ts";
import { type ArchitectureLookUp, architectureIn, type ModelFacts, modelFacts } from "./models/facts.ts";
import { asStored } from "./models/storedWeights.ts";
import { trainableParameters } from "./models/trainable.ts";
import { withAssumedLength } from "./plan/assumedLength.ts";
import type { TrainingPlan } from "./plan/plan.ts";
import { said } from "./plan/sourced.ts";
import type { Versions } from "./plan/versions.ts";
import { check, defaultRuleSettings, type RuleSettings } from "./rules/check.ts";
import type { Finding } from "./rules/rule.ts";
import { type ScheduleAnswer, scheduleOf } from "./schedule/lrSchedule.ts";
import { type RunLength, runLengthOf } from "./schedule/runLength.ts";
import { refusal } from "./text/budget.ts";
import type { ConfigDocument, TextFormat } from "./text/document.ts";
import { parse } from "./text/parse.ts";

export interface AnalyzeOptions {
  readonly format: TextFormat;
  /** The models that are known by name. */
  readonly catalogue: Catalogue;
  /** Training samples of one epoch, where the user says them; updates and warmup depend on them. */
  readonly samples?: number;
  /** Optimizer updates of the run, where the user says so. */
  readonly steps?: number;
  /** GPUs of the run, where the user says so. */
  readonly gpus?: number;
  /** The GPUs that the run is meant for, where the user says so. */
  readonly target?: Target;
  /** The files that the config points to, as far as they were found. */
  readonly linked?: LinkedFiles;
  /** The samples of the data files that the config names, as far as they were counted. */
  readonly sampleCounts?: SampleCounts;
  /** Architectures that are known outside of the built-in catalogue. */
  readonly lookUpModel?: ArchitectureLookUp;
  /** Releases of the libraries; the newest where absent. */
  readonly versions?: Versions;
  /** What the user wants of the rules; all of them as they are where absent. */
  readonly rules?: RuleSettings;
}

/** Everything that can be told about a training config; every surface shows figures from here and from nowhere else. */
export interface Analysis {
  readonly dialect: Dialect;
  /** How sure it is that the dialect is right, from 0 to 1. */
  readonly confidence: number;
  readonly document: ConfigDocument;
  readonly plan: TrainingPlan;
  readonly model: Answer<ModelFacts>;
  /** Parameters that the run trains. */
  readonly trainable: Answer<number>;
  readonly run: Answer<Run>;
  readonly memory: Answer<MemoryEstimate>;
  readonly ruleOfThumb: Answer<RuleOfThumb>;
  readonly length: RunLength;
  readonly schedule: ScheduleAnswer;
  /** The files that the config points to. */
  readonly links: readonly FollowedLink[];
  readonly findings: readonly Finding[];
  /** The GPU that the run is meant for; null where nobody says so. */
  readonly target: Gpu | null;
  /** The releases that the libraries were taken to be of; the newest where absent. */
  readonly versions: Versions;
  /** What could not be read or told. */
  readonly problems: readonly string[];
  /** How the run fits on a GPU; null while its memory is unknown. */
  readonly fitOn: (gpu: Gpu) => Fit | null;
  /** What makes the run fit on a GPU, by changes of this text; null while its memory is unknown. Takes a few hundred analyses. */
  readonly makeItFit: (gpu: Gpu) => FitAdvice | null;
}

/** The document and the framework of a text; undefined for a text that is no training config. */
export function recognise(text: string, format: TextFormat): Detected | undefined {
  return mayTrain(text) ? detectDialect(parse(text, format)) : undefined;
}

/** Why a text that may be a training config is not read, in words for the user; undefined for all others. */
export function whyUnread(text: string, format: TextFormat): string | undefined {
  const reason = mayTrain(text) ? refusal(text, format) : undefined;
  return reason && t`not read: ${reason}`;
}

/** The pipeline: text, document, plan, and what follows from it. Null for a text that is no training config. */
export function analyze(text: string, options: AnalyzeOptions): Analysis | null {
  const detected = recognise(text, options.format);
  if (!detected) return null;
  const { dialect, document, confidence } = detected;
  const versions = options.versions ?? {};
  const linked: LinkedFiles = options.linked ?? new Map();
  const written = withGpus(dialect.read(document, { versions, linked }), options.gpus ?? options.target?.count);
  const target = options.target?.gpu ?? null;
  const model = modelFacts(written, options.catalogue, options.lookUpModel);
  const architecture = architectureIn(model);
  const stored = asStored(written, model);
  const plan = architecture.value ? withAssumedLength(stored, architecture.value.context) : stored;
  const run = architecture.value
    ? runOf(plan, architecture.value, versions, target, teacherIn(plan, options))
    : architecture;
  const memory = run.value ? known(estimateMemory(run.value)) : run;
  const samples = samplesOf(plan, options.samples, options.sampleCounts);
  const length = runLengthOf(plan, samples, options.steps, versions);
  const schedule = scheduleOf(plan, length, versions);
  const links = (dialect.links?.(document) ?? []).map((link) => ({ ...link, file: linked.get(link.path) }));
  const fitOn = run.value && memory.value ? fitterOf(run.value, memory.value) : () => null;
  const subject = { document, dialect, plan, links, model, run, memory, length, schedule, target, versions, fitOn };
  const analysis: Analysis = {
    ...subject,
    confidence,
    trainable: trainableOf(run, plan, architecture),
    ruleOfThumb: run.value && model.value ? known(ruleOfThumbOf(run.value, model.value.id)) : missing(reasonOf(run)),
    findings: check(subject, options.rules ?? defaultRuleSettings),
    problems: [...document.problems.map(({ message }) => message), ...reasons(memory, schedule)],
    makeItFit: (gpu) => {
      const around = { ...lookedUpOnce(options), target: { ...options.target, gpu } };
      const there = target === gpu ? analysis : analyze(text, around);
      return there && makeItFit(there, gpu, (changed) => analyze(changed, around));
    },
  };
  return analysis;
}

/** `options` for reading many versions of a text: linked files are read once; samples, on which no memory depends, and rules not at all. */
function lookedUpOnce({ sampleCounts: _, linked, ...others }: AnalyzeOptions): AnalyzeOptions {
  const found = new Map<string, ReturnType<LinkedFiles["get"]>>();
  const get: LinkedFiles["get"] = (path) => {
    if (!found.has(path)) found.set(path, linked?.get(path));
    return found.get(path);
  };
  return { ...others, linked: { get }, rules: { enabled: false, levels: {} } };
}

/** The model that distillation learns from, where the plan names one. */
function teacherIn({ teacher }: TrainingPlan, { catalogue, lookUpModel }: AnalyzeOptions) {
  return teacher && architectureIn(modelFacts({ model: { id: teacher.id, shape: null } }, catalogue, lookUpModel));
}

/** A run that is known has counted them; other plans may tell them all the same. */
function trainableOf(run: Answer<Run>, plan: TrainingPlan, architecture: Answer<Architecture>): Answer<number> {
  if (run.value) return known(run.value.trainable);
  return architecture.value ? trainableParameters(plan, architecture.value) : architecture;
}

function withGpus(plan: TrainingPlan, gpus: number | undefined): TrainingPlan {
  return gpus === undefined ? plan : { ...plan, parallelism: { ...plan.parallelism, gpus: said(gpus) } };
}

function reasonOf(answer: Answer<unknown>): string {
  return "reason" in answer ? answer.reason : "";
}

function reasons(...answers: readonly Answer<unknown>[]): readonly string[] {
  return answers.flatMap((answer) => ("reason" in answer ? [answer.reason] : []));
}
