import type { Analysis } from "../analyze.ts";
import type { Gpu } from "../gpus/gpu.ts";
import type { LoraTargets } from "../plan/lora.ts";
import { globalBatchSize } from "../plan/plan.ts";
import { mapped, type Sourced } from "../plan/sourced.ts";
import { sampleSchedule } from "../schedule/lrSchedule.ts";

export interface JsonOptions {
  /** GPUs of which the fit is told. */
  readonly gpus: readonly Gpu[];
  /** At most this many updates of the schedule. */
  readonly points: number;
}

/** The command line's JSON for one file, or for why it was not read; every field is there, null where we do not know. */
export function jsonReport(file: string, analysis: Analysis | string | null, options: JsonOptions): object {
  if (analysis === null || typeof analysis === "string") {
    return {
      file,
      dialect: null,
      confidence: 0,
      plan: null,
      model: null,
      memory: null,
      fit: [],
      schedule: null,
      findings: [],
      problems: analysis === null ? [] : [analysis],
    };
  }
  return {
    file,
    dialect: analysis.dialect.id,
    confidence: analysis.confidence,
    plan: planJson(analysis),
    model: modelJson(analysis),
    memory: memoryJson(analysis),
    fit: options.gpus.flatMap((gpu) => {
      const fit = analysis.fitOn(gpu);
      return fit ? [{ ...fit, gpu: gpu.id }] : [];
    }),
    schedule: scheduleJson(analysis, options.points),
    findings: analysis.findings,
    problems: analysis.problems,
  };
}

/** The values of the plan, null where unknown, and under `origins` where each comes from. */
function planJson({ plan, length, model }: Analysis): object {
  const { lora, quantization, learningRate, optimizer, batch, duration, precision, parallelism } = plan;
  const sources: Readonly<Record<string, Sourced<unknown> | undefined>> = {
    stage: plan.stage,
    model: plan.model.id,
    method: plan.method,
    loraRank: lora?.rank,
    loraAlpha: lora?.alpha,
    loraDropout: lora?.dropout,
    loraTargets: lora ? mapped(lora.targets, targetsJson) : undefined,
    quantizationBits: quantization?.bits,
    learningRate: learningRate.peak,
    scheduler: learningRate.scheduler,
    warmup: learningRate.warmup,
    optimizer: optimizer.name,
    weightDecay: optimizer.weightDecay,
    microBatch: batch.micro,
    gradientAccumulation: batch.accumulation,
    evalBatch: batch.evaluation,
    sequenceLength: plan.sequenceLength,
    packing: plan.packing,
    gpus: parallelism.gpus,
    sharding: parallelism.sharding,
    offload: parallelism.offload,
    tensorParallel: parallelism.tensor,
    pipelineParallel: parallelism.pipeline,
    contextParallel: parallelism.context,
    expertParallel: parallelism.expert,
    epochs: duration.epochs,
    maxSteps: duration.maxSteps,
    samples: length.samples,
    weights: lora ? precision.frozen : precision.trained,
    autocast: precision.autocast,
    masterWeights: precision.masterWeights,
    gradientCheckpointing: plan.gradientCheckpointing,
    attention: plan.attention,
    loss: plan.loss,
  };
  const each = <T>(read: (source: Sourced<unknown> | undefined) => T) =>
    Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, read(source)]));
  return {
    ...each((source) => source?.value ?? null),
    activeParameters: model.value?.kind === "architecture" ? model.value.parameters.active : null,
    globalBatch: globalBatchSize(plan) ?? null,
    stepsPerEpoch: length.updatesPerEpoch ?? null,
    totalSteps: length.totalSteps ?? null,
    warmupSteps: length.warmupSteps ?? null,
    origins: each((source) => source?.origin ?? null),
  };
}

/** `all-linear`, names, a pattern, or null for PEFT's own choice. */
function targetsJson(targets: LoraTargets): string | readonly string[] | null {
  switch (targets.kind) {
    case "all":
      return "all-linear";
    case "names":
      return targets.names;
    case "pattern":
      return targets.pattern;
    case "roles":
      return targets.roles;
    default:
      return null;
  }
}

function modelJson({ model, plan, trainable }: Analysis): object | null {
  if (!model.value) {
    return plan.model.id.value === undefined
      ? null
      : { id: plan.model.id.value, parameters: null, trainable: null, source: null };
  }
  const { id, parameters, source } = model.value;
  return { id, parameters: parameters.total, trainable: trainable.value, source };
}

function memoryJson({ memory, ruleOfThumb }: Analysis): object | null {
  if (!memory.value) return null;
  return {
    ...memory.value,
    ruleOfThumbBytes: ruleOfThumb.value?.totalBytes ?? null,
  };
}

function scheduleJson({ schedule }: Analysis, points: number): object | null {
  if (!schedule.value) return null;
  const { name, totalSteps, warmupSteps, peak, final, stepsKnown, groups } = schedule.value;
  return {
    name,
    totalSteps: stepsKnown ? totalSteps : null,
    warmupSteps: stepsKnown ? warmupSteps : null,
    peak,
    final,
    groups: groups.map((group) => ({ name: group.name, peak: group.peak.value })),
    samples: stepsKnown ? sampleSchedule(schedule.value, points) : [],
  };
}
