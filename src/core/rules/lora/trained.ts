import type { LoraPlan } from "../../plan/plan.ts";
import { switchedOn } from "../places.ts";
import type { Subject } from "../rule.ts";

/** The adapters that a run trains; undefined for those of a file that PEFT has saved, about which nothing can be done any more. */
export function trainedAdapters(subject: Subject): LoraPlan | undefined {
  return switchedOn(subject, "inference_mode") ? undefined : (subject.plan.lora ?? undefined);
}
