import type { ConfigDocument } from "../text/document.ts";

/** What a framework's loader makes of texts that people write in more than one way. */
export interface Loader {
  /** Whether it stops at a key that a mapping has twice; PyYAML and Python's json take the last. */
  readonly refusesRepeatedKeys?: true;
  /** Where it leaves numbers as texts; nowhere where absent. */
  readonly textNumbers?: readonly TextNumbers[];
}

/** Keys at which a text is not made the number that it spells. */
export interface TextNumbers {
  /** The keys by their dotted paths; items of a list have the path of the list. */
  readonly keys: RegExp;
  /**
   * Numbers in quotes, which are texts to every loader; or `2e-5` and `2.0e5`, which are texts to PyYAML: it wants a dot in the
   * number and a sign in front of the exponent. Source: PyYAML 6.0.3, resolver.py.
   */
  readonly written: readonly ("in quotes" | "with exponents")[];
  /** How sure it is that the run stops at the text; scripts of one's own may still convert it. */
  readonly stops: "surely" | "likely" | "perhaps";
  /** The configs that it holds for; all where absent. */
  readonly isFor?: (document: ConfigDocument) => boolean;
}

/** OmegaConf's, and Hydra's with it: it knows exponents of all kinds. Source: omegaconf 2.3.1, _utils.py (get_yaml_loader). */
export const omegaConf: Loader = { refusesRepeatedKeys: true };

/** Counts under the names that frameworks have for them, which Python's int() does not make of `1e4`, nor does Pydantic. */
export const countsWithExponents: TextNumbers = {
  keys: /(?:^|\.)(?:max_steps|(?:per_device_)?(?:train_|eval_|micro_|global_)?batch_size|gradient_accumulation(?:_steps)?|max_(?:seq_|completion_|prompt_)?length|sequence_len|model_max_length|num_generations|lora_(?:r|rank|alpha))$/,
  written: ["with exponents"],
  stops: "surely",
};

/**
 * Numbers of TrainingArguments: HfArgumentParser's parse_dict, parse_json_file and parse_yaml_file hand a text on, which the
 * optimizer or the Trainer then compares with a number. Source: transformers 5.18.0, hf_argparser.py.
 */
export const trainingArgumentNumbers =
  /^(?:learning_rate|weight_decay|adam_(?:beta1|beta2|epsilon)|max_grad_norm|warmup_(?:ratio|steps)|num_train_epochs|max_steps|label_smoothing_factor|per_device_(?:train|eval)_batch_size|gradient_accumulation_steps)$/;

/** Settings in mappings without types, whose texts no framework converts. */
export const nestedNumbers: TextNumbers = {
  keys: /^(?:lr_scheduler_kwargs|deepspeed\.(?:optimizer|scheduler)\.params)\./,
  written: ["in quotes", "with exponents"],
  stops: "surely",
};

/** OmegaConf, and a parse_dict that leaves texts alone. Source: LLaMA-Factory, hparams/parser.py and v1/config/arg_parser.py. */
export const llamaFactoryLoader: Loader = {
  ...omegaConf,
  textNumbers: [
    { keys: trainingArgumentNumbers, written: ["in quotes"], stops: "surely" },
    { ...nestedNumbers, written: ["in quotes"] },
  ],
};
