import type { Argument } from "../../src/core/plan/plan.ts";
import {
  type ScheduleRequest,
  type Scheduler,
  type Settings,
  settingsFrom,
} from "../../src/core/schedule/scheduler.ts";

/** The settings that a scheduler reads for a request, with what each is where it is not set; undefined where it has no default. */
export function settingsTaken(
  scheduler: Scheduler,
  request: ScheduleRequest,
): ReadonlyMap<string, Argument | undefined> {
  const taken = new Map<string, Argument | undefined>();
  scheduler(request, noting(settingsFrom(request.settings), taken));
  return taken;
}

/** `settings` that write down what they are asked for. */
function noting(settings: Settings, taken: Map<string, Argument | undefined>): Settings {
  return new Proxy(settings, {
    get(target, key) {
      const read: unknown = Reflect.get(target, key);
      if (typeof read !== "function") return read;
      return (name: string, otherwise?: Argument) => {
        taken.set(name, otherwise ?? taken.get(name));
        return read(name, otherwise);
      };
    },
  });
}
