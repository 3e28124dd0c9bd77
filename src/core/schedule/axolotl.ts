import { known } from "../answer.ts";
import { t } from "../language.ts";
import { named } from "../named.ts";
import { type Course, forever, mostCycles, type Piece, piece } from "./course.ts";
import { huggingFaceCourse } from "./huggingFace.ts";
import {
  type CourseAnswer,
  courseAmong,
  type Refusal,
  refuse,
  type ScheduleRequest,
  type Scheduler,
  type Settings,
  settingsIn,
  stops,
  symbolsOf,
} from "./scheduler.ts";
import { oneCycleOf } from "./torch.ts";
import { afterWarmup, warmedUp } from "./warmedUp.ts";

// axolotl, core/trainers/mixins/scheduler.py and utils/schedulers.py at 067b021c.

/** The course of `lr_scheduler` with axolotl's own settings, which go before those of transformers. */
export function axolotlCourse(request: ScheduleRequest): CourseAnswer {
  const { jagged_restart_steps: restarts, ...others } = request.settings;
  const inner = withoutRestarts({ ...request, settings: others });
  if (!restarts || !inner.value) return inner;
  const course = inner.value;
  return courseAmong({ [request.name]: ({ total }, settings) => jaggedRestarts(course, total, settings) }, request);
}

function withoutRestarts(request: ScheduleRequest): CourseAnswer {
  const { name, settings } = request;
  const { lr_quadratic_warmup: parabola, ...others } = settings;
  if (name === "cosine" && parabola === true) {
    return courseAmong({ cosine: quadratic }, { ...request, settings: others });
  }
  const kind =
    name !== "cosine"
      ? name
      : !settings["cosine_min_lr_ratio"]
        ? name
        : settings["cosine_constant_lr_ratio"]
          ? "constantTail"
          : "minRatio";
  const scheduler = named(axolotlSchedulers, kind);
  if (scheduler) return courseAmong({ [name]: scheduler }, request);
  const passed = Object.entries(settings).filter(([key]) => !ownSettings.includes(key));
  const course = huggingFaceCourse({ ...request, settings: Object.fromEntries(passed) });
  if (!course.value) return course;
  const own = settingsIn(settings).filter((key) => ownSettings.includes(key));
  return known({ ...course.value, ignored: [...(course.value.ignored ?? []), ...own] });
}

const ownSettings: readonly string[] = [
  "lr_quadratic_warmup",
  "cosine_min_lr_ratio",
  "cosine_constant_lr_ratio",
  "jagged_restart_warmup_steps",
  "jagged_restart_anneal_steps",
];

/** A reflected exponential (arXiv 2107.04197): slowly at first, then steeply. It is one update ahead. */
const rex: Scheduler = (request, settings) => {
  const { warmup, total } = request;
  if (warmup > total)
    return stops("long-warmup", [], t`axolotl stops at the start: the warmup of rex is longer than the run`);
  return {
    symbols: { ...symbolsOf(request), m: settings.number("cosine_min_lr_ratio", 0) },
    pieces: [
      piece("warmup", warmup, "P·(k + 1)/W"),
      piece("decay", total - 1, "P·(m + (1 − m)·z/(0.1 + 0.9·z)), z = (T − k − 1)/(T − W)"),
      piece("floor", forever, "P·m"),
    ],
    groups: "own",
  };
};

/** torch's one cycle, whose top is where the warmup ends. */
const oneCycle: Scheduler = (request, settings) =>
  oneCycleOf(request, settings, settings.number("pct_start", request.warmup / request.total));

/** A cosine after a warmup along a parabola. */
const quadratic: Scheduler = (request) => ({
  ...warmedUp(request, []),
  pieces: [
    piece("warmup", request.warmup, "P·(k/W)^2"),
    piece("decay", forever, `P·½·(1 + cos(π·${afterWarmup(request)}))`),
  ],
});

/** A cosine to the share `cosine_min_lr_ratio` of the peak. */
const minRatio: Scheduler = (request, settings) =>
  warmedUp(request, [piece("decay", forever, `P·((1 − m)·½·(1 + cos(π·${afterWarmup(request)})) + m)`)], {
    m: settings.number("cosine_min_lr_ratio", 0),
  });

/** The same, with the floor reached after the share `cosine_constant_lr_ratio` of the run. */
const constantTail: Scheduler = (request, settings) => {
  const end = Math.trunc(request.total * settings.number("cosine_constant_lr_ratio", 1));
  return warmedUp(
    request,
    [piece("decay", end, "P·((1 − m)·½·(1 + cos(π·(k − W)/(C − W))) + m)"), piece("floor", forever, "P·m")],
    { m: settings.number("cosine_min_lr_ratio", 0), C: end },
  );
};

/** axolotl's own, by what settings make of `lr_scheduler`. */
export const axolotlSchedulers: Readonly<Partial<Record<string, Scheduler>>> = {
  rex,
  one_cycle: oneCycle,
  quadratic,
  minRatio,
  constantTail,
};

/**
 * `course`, one update ahead, annealed before every restart and warmed up after it (ReLoRA, arXiv 2307.05695), from and to
 * `cosine_min_lr_ratio` of what it is. Beneath the restarts it goes on as if there were none.
 */
export function jaggedRestarts(course: Course, total: number, settings: Settings): Course | Refusal {
  const every = settings.number("jagged_restart_steps", 0);
  const symbols = {
    R: every,
    w: settings.number("jagged_restart_warmup_steps", 10),
    a: settings.number("jagged_restart_anneal_steps", 1),
    least: settings.number("cosine_min_lr_ratio") || 0.001,
  };
  if (symbols.w + symbols.a > every) {
    return refuse(t`the curve is not known where the warmup after a restart reaches into the anneal before the next`);
  }
  const count = Math.min(mostCycles, Math.ceil(total / every));
  const ends = Array.from({ length: count }, (_, restart) => (restart + 1) * every - 1);
  const cuts = [...new Set([...course.pieces.map(({ to }) => to - 1), ...ends])].sort((a, b) => a - b);
  return {
    ...course,
    ignored: (course.ignored ?? []).filter((name) => settings.ignored().includes(name)),
    symbols: { ...course.symbols, ...symbols },
    surprises: [t`the rate is annealed and warmed up again every ${every} updates`],
    pieces: cuts.map((to) => restarted(to, course.pieces, every)),
  };
}

/** The stretch of the inner course before `to`, with what the restarts make of it; the first cycle has no warmup. */
function restarted(to: number, inner: readonly Piece[], every: number): Piece {
  const under = inner.find((own) => own.to - 1 >= to);
  const [value = "", ...where] = (under?.formula ?? "P").replace(/\bk\b/g, "(k + 1)").split(/, (?=\w+ = )/);
  const first = to <= every - 1;
  const scale = first ? "min(1, (R − t)/a)" : "min(1, t/w, (R − t)/a)";
  const formula = [`(${value})·(j·(1 − least) + least)`, ...where, `j = ${scale}`, "t = mod(k + 1, R)"].join(", ");
  return piece(first ? (under?.phase ?? "stable") : "cycle", to, formula, under?.symbols);
}
