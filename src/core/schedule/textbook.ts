import { type Answer, known, missing } from "../answer.ts";
import { t } from "../language.ts";
import { type Course, forever, type Piece, piece } from "./course.ts";
import type { LrSchedule } from "./lrSchedule.ts";
import { type ScheduleRequest, symbolsOf } from "./scheduler.ts";
import { floorSetting } from "./schedulerSettings.ts";

/**
 * What the words of a config would lead one to expect: every update applies some of the peak, the warmup is a straight line that
 * is heeded, and what follows is what the scheduler is called, down to the floor.
 */
export function textbookCourse(request: ScheduleRequest): Answer<Course> {
  const decay = expectedAfterWarmup(request);
  if (!decay) return missing(t`"${request.name}" is no word of textbooks`);
  const floor = request.settings["floor"];
  return known({
    symbols: { ...symbolsOf(request), m: typeof floor === "number" ? floor : 0 },
    pieces: [piece("warmup", request.warmup, "P·(k + 1)/W"), ...decay],
  });
}

function expectedAfterWarmup({ name, total }: ScheduleRequest): readonly Piece[] | undefined {
  const falling = (share: string) => [
    piece("decay", total, `P·(m + (1 − m)·${share}), x = (k − W)/(T − W)`),
    piece("floor", forever, "P·m"),
  ];
  if (/restart|cycle|stable/i.test(name)) return undefined;
  if (/cosine/i.test(name)) return falling("½·(1 + cos(π·x))");
  if (/linear|WarmupDecayLR/i.test(name)) return falling("(1 − x)");
  if (/constant|WarmupLR/i.test(name)) return [piece("stable", forever, "P")];
  return undefined;
}

/** The request of the textbook's curve beside a schedule. */
export function textbookRequest({ family, request }: Pick<LrSchedule, "family" | "request">): ScheduleRequest {
  const settings = new Map(Object.entries(request.settings));
  const floor = floorSetting(family, request.name, settings);
  const value = floor && settings.get(floor.setting);
  const share = typeof value !== "number" ? 0 : floor?.is === "share" ? value : value / request.peak;
  return { ...request, settings: { floor: share } };
}
