import { huggingFace } from "../../../src/core/dialects/huggingFace.ts";
import type { TrainingPlan } from "../../../src/core/plan/plan.ts";
import { planOf } from "../dialects/reading.ts";

/** 4 sequences of 2,048 tokens by 8 passes on the one GPU: 32 sequences and 65,536 tokens per update. */
export function tokensPlan(...lines: readonly string[]): TrainingPlan {
  return planOf(
    huggingFace,
    `model_name_or_path: m
learning_rate: 1e-5
dataset_text_field: text
per_device_train_batch_size: 4
gradient_accumulation_steps: 8
max_length: 2048
${lines.join("\n")}
`,
  );
}
