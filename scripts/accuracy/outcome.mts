import { type Analysis, analyze } from "../../src/core/analyze.ts";
import type { MemoryEstimate } from "../../src/core/memory/estimate.ts";
import type { RuleOfThumb } from "../../src/core/memory/ruleOfThumb.ts";
import type { Catalogue } from "../../src/core/models/catalogue.ts";
import type { ArchitectureLookUp } from "../../src/core/models/facts.ts";
import { foundArchitecture } from "../../src/core/models/foundArchitecture.ts";
import { gibibyte } from "../../src/core/units.ts";
import type { Config } from "./config.mts";
import { type Counter, type Measurement, measurementsOf, type Row } from "./row.mts";
import { writerOf } from "./writers.mts";

/** What became of a row: points to compare, or the reason why there are none. */
export type Outcome = Compared | Unknown;

export interface Compared {
  readonly kind: "compared";
  readonly row: Row;
  readonly estimate: MemoryEstimate;
  readonly points: readonly Point[];
}

export interface Unknown {
  readonly kind: "unknown";
  readonly row: Row;
  readonly reason: string;
}

/** A measured figure beside the estimate of it and the textbook's; errors are fractions of what was measured. */
export interface Point extends Measurement {
  readonly estimateGib: number;
  readonly error: number;
  readonly ruleOfThumbError: number;
  /** Whether it lies between the least and the most that are said of the device. */
  readonly isInRange: boolean;
}

/** The row as a config of its framework, analysed as any file is, and compared with what was measured. */
export function outcomeOf(row: Row, catalogue: Catalogue): Outcome {
  const unknown = (reason: string): Unknown => ({ kind: "unknown", row, reason });
  if (row.seq_len === null) return unknown("the length of the longest batch was not recorded");
  const config = writerOf(row)?.(row);
  if (!config) return unknown(`configs of ${row.framework ?? "no framework"} are not read`);
  const analysis = analyzed(config, row, catalogue);
  if (!analysis) return unknown("the config is not recognised");
  const { memory, ruleOfThumb } = analysis;
  if (!memory.value || !ruleOfThumb.value) return unknown("reason" in memory ? memory.reason : "no rule of thumb");
  const { value: estimate } = memory;
  const textbook = textbookGib(ruleOfThumb.value, analysis);
  const points = measurementsOf(row).map((measured) => pointOf(measured, estimate, textbook));
  return { kind: "compared", row, estimate, points };
}

export function analyzed(config: Config, row: Row, catalogue: Catalogue): Analysis | null {
  const { text, format, linked, versions } = config;
  return analyze(text, { format, linked, versions, catalogue, lookUpModel: configJsonOf(row, catalogue) });
}

function pointOf({ counter, gib }: Measurement, estimate: MemoryEstimate, textbook: number): Point {
  const estimateGib = estimatedBytes(estimate, counter) / gibibyte;
  return {
    counter,
    gib,
    estimateGib,
    error: estimateGib / gib - 1,
    ruleOfThumbError: textbook / gib - 1,
    isInRange: estimate.lowBytes <= gib * gibibyte && gib * gibibyte <= estimate.highBytes,
  };
}

/** The estimate of what a counter shows; where nobody says which one it was, of what the device does. */
function estimatedBytes({ allocatedBytes, reservedBytes, deviceBytes }: MemoryEstimate, counter: Counter): number {
  if (counter === "allocated") return allocatedBytes;
  return counter === "reserved" ? reservedBytes : deviceBytes;
}

/** The rule of thumb; fully sharded states are divided by the GPUs, as its article does. */
function textbookGib({ stateBytes, activationBytes }: RuleOfThumb, { plan: { parallelism } }: Analysis): number {
  const shares = parallelism.sharding.value === "zero-3" ? (parallelism.gpus.value ?? 1) : 1;
  return (stateBytes / shares + activationBytes) / gibibyte;
}

/** The config.json that lies beside the weights of a model that is not in the catalogue. */
function configJsonOf(row: Row, catalogue: Catalogue): ArchitectureLookUp {
  return (id) => {
    if (id !== row.model || catalogue.find(id)) return undefined;
    const json = {
      model_type: "llama",
      hidden_size: row.hidden,
      num_hidden_layers: row.layers,
      num_attention_heads: row.heads,
      num_key_value_heads: row.kv_heads,
      intermediate_size: row.intermediate,
      vocab_size: row.vocab,
      tie_word_embeddings: row.tied_embeddings ?? false,
    };
    return foundArchitecture(JSON.stringify(json), id, "cache");
  };
}
