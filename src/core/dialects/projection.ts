import type { OptimizerPlan } from "../plan/plan.ts";
import { byDefault, mapped, type Sourced } from "../plan/sourced.ts";
import { numberFrom } from "../text/scalar.ts";

/** An optimizer with the arguments that transformers takes from `optim_args`. */
export function withProjection(optimizer: OptimizerPlan, optimArgs: Sourced<string>): OptimizerPlan {
  return { ...optimizer, ...projectionOf(optimizer.name, optimArgs) };
}

/** Which of GaLore's optimizers takes the place of the one that `optim` names. Sources: LLaMA-Factory, train/trainer_utils.py; ms-swift, galore/utils.py. */
export function galoreFor(optim: string | undefined): string {
  if (optim === "adafactor") return "galore_adafactor";
  return /adamw.*8bit/.test(optim ?? "") ? "galore_adamw_8bit" : "galore_adamw";
}

/** The rank in `optim_args` ("rank=64, scale=0.1") of an optimizer that projects gradients; transformers' own otherwise. */
function projectionOf(name: Sourced<string>, optimArgs: Sourced<string>): Pick<OptimizerPlan, "projectionRank"> {
  if (!/^(?:galore|apollo)/.test(name.value ?? "")) return {};
  const written = /(?:^|[,\s])rank=([^,\s]+)/.exec(optimArgs.value ?? "")?.[1];
  const rank = written === undefined ? undefined : numberFrom(written);
  return { projectionRank: rank === undefined ? byDefault(128) : mapped(optimArgs, () => rank) };
}
