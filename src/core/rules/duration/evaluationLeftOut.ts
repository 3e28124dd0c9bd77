import { reader } from "../../dialects/reader.ts";
import { t } from "../../language.ts";
import { settingTo } from "../fixes.ts";
import { written } from "../places.ts";
import type { Report, Subject } from "../rule.ts";

/**
 * axolotl turns `evals_per_epoch` into a share of the run, which takes effect where it is less than the whole: a single evaluation is left
 * out, as in many of its own examples, so it is a remark. Source: axolotl, utils/config/__init__.py (normalize_config), core/builders/base.py.
 */
export function* evaluationLeftOut(subject: Subject): Iterable<Report> {
  const { dialect, document, plan } = subject;
  const perEpoch = dialect.id === "axolotl" ? written(subject, "evals_per_epoch") : undefined;
  if (!perEpoch || plan.evaluationInterval?.value?.kind !== "never" || written(subject, "eval_strategy")) return;
  const keys = reader(document, dialect.vocabulary);
  const times = keys.number("evals_per_epoch").value ?? 0;
  const epochs = keys.number("num_epochs").value ?? 0;
  const hasData = keys.has("test_datasets") || (keys.number("val_set_size").value ?? 0) > 0;
  if (!hasData || times * epochs <= 0 || times * epochs > 1) return;
  yield {
    severity: "information",
    message: t`${perEpoch.entry.key} asks for no more than one evaluation in the whole run, and axolotl leaves it out: it never evaluates.`,
    range: perEpoch.place.range,
    fixes: () => settingTo(subject, perEpoch.place, Math.floor(1 / epochs) + 1),
  };
}
