import type { Versions } from "../../src/core/plan/versions.ts";

/** A published measurement and the settings that it was made under, as the data file has it; null where nobody says. */
export interface Row {
  readonly id: string;
  /** `measured_peak`, `oom` for a run that ended without memory, or another kind of observation. */
  readonly point_type: string;
  /** A: settings and counter are certain; B: one of them is inferred; C: for orientation. */
  readonly quality: string;
  readonly source: string;
  readonly framework: string | null;
  readonly model: string | null;
  readonly hidden: number;
  readonly layers: number | null;
  readonly heads: number | null;
  readonly kv_heads: number | null;
  readonly intermediate: number | null;
  readonly vocab: number;
  readonly tied_embeddings: boolean | null;
  readonly method: string | null;
  readonly lora_rank: number | null;
  readonly lora_targets: readonly string[] | null;
  readonly trainable_extra_modules: readonly string[] | null;
  readonly weight_dtype: string | null;
  readonly compute_dtype: string | null;
  readonly autocast: boolean | null;
  readonly optimizer: string | null;
  readonly micro_batch: number | null;
  readonly seq_len: number | null;
  readonly packed: boolean | null;
  readonly grad_checkpointing: boolean | string | null;
  readonly attention: string | null;
  readonly fused_ce: string | null;
  readonly compile: boolean | string | null;
  readonly zero_stage: number | null;
  readonly fsdp: string | null;
  readonly cpu_offload: boolean | string | null;
  readonly num_gpus: number;
  readonly gpu: string | null;
  readonly measured_peak_gib: number | null;
  readonly memory_kind: string | null;
  readonly also_measured: Readonly<Record<string, number>> | null;
  readonly notes: string | null;
}

/** Which of the numbers of memory was read; `unstated` where the source does not say. */
export type Counter = "allocated" | "reserved" | "nvidia-smi" | "unstated";

export interface Measurement {
  readonly counter: Counter;
  readonly gib: number;
}

/** The source without commits, row numbers and the like: what the tables group by. */
export function sourceOf({ source, framework }: Row): string {
  const project = /^(?:https?:\/\/([^/]+)|[\w.-]+\/[\w.-]+)/.exec(source);
  const name = project?.[1] ?? project?.[0] ?? source;
  return framework ? `${name}: ${framework.replace(/ *\(.*$/, "")}` : name;
}

/** The figure of the row, and those that were read beside it. Bytes that torch calls active are allocated ones. */
export function measurementsOf({ measured_peak_gib, memory_kind, also_measured }: Row): readonly Measurement[] {
  const isOwn = measured_peak_gib !== null && memory_kind !== "gpu capacity";
  const own = isOwn ? [{ counter: counterNamed(memory_kind), gib: measured_peak_gib }] : [];
  const others = Object.entries(alsoRead).flatMap(([name, counter]) => {
    const gib = also_measured?.[name];
    return gib === undefined ? [] : [{ counter, gib }];
  });
  return [...own, ...others];
}

const alsoRead: Readonly<Record<string, Counter>> = {
  nvidia_smi_peak_gib: "nvidia-smi",
  reserved_gib: "reserved",
  allocated_gib: "allocated",
};

function counterNamed(kind: string | null): Counter {
  if (kind === "allocated" || kind === "active") return "allocated";
  return kind === "reserved" || kind === "nvidia-smi" ? kind : "unstated";
}

/** The releases that the framework's name and the notes tell, such as `transformers 4.48.1`. */
export function releasesIn({ framework, notes }: Row): Versions {
  const said = `${framework ?? ""} ${notes ?? ""}`;
  const found = said.matchAll(
    /\b(py)?(torch|transformers|trl|peft|accelerate|bitsandbytes)[ =]+(\d+\.\d[\d.]*\d|\d+\.\d)/gi,
  );
  return Object.fromEntries([...found].map(([, , name = "", version = ""]) => [name.toLowerCase(), version]));
}
