import { t } from "../language.ts";
import type { PhaseName } from "../schedule/course.ts";

/** How the phases of a schedule are called. */
export const phaseNames: Readonly<Record<PhaseName, string>> = {
  warmup: t`warmup`,
  stable: t`stable`,
  decay: t`decay`,
  cycle: t`cycle`,
  cooldown: t`cooldown`,
  floor: t`floor`,
  rise: t`rise`,
};
