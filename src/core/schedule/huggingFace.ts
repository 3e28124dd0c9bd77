import { t } from "../language.ts";
import { named } from "../named.ts";
import { does, releases } from "../plan/releases.ts";
import { forever, mostCycles, piece } from "./course.ts";
import {
  byMetric,
  type CourseAnswer,
  courseAmong,
  type Refusal,
  refused,
  type ScheduleRequest,
  type Scheduler,
  type Settings,
  stops,
  symbolsOf,
} from "./scheduler.ts";
import { afterWarmup, firstUpdateIsLost, warmedUp, warmedUpWaves } from "./warmedUp.ts";

// transformers/optimization.py (5.3): the rate is the peak times a factor; update k applies the factor at k, so that
// with warmup the first update applies zero, and the last one never reaches the end of the decay.

/** The course of `lr_scheduler_type` with what is in `lr_scheduler_kwargs`. */
export function huggingFaceCourse(request: ScheduleRequest): CourseAnswer {
  return Object.hasOwn(huggingFaceSchedulers, request.name)
    ? courseAmong(huggingFaceSchedulers, request)
    : refused(stops("name", [], t`transformers stops at the start: it knows no scheduler "${request.name}"`));
}

/** Falls from the peak to zero in a straight line. */
const linear: Scheduler = (request) =>
  warmedUp(request, [piece("decay", request.total, "P·(T − k)/(T − W)"), piece("floor", forever, "0")]);

/** Falls from the peak along `num_cycles` waves of a cosine; past the end it would rise again. */
const cosine: Scheduler = (request, settings) => warmedUpWaves(request, settings.number("num_cycles"));

/** Falls to zero along half a cosine, and starts again at the peak, `num_cycles` times. */
const cosineWithRestarts: Scheduler = (request, settings) => {
  const { warmup, total } = request;
  const cycles = settings.number("num_cycles", 1);
  const formula = "P·½·(1 + cos(π·mod(num_cycles·(k − W)/(T − W), 1)))";
  const falls = Array.from({ length: Math.min(mostCycles, Math.max(1, Math.ceil(cycles))) }, (_, cycle) => {
    const end = warmup + ((total - warmup) * (cycle + 1)) / cycles;
    return piece(cycles > 1 ? "cycle" : "decay", Math.min(end, total), formula);
  });
  return warmedUp(request, [...falls, piece("floor", forever, "0")], { num_cycles: cycles });
};

/** Falls to `lr_end`, a learning rate and no share of the peak, along a power of what is left of the run. */
const polynomial: Scheduler = (request, settings) => {
  const end = settings.number("lr_end", 1e-7);
  const power = settings.number("power", 1);
  if (end >= request.peak) {
    return stops("floor", ["lr_end"], t`transformers stops at the start: lr_end ${end} is not below the learning rate`);
  }
  const formula = "(P − lr_end)·(1 − (k − W)/(T − W))^power + lr_end";
  return warmedUp(request, [piece("decay", request.total, formula), piece("floor", forever, "lr_end")], {
    lr_end: end,
    power,
  });
};

/** Stays at the peak from the first update on: this schedule knows no warmup. */
const constant: Scheduler = (request) => ({
  symbols: symbolsOf(request),
  pieces: [piece("stable", forever, "P")],
  ...(request.warmup > 0 ? { surprises: [t`"constant" ignores the warmup: training starts at the peak`] } : {}),
});

/** Rises to the peak and stays there. */
const constantWithWarmup: Scheduler = (request) => warmedUp(request, [piece("stable", forever, "P")]);

/** Falls with the root of the updates, however long the run. */
const inverseSqrt: Scheduler = (request, settings) =>
  warmedUp(request, [piece("decay", forever, "P/√((k + timescale − W)/timescale)")], {
    timescale: settings.number("timescale") ?? (request.warmup || 10_000),
  });

/** A cosine to `min_lr` or to the share `min_lr_rate` of the peak; the warmup starts at zero all the same. */
const cosineWithMinLr: Scheduler = (request, settings) => {
  const floor = floorOf(request, settings);
  if (typeof floor !== "number") return floor;
  const cycles = settings.number("num_cycles", 0.5);
  const formula = `${floored(cycles)}, x = ${afterWarmup(request)}`;
  return warmedUp(request, [piece("decay", forever, formula)], { num_cycles: cycles, m: floor });
};

/** The same one update ahead, so that the first update applies more than zero and the last one the floor. */
const cosineWarmupWithMinLr: Scheduler = (request, settings) => {
  if (!does(request.versions, releases.cosineWarmupWithMinLr)) {
    return stops(
      "name",
      [],
      t`transformers stops at the start: it knows "${request.name}" from ${releases.cosineWarmupWithMinLr.since} on`,
    );
  }
  const floor = floorOf(request, settings);
  if (typeof floor !== "number") return floor;
  const cycles = settings.number("num_cycles", 0.5);
  const start = settings.number("warmup_lr_rate");
  const rise = start === undefined ? "P·(k + 1)/W" : "P·(r + (1 − r)·k/max(1, floor(W) − 1))";
  return {
    symbols: {
      ...symbolsOf(request),
      num_cycles: cycles,
      m: floor,
      ...(start === undefined ? {} : { r: start }),
    },
    pieces: [
      piece("warmup", request.warmup, rise),
      piece("decay", forever, `${floored(cycles)}, x = ${afterWarmup(request, "k + 1")}`),
    ],
  };
};

/** Rises to the peak, stays there, and falls over the last `num_decay_steps`, from and to `min_lr_ratio` of the peak. */
const warmupStableDecay: Scheduler = (request, settings) => {
  const { warmup, total } = request;
  const decay = settings.number("num_decay_steps");
  if (decay === undefined) {
    return stops(
      "lacking",
      ["num_decay_steps"],
      t`transformers stops at the start: warmup_stable_decay needs num_decay_steps`,
    );
  }
  const stable = settings.number("num_stable_steps") ?? total - warmup - decay;
  const floor = settings.number("min_lr_ratio", 0);
  const up = named(rises, settings.text("warmup_type", "linear"));
  const down = named(falls, settings.text("decay_type", "cosine"));
  if (!up || !down) {
    const wrong = up ? "decay_type" : "warmup_type";
    return stops("value", [wrong], t`transformers stops at the start: ${wrong} is linear, cosine or 1-sqrt`);
  }
  const start = warmup + stable;
  const end = start + decay;
  return {
    symbols: { ...symbolsOf(request), m: floor, S: start, D: decay, num_cycles: settings.number("num_cycles", 0.5) },
    pieces: [
      piece("warmup", warmup, `P·max(0, (${up})·(1 − m) + m), x = k/W`),
      piece("stable", start, "P"),
      piece("decay", end, `P·max(0, (${down})·(1 − m) + m), x = (k − S)/D`),
      piece("floor", forever, "P·m"),
    ],
    surprises: [
      ...(floor === 0 && warmup > 0 ? [firstUpdateIsLost()] : []),
      ...(end < total ? [t`the last ${Math.ceil(total - end)} updates are left over and run at the floor`] : []),
    ],
  };
};

const rises: Readonly<Partial<Record<string, string>>> = {
  linear: "x",
  cosine: "½·(1 − cos(π·x))",
  "1-sqrt": "1 − √(1 − x)",
};

const falls: Readonly<Partial<Record<string, string>>> = {
  linear: "1 − x",
  cosine: "½·(1 + cos(2·π·num_cycles·x))",
  "1-sqrt": "1 − √(x)",
};

/** A cosine of x between the peak and the share `m` of it; where that is more than all of it, no rate is below zero. */
function floored(cycles: number): string {
  const wave = cycles === 0.5 ? "π" : "2·π·num_cycles";
  return `P·max(0, ½·(1 + cos(${wave}·x))·(1 − m) + m)`;
}

/** The floor as a share of the peak, from whichever of the two settings is there. */
function floorOf({ name, peak }: ScheduleRequest, settings: Settings): number | Refusal {
  const [absolute, share] = [settings.number("min_lr"), settings.number("min_lr_rate")];
  if (absolute !== undefined && share !== undefined) {
    return stops(
      "several",
      ["min_lr", "min_lr_rate"],
      t`transformers stops at the start: ${name} takes min_lr or min_lr_rate, not both`,
    );
  }
  return share ?? (absolute === undefined ? undefined : absolute / peak) ?? withoutFloor(name);
}

function withoutFloor(name: string): Refusal {
  return stops(
    "lacking",
    ["min_lr_rate"],
    t`transformers stops at the start: ${name} needs min_lr or min_lr_rate in lr_scheduler_kwargs`,
  );
}

/** A schedule that stops the run where it gets a setting that it does not have. */
function strict(name: string, scheduler: Scheduler): Scheduler {
  return (request, settings) => {
    const unknown = Object.keys(request.settings).find((setting) => !settingsOfHuggingFace[name]?.includes(setting));
    return unknown === undefined
      ? scheduler(request, settings)
      : stops("unknown", [unknown], t`transformers stops at the start: ${name} has no setting ${unknown}`);
  };
}

const floors = ["min_lr", "min_lr_rate", "num_cycles"];

/** What each scheduler takes in `lr_scheduler_kwargs`; the constant ones pass over it. */
export const settingsOfHuggingFace: Readonly<Partial<Record<string, readonly string[]>>> = {
  linear: [],
  cosine: ["num_cycles"],
  cosine_with_restarts: ["num_cycles"],
  polynomial: ["lr_end", "power"],
  inverse_sqrt: ["timescale"],
  cosine_with_min_lr: floors,
  cosine_warmup_with_min_lr: [...floors, "warmup_lr_rate"],
  warmup_stable_decay: [
    "num_decay_steps",
    "num_stable_steps",
    "warmup_type",
    "decay_type",
    "min_lr_ratio",
    "num_cycles",
  ],
};

/** By the values of `lr_scheduler_type`. */
export const huggingFaceSchedulers: Readonly<Record<string, Scheduler>> = {
  linear: strict("linear", linear),
  cosine: strict("cosine", cosine),
  cosine_with_restarts: strict("cosine_with_restarts", cosineWithRestarts),
  polynomial: strict("polynomial", polynomial),
  constant,
  constant_with_warmup: constantWithWarmup,
  inverse_sqrt: strict("inverse_sqrt", inverseSqrt),
  cosine_with_min_lr: strict("cosine_with_min_lr", cosineWithMinLr),
  cosine_warmup_with_min_lr: strict("cosine_warmup_with_min_lr", cosineWarmupWithMinLr),
  warmup_stable_decay: strict("warmup_stable_decay", warmupStableDecay),
  reduce_lr_on_plateau: byMetric,
  greedy: byMetric,
};
