export const triedOptimizers = ["adamw", "adamw8bit", "pagedAdamw8bit"] as const;
export const triedMethods = ["full", "lora", "qlora"] as const;

/** What is tried instead of what a config says; what is absent stays as the file has it. */
export interface Hypothesis {
  readonly microBatch?: number;
  readonly sequenceLength?: number;
  readonly gradientCheckpointing?: boolean;
  readonly optimizer?: (typeof triedOptimizers)[number];
  readonly method?: (typeof triedMethods)[number];
  /** On how many GPUs; no text of a config comes of it. */
  readonly gpus?: number;
  readonly peakLearningRate?: number;
  /** By the framework's own name. */
  readonly scheduler?: string;
  readonly warmupSteps?: number;
  /** As a share of the run. */
  readonly warmupRatio?: number;
  /** The lowest rate of the scheduler as a share of the peak. */
  readonly floor?: number;
  readonly epochs?: number;
  /** Updates after which the run stops. */
  readonly maxSteps?: number;
  /** On how many training samples; no text of a config comes of it. */
  readonly samples?: number;
}
