import { t } from "../../language.ts";
import { goalOf } from "../lr/ranges.ts";
import { firstPlace } from "../places.ts";
import type { Rule } from "../rule.ts";

/**
 * All weights trained on one file of one's own: what it does not show is forgotten. General data among it remind the model of what it knew,
 * 5 to 10 % of them in many recipes. Source: "What Does Full Fine-tuning Mean?", on data mixing.
 */
export const dataNoReplay: Rule = {
  id: "data/no-replay",
  title: t`Full fine-tuning on a single narrow source`,
  severity: "hint",
  *check({ plan, dialect }) {
    const [source, ...others] = plan.data.sources;
    const goal = goalOf(plan);
    // The registry of LLaMA-Factory has files for data sets of all kinds.
    const name = dialect.id === "llamafactory" ? source?.name.value : (source?.file ?? source?.name.value);
    const place = firstPlace(source?.name);
    if (plan.method.value !== "full" || others.length > 0 || !place || name === undefined) return;
    if ((goal !== "sft" && goal !== "continued-pretrain") || !isOwn(name)) return;
    yield {
      message: t`${name} is all that this run learns from: training all weights on one narrow source forgets what it does not show. Many recipes mix 5 to 10 % of general data in.`,
      range: place.range,
    };
  },
};

/** A file or folder of one's own, by its name; placeholders and files of data sets that are general are none. */
function isOwn(name: string): boolean {
  const isLocal = /\.(?:jsonl?|csv|tsv|txt|parquet|arrow)(?:\.gz|\.zst)?$|^(?:\.{1,2}\/|\/|~)/i.test(name);
  const isGeneral =
    /alpaca|share_?gpt|dolly|oasst|orca|ultra_?chat|tulu|hermes|instruct|chat|c4|fineweb|pile|pajama|wiki|general|mix/i;
  return isLocal && !isGeneral.test(name) && !/path[/_]to|\$\{|</.test(name);
}
