import { named } from "../named.ts";
import type { ScheduleFamily, SchedulerArguments } from "../plan/plan.ts";
import { settingsOfHuggingFace } from "./huggingFace.ts";

/** The setting that a scheduler's lowest rate is. */
export interface FloorSetting {
  readonly setting: string;
  /** Whether it is a share of the peak or a learning rate. */
  readonly is: "share" | "rate";
  /** What it is where it is not set. */
  readonly otherwise: number;
}

type Floors = Readonly<Record<string, FloorSetting>>;

const share = (setting: string, otherwise = 0): FloorSetting => ({ setting, is: "share", otherwise });
const rate = (setting: string, otherwise = 0): FloorSetting => ({ setting, is: "rate", otherwise });

const huggingFace: Floors = {
  cosine_with_min_lr: share("min_lr_rate"),
  cosine_warmup_with_min_lr: share("min_lr_rate"),
  warmup_stable_decay: share("min_lr_ratio"),
  polynomial: rate("lr_end", 1e-7),
};

const megatron: Floors = {
  cosine: rate("min_lr"),
  linear: rate("min_lr"),
  "inverse-square-root": rate("min_lr"),
  WSD: rate("min_lr"),
};

const floors: Readonly<Partial<Record<ScheduleFamily, Floors>>> = {
  huggingface: huggingFace,
  llamafactory: huggingFace,
  axolotl: { ...huggingFace, cosine: share("cosine_min_lr_ratio"), rex: share("cosine_min_lr_ratio") },
  "open-instruct": { linear: share("final_lr_ratio") },
  deepspeed: { WarmupCosineLR: share("cos_min_ratio", 1e-4) },
  torch: { CosineAnnealingLR: rate("eta_min"), CosineAnnealingWarmRestarts: rate("eta_min") },
  "litgpt-pretrain": { cosine: rate("min_lr", 4e-5) },
  composer: {
    cosine_with_warmup: share("alpha_f"),
    linear_decay_with_warmup: share("alpha_f"),
    polynomial_with_warmup: share("alpha_f"),
    cosine: share("alpha_f"),
    linear: share("alpha_f"),
    polynomial: share("alpha_f"),
    cosine_warmrestart: share("alpha_f"),
  },
  olmo: {
    cosine_with_warmup: share("alpha_f", 0.1),
    linear_with_warmup: share("alpha_f", 0.1),
    cosine_linear_envelope: share("alpha_f", 0.1),
    max_scheduler: share("alpha_f", 0.1),
  },
  "gpt-neox": { cosine: rate("min_lr"), linear: rate("min_lr"), exponential: rate("min_lr") },
  megatron,
  nemo: {
    CosineAnnealing: rate("min_lr"),
    SquareAnnealing: rate("min_lr", 1e-5),
    SquareRootAnnealing: rate("min_lr"),
    WarmupAnnealing: rate("min_lr"),
    PolynomialDecayAnnealing: rate("min_lr"),
    PolynomialHoldDecayAnnealing: rate("min_lr"),
  },
  nanotron: { cosine: rate("min_decay_lr"), linear: rate("min_decay_lr"), "1-sqrt": rate("min_decay_lr") },
  verl: { cosine: share("min_lr_ratio"), wsd: share("min_lr_ratio") },
  ludwig: { cosine: rate("eta_min") },
};

/** The setting that the floor of a scheduler is, the one that is set where there are two; undefined where it has none. */
export function floorSetting(
  family: ScheduleFamily,
  scheduler: string,
  settings: SchedulerArguments,
): FloorSetting | undefined {
  const found = named(floors[family] ?? {}, scheduler);
  return found?.setting === "min_lr_rate" && settings.has("min_lr") ? rate("min_lr") : found;
}

/** The floor as a share of the peak; nanotron's is the peak itself where it is not set. */
export function floorShare(
  { setting, is, otherwise }: FloorSetting,
  settings: SchedulerArguments,
  peak: number,
): number {
  const value = settings.get(setting);
  if (typeof value === "number") return is === "share" ? value : value / peak;
  if (setting === "min_decay_lr") return 1;
  return is === "share" ? otherwise : otherwise / peak;
}

/** What a change to `scheduler` takes beside its name: settings that it needs and lacks, and null for those that it does not take. */
export function settingsFor(
  family: ScheduleFamily,
  scheduler: string,
  settings: SchedulerArguments,
  total: number,
): Readonly<Record<string, number | null>> {
  const lacking = Object.entries(needed(family, scheduler, total)).filter(([name]) => !settings.has(name));
  const floored = settings.has("min_lr") || settings.has("min_lr_rate");
  const taken = takenBy(family, scheduler);
  const others = taken ? [...settings.keys()].filter((name) => !taken.includes(name)) : [];
  return Object.fromEntries([
    ...lacking.filter(([name]) => !(name === "min_lr_rate" && floored)),
    ...others.map((name) => [name, null] as const),
  ]);
}

/** A tenth of the peak as the floor, and a tenth of the run for the decay, as most recipes have them; a cosine as long as the run. */
function needed(family: ScheduleFamily, scheduler: string, total: number): Readonly<Record<string, number>> {
  const decay = Math.max(1, Math.round(total / 10));
  switch (scheduler) {
    case "cosine_with_min_lr":
    case "cosine_warmup_with_min_lr":
      return { min_lr_rate: 0.1 };
    case "warmup_stable_decay":
      return family === "llamafactory" ? {} : { num_decay_steps: decay };
    case "WSD":
      return { lr_wsd_decay_iters: decay };
    case "CosineAnnealingLR":
      return { T_max: total };
    default:
      return {};
  }
}

/** The settings that a scheduler takes, where others stop the run; undefined where they are passed over. */
function takenBy(family: ScheduleFamily, scheduler: string): readonly string[] | undefined {
  const strict = family === "huggingface" || family === "llamafactory" || family === "axolotl";
  const taken = strict ? named(settingsOfHuggingFace, scheduler) : undefined;
  return taken && family === "axolotl" ? [...taken, ...axolotlSettings] : taken;
}

const axolotlSettings = [
  "lr_quadratic_warmup",
  "cosine_min_lr_ratio",
  "cosine_constant_lr_ratio",
  "jagged_restart_steps",
  "jagged_restart_warmup_steps",
  "jagged_restart_anneal_steps",
];
