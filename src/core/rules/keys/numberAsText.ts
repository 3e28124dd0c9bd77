import type { TextNumbers } from "../../dialects/loader.ts";
import { t } from "../../language.ts";
import { writeNumber } from "../../text/edit.ts";
import { type Leaf, leavesIn } from "../../text/nodes.ts";
import { portableNumber } from "../../text/number.ts";
import { numberFrom } from "../../text/scalar.ts";
import { fixOf } from "../fixes.ts";
import type { Report, Rule, Severity, Subject } from "../rule.ts";

/** A number that the framework's loader takes for text, as PyYAML does with `2e-5`, and that nothing makes a number of. */
export const keysNumberAsText: Rule = {
  id: "keys/number-as-text",
  title: t`Number that is read as text`,
  severity: "error",
  *check(subject) {
    const { document, dialect } = subject;
    const kinds = (dialect.loader?.textNumbers ?? []).filter(({ isFor }) => isFor?.(document) ?? true);
    if (kinds.length === 0) return;
    for (const leaf of leavesIn(document.root)) {
      const number = numberFrom(leaf.node.source);
      const written = number === undefined ? undefined : writtenAs(leaf);
      const kind = written && kinds.find(({ keys, written: as }) => as.includes(written) && keys.test(leaf.path));
      if (number !== undefined && kind) yield reportOf(subject, leaf, number, kind);
    }
  },
};

/** What PyYAML takes for a float. Source: PyYAML 6.0.3, resolver.py. */
const yamlFloat = /^[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+][0-9]+)?$/;

/** How a number is written so that it may be read as text; undefined for those that are numbers to everyone. */
function writtenAs({ node }: Leaf): TextNumbers["written"][number] | undefined {
  if (node.quoted) return "in quotes";
  return /e/i.test(node.source) && !yamlFloat.test(node.source) ? "with exponents" : undefined;
}

const severities: Readonly<Record<TextNumbers["stops"], Severity>> = {
  surely: "error",
  likely: "warning",
  perhaps: "information",
};

function reportOf(
  { document, dialect }: Subject,
  { node, path }: Leaf,
  number: number,
  { stops }: TextNumbers,
): Report {
  const written = document.text.slice(node.span.start, node.span.end);
  const why = node.quoted
    ? t`${written} is text`
    : t`PyYAML takes ${written} for text, as it wants a dot in such a number and a sign in its exponent`;
  return {
    severity: severities[stops],
    message:
      stops === "surely"
        ? t`${why}, and ${dialect.label} leaves it at that: the run stops.`
        : t`${why}: a script that does not convert it stops.`,
    range: document.rangeOf(node.span),
    fixes: () =>
      // What no computer holds, such as 1e309, cannot be written so that it is read as that.
      Number.isFinite(number)
        ? fixOf([writeNumber(document, node, number)], {
            title: t`Write ${path.slice(path.lastIndexOf(".") + 1)} as ${portableNumber(number)}`,
            preferred: true,
            keepsExperiment: true,
          })
        : [],
  };
}
