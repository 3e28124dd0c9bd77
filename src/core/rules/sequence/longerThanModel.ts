import { t } from "../../language.ts";
import { architectureIn } from "../../models/facts.ts";
import { formatCount } from "../../units.ts";
import { changing } from "../fixes.ts";
import { firstPlace, switchedOn } from "../places.ts";
import type { Rule, Severity, Subject } from "../rule.ts";

/**
 * Sequences longer than the model was made for: it has never seen such positions, or has no embeddings for them. Silent where the config
 * stretches the positions, where the framework does so by itself (Unsloth, nanotron), and where the file spells out the model.
 */
export const sequenceLongerThanModel: Rule = {
  id: "sequence/longer-than-model",
  title: t`Sequences longer than the model's context`,
  severity: "warning",
  *check(subject) {
    const { plan, model, document } = subject;
    const known = model.value?.kind === "architecture" ? model.value : undefined;
    const context = known?.architecture.context;
    const length = plan.sequenceLength.value;
    const place = firstPlace(plan.sequenceLength);
    if (!known || !context || !length || !place || length <= context || known.source === "shape") return;
    if (stretchesAlone(subject) || /rope_scaling|rope_parameters|max_position_embeddings/.test(document.text)) return;
    const [severity, consequence] = consequenceOf(subject);
    yield {
      severity,
      message: t`${known.id} was made for ${formatCount(context)} tokens, and sequences here have up to ${formatCount(length)}: ${consequence}.`,
      range: place.range,
      fixes: () =>
        changing(
          subject,
          { sequenceLength: context },
          {
            title: (key) => t`Set ${key} to ${formatCount(context)} (the model's context)`,
            preferred: true,
          },
        ),
    };
  },
};

/**
 * Whether the framework stretches the positions to the length that is asked for, as Unsloth does wherever it loads the model. Source:
 * unsloth, models/llama.py; nanotron, nn/rotary.py.
 */
function stretchesAlone(subject: Subject): boolean {
  const { id } = subject.dialect;
  if (id === "unsloth-studio" || id === "nanotron") return true;
  return ["use_unsloth", "params.unsloth"].some((key) => switchedOn(subject, key));
}

/** Packed sequences have their full length for sure, others where a sample is as long. */
function consequenceOf({ plan, model, dialect }: Subject): readonly [Severity, string] {
  const packed = plan.packing.value === true;
  const architecture = architectureIn(model).value;
  const ends = (architecture?.positions ?? 0) > 0 || checking.has(dialect.id);
  if (ends && packed) return ["error", t`it has no positions beyond, and the run stops`];
  if (ends) return ["warning", t`it has no positions beyond, and the run stops at the first sample that is longer`];
  return [
    packed ? "warning" : "information",
    t`it has never seen positions beyond, and what it makes of them is noise until it has learned them`,
  ];
}

/** Frameworks that refuse longer sequences. Source: torchtune, modules/transformer.py; LitGPT, litgpt/model.py (max_seq_length). */
const checking: ReadonlySet<string> = new Set(["torchtune", "litgpt"]);
