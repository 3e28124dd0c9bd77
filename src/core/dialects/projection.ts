import type { OptimizerPlan } from "../plan/plan.ts";
import { byDefault, mapped, type Sourced } from "../plan/sourced.ts";
import { numberFrom } from "../text/scalar.ts";

/** An optimizer with the arguments that transformers takes from `optim_args`. */
export function withProjection(optimizer: OptimizerPlan, optimArgs: Sourced<string>): OptimizerPlan {
  return { ...optimizer, ...projectionOf(optimizer.name, optimArgs) };
}

/** The rank in `optim_args` ("rank=64, scale=0.1") of an optimizer that projects gradients; transformers' own otherwise. */
function projectionOf(name: Sourced<string>, optimArgs: Sourced<string>): Pick<OptimizerPlan, "projectionRank"> {
  const [family] = /^(?:galore|apollo)/.exec(name.value ?? "") ?? [];
  if (!family) return {};
  const usual = byDefault(family === "galore" ? 128 : 1);
  const written = /(?:^|[,\s])rank=([^,\s]+)/.exec(optimArgs.value ?? "")?.[1];
  const rank = written === undefined ? undefined : numberFrom(written);
  return { projectionRank: rank === undefined ? usual : mapped(optimArgs, () => rank) };
}
