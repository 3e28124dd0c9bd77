import type { Analysis } from "../analyze.ts";
import type { Gpu } from "../gpus/catalogue.ts";
import type { LoraTargets } from "../plan/lora.ts";
import { globalBatchSize } from "../plan/plan.ts";
import { sampleSchedule } from "../schedule/lrSchedule.ts";

export interface JsonOptions {
  /** GPUs of which the fit is told. */
  readonly gpus: readonly Gpu[];
  /** At most this many updates of the schedule. */
  readonly points: number;
}

/** The command line's JSON for one file; every field is there, null where we do not know. */
export function jsonReport(file: string, analysis: Analysis | null, options: JsonOptions): object {
  if (!analysis) {
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
      problems: [],
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

function planJson({ plan, length }: Analysis): object {
  const { lora, quantization, learningRate, optimizer, batch, duration, precision } = plan;
  return {
    stage: plan.stage.value ?? null,
    model: plan.model.id.value ?? null,
    method: plan.method.value ?? null,
    loraRank: lora?.rank.value ?? null,
    loraAlpha: lora?.alpha.value ?? null,
    loraDropout: lora?.dropout.value ?? null,
    loraTargets: targetsJson(lora?.targets.value),
    quantizationBits: quantization?.bits.value ?? null,
    learningRate: learningRate.peak.value ?? null,
    scheduler: learningRate.scheduler.value ?? null,
    warmup: learningRate.warmup.value ?? null,
    optimizer: optimizer.name.value ?? null,
    weightDecay: optimizer.weightDecay.value ?? null,
    microBatch: batch.micro.value ?? null,
    gradientAccumulation: batch.accumulation.value ?? null,
    globalBatch: globalBatchSize(plan) ?? null,
    evalBatch: batch.evaluation.value ?? null,
    sequenceLength: plan.sequenceLength.value ?? null,
    packing: plan.packing.value ?? null,
    gpus: plan.parallelism.gpus.value ?? null,
    sharding: plan.parallelism.sharding.value ?? null,
    epochs: duration.epochs.value ?? null,
    maxSteps: duration.maxSteps.value ?? null,
    samples: length.samples.value ?? null,
    stepsPerEpoch: length.updatesPerEpoch ?? null,
    totalSteps: length.totalSteps ?? null,
    warmupSteps: length.warmupSteps ?? null,
    weights: (lora ? precision.frozen : precision.trained).value ?? null,
    autocast: precision.autocast.value ?? null,
    gradientCheckpointing: plan.gradientCheckpointing.value ?? null,
    attention: plan.attention.value ?? null,
    loss: plan.loss.value ?? null,
  };
}

/** `all-linear`, names, a pattern, or null for PEFT's own choice. */
function targetsJson(targets: LoraTargets | undefined): string | readonly string[] | null {
  switch (targets?.kind) {
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

function modelJson({ model, plan, run }: Analysis): object | null {
  if (!model.value) {
    return plan.model.id.value === undefined
      ? null
      : { id: plan.model.id.value, parameters: null, trainable: null, source: null };
  }
  const { id, parameters, source } = model.value;
  return { id, parameters: parameters.total, trainable: run.value?.trainable ?? null, source };
}

function memoryJson({ memory, ruleOfThumb }: Analysis): object | null {
  if (!memory.value) return null;
  return {
    ...memory.value,
    evalDeviceBytes: null,
    hostBytes: null,
    ruleOfThumbBytes: ruleOfThumb.value?.totalBytes ?? null,
  };
}

function scheduleJson({ schedule }: Analysis, points: number): object | null {
  if (!schedule.value) return null;
  const { name, totalSteps, warmupSteps, peak, final, stepsKnown } = schedule.value;
  return {
    name,
    totalSteps: stepsKnown ? totalSteps : null,
    warmupSteps: stepsKnown ? warmupSteps : null,
    peak,
    final,
    samples: stepsKnown ? sampleSchedule(schedule.value, points) : [],
  };
}
