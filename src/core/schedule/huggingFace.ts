import type { Answer } from "../answer.ts";
import { does, releases } from "../plan/releases.ts";
import {
  byMetric,
  type Course,
  courseAmong,
  phases,
  refuse,
  type ScheduleRequest,
  type Scheduler,
  type Settings,
} from "./course.ts";

// transformers/optimization.py (5.3): the rate is the peak times a factor; update k applies the factor at k, so that
// with warmup the first update applies zero, and the last one never reaches the end of the decay.

/** The course of `lr_scheduler_type` with what is in `lr_scheduler_kwargs`. */
export function huggingFaceCourse(request: ScheduleRequest): Answer<Course> {
  return courseAmong(schedulers, request);
}

/** Falls from the peak to zero in a straight line. */
const linear: Scheduler = ({ peak, warmup, total }) => ({
  formula: "P·k/W in warmup, then P·(T − k)/(T − W)",
  phases: phases(["warmup", warmup], ["decay", total], ["floor", Number.POSITIVE_INFINITY]),
  ...firstUpdateIsLost(warmup),
  rate: (k) => peak * (k < warmup ? rise(k, warmup) : Math.max(0, (total - k) / Math.max(1, total - warmup))),
});

/** Falls from the peak along `num_cycles` waves of a cosine; past the end it would rise again. */
const cosine: Scheduler = (request, settings) => {
  const cycles = settings.number("num_cycles", 0.5);
  return waves(request, cycles, 0, `P·½(1 + cos(2π·${cycles}·(k − W)/(T − W)))`);
};

/** Falls to zero along half a cosine, and starts again at the peak, `num_cycles` times. */
const cosineWithRestarts: Scheduler = ({ peak, warmup, total }, settings) => {
  const cycles = settings.number("num_cycles", 1);
  const progress = (k: number) => (k - warmup) / Math.max(1, total - warmup);
  const ends = Array.from({ length: Math.min(1000, Math.max(1, Math.ceil(cycles))) }, (_, cycle) => {
    const end = warmup + ((total - warmup) * (cycle + 1)) / cycles;
    return [cycles > 1 ? "cycle" : "decay", Math.min(end, total)] as const;
  });
  return {
    formula: "P·k/W in warmup, then P·½(1 + cos(π·((num_cycles·(k − W)/(T − W)) mod 1)))",
    phases: phases(["warmup", warmup], ...ends, ["floor", Number.POSITIVE_INFINITY]),
    ...firstUpdateIsLost(warmup),
    rate: (k) => {
      if (k < warmup) return peak * rise(k, warmup);
      const p = progress(k);
      return p >= 1 ? 0 : peak * Math.max(0, 0.5 * (1 + Math.cos(Math.PI * ((cycles * p) % 1))));
    },
  };
};

/** Falls to `lr_end`, a learning rate and no share of the peak, along a power of what is left of the run. */
const polynomial: Scheduler = ({ peak, warmup, total }, settings) => {
  const end = settings.number("lr_end", 1e-7);
  const power = settings.number("power", 1);
  if (end >= peak) return refuse(`transformers stops at the start: lr_end ${end} is not below the learning rate`);
  return {
    formula: "P·k/W in warmup, then (P − lr_end)·(1 − (k − W)/(T − W))^power + lr_end",
    phases: phases(["warmup", warmup], ["decay", total], ["floor", Number.POSITIVE_INFINITY]),
    ...firstUpdateIsLost(warmup),
    rate: (k) => {
      if (k < warmup) return peak * rise(k, warmup);
      if (k > total) return end;
      const left = 1 - (k - warmup) / (total - warmup);
      return peak * (((peak - end) * left ** power + end) / peak);
    },
  };
};

/** Stays at the peak from the first update on: this schedule knows no warmup. */
const constant: Scheduler = ({ peak, warmup }) => ({
  formula: "P",
  phases: phases(["stable", Number.POSITIVE_INFINITY]),
  ...(warmup > 0 ? { surprises: ['"constant" ignores the warmup: training starts at the peak'] } : {}),
  rate: () => peak,
});

/** Rises to the peak and stays there. */
const constantWithWarmup: Scheduler = ({ peak, warmup }) => ({
  formula: "P·k/W in warmup, then P",
  phases: phases(["warmup", warmup], ["stable", Number.POSITIVE_INFINITY]),
  ...firstUpdateIsLost(warmup),
  rate: (k) => (k < warmup ? peak * rise(k, warmup) : peak),
});

/** Falls with the root of the updates, however long the run. */
const inverseSqrt: Scheduler = ({ peak, warmup }, settings) => {
  const timescale = settings.number("timescale") ?? (warmup || 10_000);
  return {
    formula: `P·k/W in warmup, then P/√((k + ${timescale} − W)/${timescale})`,
    phases: phases(["warmup", warmup], ["decay", Number.POSITIVE_INFINITY]),
    ...firstUpdateIsLost(warmup),
    rate: (k) => peak * (k < warmup ? rise(k, warmup) : 1 / Math.sqrt((k + timescale - warmup) / timescale)),
  };
};

/** A cosine to `min_lr` or to the share `min_lr_rate` of the peak; the warmup starts at zero all the same. */
const cosineWithMinLr: Scheduler = (request, settings) => {
  const floor = floorOf(request, settings);
  if (typeof floor !== "number") return floor;
  const cycles = settings.number("num_cycles", 0.5);
  return waves(request, cycles, floor, `P·(½(1 + cos(2π·${cycles}·(k − W)/(T − W)))·(1 − m) + m), m = ${floor}`);
};

/** The same one update ahead, so that the first update applies more than zero and the last one the floor. */
const cosineWarmupWithMinLr: Scheduler = (request, settings) => {
  if (!does(request.versions, releases.cosineWarmupWithMinLr)) {
    return refuse(`transformers knows "${request.name}" from ${releases.cosineWarmupWithMinLr.since} on`);
  }
  const floor = floorOf(request, settings);
  if (typeof floor !== "number") return floor;
  const { peak, warmup, total } = request;
  const cycles = settings.number("num_cycles", 0.5);
  const start = settings.number("warmup_lr_rate");
  const first = (k: number) =>
    start === undefined
      ? (k + 1) / Math.max(1, warmup)
      : start + ((1 - start) * k) / Math.max(1, Math.trunc(warmup) - 1);
  return {
    formula: `P·(k + 1)/W in warmup, then P·(½(1 + cos(2π·${cycles}·(k − W + 1)/(T − W)))·(1 − m) + m), m = ${floor}`,
    phases: phases(["warmup", warmup], ["decay", total], ["rise", Number.POSITIVE_INFINITY]),
    rate: (k) => {
      if (k < warmup) return peak * first(k);
      const p = (k - warmup + 1) / Math.max(1, total - warmup);
      return peak * Math.max(0, 0.5 * (1 + Math.cos(Math.PI * cycles * 2 * p)) * (1 - floor) + floor);
    },
  };
};

/** Rises to the peak, stays there, and falls over the last `num_decay_steps`, from and to `min_lr_ratio` of the peak. */
const warmupStableDecay: Scheduler = (request, settings) => {
  const { peak, warmup, total } = request;
  const decay = settings.number("num_decay_steps");
  if (decay === undefined) return refuse("transformers stops at the start: warmup_stable_decay needs num_decay_steps");
  const stable = settings.number("num_stable_steps") ?? total - warmup - decay;
  const floor = settings.number("min_lr_ratio", 0);
  const cycles = settings.number("num_cycles", 0.5);
  const up = rises[settings.text("warmup_type", "linear")];
  const down = falls(cycles)[settings.text("decay_type", "cosine")];
  if (!up || !down) return refuse("warmup_type and decay_type are linear, cosine or 1-sqrt");
  const lifted = (share: number) => peak * Math.max(0, share * (1 - floor) + floor);
  const end = warmup + stable + decay;
  return {
    formula: "P·(m + (1 − m)·k/W) in warmup, then P, then P·(m + (1 − m)·d(x)) with x from 0 to 1 over the decay",
    phases: phases(
      ["warmup", warmup],
      ["stable", warmup + stable],
      ["decay", end],
      ["floor", Number.POSITIVE_INFINITY],
    ),
    surprises: [
      ...(floor === 0 ? (firstUpdateIsLost(warmup).surprises ?? []) : []),
      ...(end < total ? [`the last ${Math.ceil(total - end)} updates are left over and run at the floor`] : []),
    ],
    rate: (k) => {
      if (k < warmup) return lifted(up(k / Math.max(1, warmup)));
      if (k < warmup + stable) return peak;
      if (k < end) return lifted(down((k - warmup - stable) / Math.max(1, decay)));
      return peak * floor;
    },
  };
};

const rises: Readonly<Record<string, (x: number) => number>> = {
  linear: (x) => x,
  cosine: (x) => 0.5 * (1 - Math.cos(Math.PI * x)),
  "1-sqrt": (x) => 1 - Math.sqrt(1 - x),
};

function falls(cycles: number): Readonly<Record<string, (x: number) => number>> {
  return {
    linear: (x) => 1 - x,
    cosine: (x) => 0.5 * (1 + Math.cos(Math.PI * cycles * 2 * x)),
    "1-sqrt": (x) => 1 - Math.sqrt(x),
  };
}

/** Warmup in a straight line, then waves of a cosine between the peak and a share of it. */
function waves({ peak, warmup, total }: ScheduleRequest, cycles: number, floor: number, formula: string): Course {
  return {
    formula: `P·k/W in warmup, then ${formula}`,
    phases: phases(
      ["warmup", warmup],
      [floor > 1 ? "rise" : cycles > 0.5 ? "cycle" : "decay", total],
      ["rise", Number.POSITIVE_INFINITY],
    ),
    surprises: [
      ...(firstUpdateIsLost(warmup).surprises ?? []),
      ...(floor > 1 ? ["min_lr is above the peak: the rate rises after the warmup"] : []),
    ],
    rate: (k) => {
      if (k < warmup) return peak * rise(k, warmup);
      const p = (k - warmup) / Math.max(1, total - warmup);
      const share = 0.5 * (1 + Math.cos(Math.PI * cycles * 2 * p));
      return peak * Math.max(0, share * (1 - floor) + floor);
    },
  };
}

function rise(k: number, warmup: number): number {
  return k / Math.max(1, warmup);
}

/** The floor as a share of the peak, from whichever of the two settings is there. */
function floorOf({ name, peak }: ScheduleRequest, settings: Settings): number | ReturnType<typeof refuse> {
  const [absolute, share] = [settings.number("min_lr"), settings.number("min_lr_rate")];
  if (absolute !== undefined && share !== undefined) {
    return refuse(`transformers stops at the start: ${name} takes min_lr or min_lr_rate, not both`);
  }
  return share ?? (absolute === undefined ? undefined : absolute / peak) ?? withoutFloor(name);
}

function withoutFloor(name: string): ReturnType<typeof refuse> {
  return refuse(`transformers stops at the start: ${name} needs min_lr or min_lr_rate in lr_scheduler_kwargs`);
}

function firstUpdateIsLost(warmup: number): Pick<Course, "surprises"> {
  return warmup > 0 ? { surprises: ["the first update applies a rate of 0"] } : {};
}

/** A schedule that stops the run where it gets a setting that it does not have. */
function taking(names: readonly string[], scheduler: Scheduler): Scheduler {
  return (request, settings) => {
    const unknown = Object.keys(request.settings).find((name) => !names.includes(name));
    return unknown === undefined
      ? scheduler(request, settings)
      : refuse(`transformers stops at the start: ${request.name} has no setting ${unknown}`);
  };
}

const floors = ["min_lr", "min_lr_rate", "num_cycles"];

const schedulers: Readonly<Record<string, Scheduler>> = {
  linear: taking([], linear),
  cosine: taking(["num_cycles"], cosine),
  cosine_with_restarts: taking(["num_cycles"], cosineWithRestarts),
  polynomial: taking(["lr_end", "power"], polynomial),
  constant,
  constant_with_warmup: constantWithWarmup,
  inverse_sqrt: taking(["timescale"], inverseSqrt),
  cosine_with_min_lr: taking(floors, cosineWithMinLr),
  cosine_warmup_with_min_lr: taking([...floors, "warmup_lr_rate"], cosineWarmupWithMinLr),
  warmup_stable_decay: taking(
    ["num_decay_steps", "num_stable_steps", "warmup_type", "decay_type", "min_lr_ratio", "num_cycles"],
    warmupStableDecay,
  ),
  reduce_lr_on_plateau: byMetric,
  greedy: byMetric,
};
