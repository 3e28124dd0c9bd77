/** The numbers that shape a schedule. */
export interface Shape {
  /** The highest learning rate. */
  readonly peak: number;
  /** Updates until the peak. */
  readonly warmupSteps: number;
  /** Updates of the whole schedule. */
  readonly totalSteps: number;
}

/** The learning rate that update `step`, counted from zero, applies. */
export type Schedule = (step: number) => number;

// transformers/optimization.py (5.3): the rate is the peak times a factor; update k applies the factor at k, so that
// with warmup the first update applies zero, and the last one never reaches the end of the decay.

/** Falls from the peak to zero in a straight line. */
export function linear({ peak, warmupSteps, totalSteps }: Shape): Schedule {
  return (step) =>
    step < warmupSteps
      ? peak * (step / Math.max(1, warmupSteps))
      : peak * Math.max(0, (totalSteps - step) / Math.max(1, totalSteps - warmupSteps));
}

/** Falls from the peak to zero along half a cosine wave; past the end it would rise again. */
export function cosine({ peak, warmupSteps, totalSteps }: Shape): Schedule {
  const cycles = 0.5;
  return (step) => {
    if (step < warmupSteps) return peak * (step / Math.max(1, warmupSteps));
    const progress = (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
    return peak * Math.max(0, 0.5 * (1 + Math.cos(Math.PI * cycles * 2 * progress)));
  };
}

/** Stays at the peak from the first update on: this schedule knows no warmup. */
export function constant({ peak }: Shape): Schedule {
  return () => peak;
}

/** Rises to the peak and stays there. */
export function constantWithWarmup({ peak, warmupSteps }: Shape): Schedule {
  return (step) => (step < warmupSteps ? peak * (step / Math.max(1, warmupSteps)) : peak);
}
