import { t } from "../language.ts";
import type { TrainedBlocks, TrainingPlan } from "../plan/plan.ts";
import { mapped, type Sourced, unknown } from "../plan/sourced.ts";

/** What LLaMA-Factory's keys say of the layers that it trains, in both of its versions. */
interface Freezing {
  /** The last ones, or, below zero, the first ones. */
  readonly layers: Sourced<number>;
  readonly modules: Sourced<readonly string[]>;
  readonly extraModules: Sourced<readonly string[]>;
  /** Whether they are those that LLaMA Pro has put in, one behind each of equal parts. */
  readonly spread?: boolean | undefined;
}

/**
 * Whole layers alone are told. Source: LLaMA-Factory, model/adapter.py, _setup_freeze_tuning; v1/plugins/model_plugins/peft.py,
 * get_freeze_model.
 */
export function trainedBlocks({
  layers,
  modules,
  extraModules,
  spread,
}: Freezing): Pick<TrainingPlan, "trainedBlocks"> {
  const parts = [modules, extraModules].find(({ value }) => value?.some((name) => name !== "all"));
  if (parts)
    return { trainedBlocks: unknown(t`parts of layers, or what is outside of them, are trained`, parts.place) };
  return {
    trainedBlocks: mapped(layers, (count): TrainedBlocks => {
      if (spread) return { kind: "spread", count };
      return count > 0 ? { kind: "last", count } : { kind: "first", count: -count };
    }),
  };
}
