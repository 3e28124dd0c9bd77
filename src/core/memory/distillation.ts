import { blocksOf, sharedBytes } from "./blocks.ts";
import { decoderTape } from "./decoderTape.ts";
import { updatesInBackward } from "./optimizer.ts";
import { type Run, tokensOf } from "./run.ts";
import { blockSetting, returnedLogitBytes } from "./settings.ts";
import { communicationBytes, heldGradientBytes, offloadedOf, sharesOf, splitOf } from "./sharding.ts";
import { keptBytes, type Moment } from "./step.ts";
import type { Teacher } from "./teacher.ts";
import { baseWeightBytes } from "./weights.ts";

/** The teacher's pass as a run of its own, which trains nothing. */
function passOf(run: Run, teacher: Teacher): Run {
  return {
    ...run,
    architecture: teacher.architecture,
    parameters: teacher.parameters,
    weights: teacher.weights,
    quantization: teacher.quantization,
    trainable: 0,
    adapters: null,
    masterWeights: false,
    checkpointing: false,
    offloadsActivations: false,
    hasReference: false,
    generates: 0,
    sharding: teacher.isSplit ? run.sharding : "none",
    teacher: null,
  };
}

/** A GPU's share of the teacher's weights, while it computes and while it does not. */
export function teacherWeightBytes(run: Run): { readonly computing: number; readonly waiting: number } {
  const { teacher } = run;
  if (!teacher) return { computing: 0, waiting: 0 };
  const pass = passOf(run, teacher);
  const computing = baseWeightBytes(pass) / sharesOf(pass).weights;
  return { computing, waiting: teacher.isOffloaded ? 0 : computing };
}

/** What of the teacher's weights stays in the host's memory. */
export function teacherHostBytes(run: Run): number {
  const { teacher } = run;
  if (!teacher) return 0;
  const pass = passOf(run, teacher);
  return teacher.isOffloaded || offloadedOf(pass).weights ? baseWeightBytes(pass) / splitOf(pass).weights : 0;
}

/** The moment in which the teacher computes its logits, beside what the trained model keeps where that was first. */
export function teacherMoments(run: Run): readonly Moment[] {
  const { teacher, accumulates } = run;
  if (!teacher) return [];
  const pass = passOf(run, teacher);
  const setting = blockSetting(pass);
  const { architecture } = teacher;
  const stream = tokensOf(pass) * architecture.hidden * setting.residual;
  const blocks = blocksOf(pass).map((block) => decoderTape(architecture, block, setting).forwardPeakBytes(false));
  const own = logitBytes(run, architecture.vocab);
  const isFirst = firstTeachers.has(teacher.divergence);
  const kept = isFirst ? 0 : keptBytes(run) + sharedBytes(run, blockSetting(run).residual);
  const { computing, waiting } = teacherWeightBytes(run);
  const fetched = computing - waiting + communicationBytes(pass);
  const whole = run.loss === "fused" || run.loss === "chunked" ? 0 : 1;
  const moment = (activations: number, logits: number): Moment => ({
    phase: "teacher's forward pass",
    gradients: accumulates && !updatesInBackward(run) ? heldGradientBytes(run) : 0,
    activations: kept + stream + sharedBytes(pass, setting.residual) + activations,
    logits: whole * (logits + (isFirst ? 0 : logitBytes(run, run.architecture.vocab))),
    fetched,
  });
  return [moment(Math.max(0, ...blocks), 0), moment(0, own)];
}

/**
 * Who asks the teacher before the student. Sources: nemo_automodel/recipes/llm/kd.py, _forward_backward_step; LLaMA-Factory,
 * train/sft/trainer.py, compute_loss.
 */
const firstTeachers: ReadonlySet<Teacher["divergence"]> = new Set(["automodel", "automodel-chunks", "asft"]);

function logitBytes(run: Run, vocab: number): number {
  return tokensOf(run) * vocab * returnedLogitBytes(run);
}
