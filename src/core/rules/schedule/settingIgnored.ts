import { t } from "../../language.ts";
import type { ScheduleFamily } from "../../plan/plan.ts";
import { type WrittenKey, wholeOf } from "../places.ts";
import type { Rule, Subject } from "../rule.ts";
import { removingSettings, settingName, writtenSetting } from "./settings.ts";

/** Where a setting that the scheduler does not have is passed over; elsewhere it stops the run, or nobody knows. */
const passesOver: readonly ScheduleFamily[] = [
  "huggingface",
  "llamafactory",
  "axolotl",
  "open-instruct",
  "verl",
  "megatron",
  "gpt-neox",
  "olmo",
  "litgpt-finetune",
  "ludwig",
];

/** Settings of Megatron and GPT-NeoX of which the warmup may be a share, whatever the scheduler is. */
const lengths: readonly string[] = ["lr_decay_iters", "lr_decay_samples", "lr_decay_steps", "lr_decay_fraction"];

/** A setting of another scheduler than the one that is set: the curve is not what its author meant it to be. */
export const scheduleSettingIgnored: Rule = {
  id: "schedule/setting-ignored",
  title: t`Setting that the scheduler ignores`,
  severity: "warning",
  *check(subject) {
    const { value: schedule } = subject.schedule;
    const { dialect } = subject;
    if (!schedule || !passesOver.includes(schedule.family) || dialect.id === "generic") return;
    for (const name of schedule.ignored) {
      const setting = writtenSetting(subject, name);
      if (lengths.includes(name) || !setting || isDefault(subject, setting)) continue;
      const written = settingName(subject, name);
      yield {
        message: t`${written} has no effect: the "${schedule.name}" schedule does not read it.`,
        range: wholeOf(setting.place),
        tag: "unused",
        fixes: () =>
          removingSettings(subject, [name], {
            title: t`Remove ${written}`,
            preferred: true,
            keepsExperiment: true,
          }),
      };
    }
  },
};

/** Files that spell out all defaults ask for nothing by them; LitGPT's is 6e-5 in finetuning. Source: litgpt/args.py, TrainArgs. */
function isDefault({ dialect }: Subject, { path, entry: { value } }: WrittenKey): boolean {
  const otherwise = path === "train.min_lr" ? 6e-5 : dialect.vocabulary[path]?.default;
  return value.kind === "scalar" && value.value === otherwise;
}
