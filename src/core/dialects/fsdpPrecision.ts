import { t } from "../language.ts";
import type { Dtype, Precision } from "../plan/plan.ts";
import { does, releases } from "../plan/releases.ts";
import { byDefault, type Sourced } from "../plan/sourced.ts";
import type { Versions } from "../plan/versions.ts";
import type { ConfigDocument } from "../text/document.ts";
import { accelerate } from "./accelerate.ts";
import { type LinkedFile, standingIn } from "./links.ts";

/** Whether accelerate's file launches FSDP. */
export function launchesFsdp({ root }: ConfigDocument): boolean {
  const kind = root.entries.get("distributed_type")?.value;
  return kind?.kind === "scalar" && /^fsdp$/i.test(String(kind.value));
}

/** The type that accelerate's file has autocast compute in. */
export function launchedAutocast(file: LinkedFile): Sourced<Dtype | null> {
  const { precision } = accelerate.read(file.document, { versions: {}, linked: file.linked ?? new Map() });
  return standingIn(file, precision.autocast);
}

/** FSDP under mixed precision: accelerate casts the weights that are trained to float32. */
export function underFsdp(precision: Precision, versions: Versions): Precision {
  if (!precision.autocast.value || !does(versions, releases.fsdpUpcasts)) return precision;
  const float32 = byDefault<Dtype>("float32", t`accelerate casts what FSDP trains under mixed precision`);
  return { ...precision, trained: float32, adapters: float32, quantizedAdapters: float32 };
}
