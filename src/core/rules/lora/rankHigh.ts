import { t } from "../../language.ts";
import type { LoraPlan } from "../../plan/plan.ts";
import { formatParameters } from "../../units.ts";
import { changing, settingAt, together } from "../fixes.ts";
import { firstPlace } from "../places.ts";
import type { Fix, Rule, Subject } from "../rule.ts";
import { trainedAdapters } from "./trained.ts";

/** The 99th percentile of shipped configs. */
const highest = 128;

/** A rank above what nearly all use: memory and time for directions that fine-tuning data rarely fill. */
export const loraRankHigh: Rule = {
  id: "lora/rank-high",
  title: t`Rank of LoRA higher than usual`,
  severity: "hint",
  *check(subject) {
    const lora = trainedAdapters(subject);
    const rank = lora?.rank.value;
    const place = firstPlace(lora?.rank);
    if (!lora || !rank || rank <= highest || !place) return;
    const { value: run } = subject.run;
    const trained = run?.adapters ? t` (${formatParameters(run.adapters.parameters)} parameters)` : "";
    yield {
      message: t`A rank of ${rank}${trained} is rarely filled by fine-tuning data: nearly all recipes keep to ${highest} or less, most to 8 to 64.`,
      range: place.range,
      fixes: () => lower(subject, lora),
    };
  },
};

/** With the scale that it has: alpha is lowered as well where it stands in the config. */
function lower(subject: Subject, { rank, alpha, rsLora }: LoraPlan): readonly Fix[] {
  const place = firstPlace(alpha);
  const same = ((alpha.value ?? 0) * highest) / (rank.value ?? highest);
  const title = (key: string) => t`Set ${key} to ${highest}`;
  const lowered = changing(subject, { loraRank: highest }, { title, preferred: true });
  const [first] = lowered;
  // mlx-lm's alpha is its scale times the rank.
  const isOwn = place !== firstPlace(rank);
  if (!first || !place || !isOwn || rsLora.value || !Number.isInteger(same)) return lowered;
  const scaled = settingAt(subject, place, same, (name) => t`${first.title} and ${name} to ${same} (the same scale)`);
  return together([...lowered, ...scaled], { title: scaled.at(-1)?.title ?? first.title, preferred: true });
}
