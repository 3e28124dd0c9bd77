import type { Scalar } from "../text/document.ts";

/** What is known of a key: its meaning, and what the framework does without it. Completion shows it, `read` relies on it. */
export interface KeyFacts {
  /** One line: what the key decides. */
  readonly about: string;
  /** The value when the key is absent; left out where it is required or worked out from others. */
  readonly default?: Scalar;
  /** Why that is the value, or on what it depends. */
  readonly note?: string;
  /** The values that it can have, where they are few. */
  readonly values?: readonly string[];
  /** What the values are, where models decide it: names of linear layers, or of models. */
  readonly holds?: "modules" | "model";
  /** Other names of the same key that the framework understands, older ones mostly. */
  readonly aliases?: readonly string[];
}

/** The keys of a framework by their dotted paths, such as `train.micro_batch_size`. */
export type Vocabulary = Readonly<Record<string, KeyFacts>>;

/** Every name of a key that the framework understands, the one that the vocabulary has first. */
export function namesOf(vocabulary: Vocabulary, key: string): readonly string[] {
  return [key, ...(vocabulary[key]?.aliases ?? [])];
}
