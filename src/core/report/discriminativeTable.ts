import type { Analysis } from "../analyze.ts";
import { type Answer, known, missing } from "../answer.ts";
import { t } from "../language.ts";
import type { Architecture } from "../models/architecture.ts";
import { architectureIn } from "../models/facts.ts";
import { layerParameters } from "../models/layerParameters.ts";
import { moduleNames } from "../models/moduleNames.ts";
import { hasNarrowHead } from "../models/trainable.ts";
import { type LayerRate, layerRates } from "../schedule/discriminativeRates.ts";
import { formatAppliedRate, formatCount, formatFraction, formatRate } from "../units.ts";
import { escapeMarkdown } from "./markdown.ts";

/** The discriminative rates of a model's layers, from the output down. */
export interface DiscriminativeTable {
  /** The model as the config names it; not to be trusted as markup. */
  readonly model: string;
  readonly peak: number;
  readonly ratio: number;
  readonly rows: readonly LayerRow[];
  /** Parameter groups for PyTorch, by the names of transformers' modules; null where the model has other names. */
  readonly code: string | null;
}

export interface LayerRow {
  readonly name: string;
  /** Null where they cannot be told apart from those of other layers. */
  readonly parameters: number | null;
  readonly rate: number;
  readonly share: number;
}

/** A rate of which less than this share of the peak is left hardly moves a layer. */
const leastShare = 1e-3;

const head = ["Layer", "Parameters", t`Learning rate`, t`Share of the peak`] as const;

export function discriminativeTable({ plan, model }: Analysis, ratio: number): Answer<DiscriminativeTable> {
  const { peak } = plan.learningRate;
  if (peak.value === undefined) return missing(t`the peak learning rate is not known: ${peak.note}`);
  const whole = architectureIn(model);
  if (!whole.value) return whole;
  const blocks = whole.value.blocks.reduce((sum, { count }) => sum + count, 0);
  if (blocks !== whole.value.layers) return missing(t`an encoder and a decoder are not one stack of layers`);
  const narrow = hasNarrowHead(plan);
  const architecture: Architecture = {
    ...whole.value,
    tied: whole.value.tied && !narrow,
    nonTextParameters: plan.model.freezesTowers?.value ? 0 : whole.value.nonTextParameters,
  };
  const rates = layerRates(architecture, ratio);
  const { head: ofHead, blocks: ofBlocks, input } = layerParameters(architecture);
  const parameters = { head: narrow ? null : ofHead, input };
  const table = {
    model: model.value?.id ?? whole.value.id,
    peak: peak.value,
    ratio,
    rows: rates.map(({ layer, name, share }) => ({
      name,
      parameters: typeof layer === "number" ? (ofBlocks[layer] ?? null) : parameters[layer],
      rate: peak.value * share,
      share,
    })),
  };
  const code = model.value?.source === "shape" ? null : groupsCode(table, rates, architecture);
  return known({ ...table, code });
}

/** The table and the parameter groups as a Markdown document. */
export function tableMarkdown(table: DiscriminativeTable): string {
  const { model, rows, code } = table;
  const slow = rows.filter(({ share }) => share < leastShare).length;
  return [
    t`# Discriminative learning rates of ${escapeMarkdown(model)}`,
    "",
    t`${descriptionOf(table)}. The head is all that follows the blocks: the final norm and the output layer or classifier.`,
    ...(slow > 0 ? ["", t`${slow} of ${rows.length} layers have less than a thousandth of the peak.`] : []),
    "",
    markdownRow(head),
    "|---|--:|--:|--:|",
    ...rows.map((row) => markdownRow(cellsOf(row))),
    ...(code === null ? [] : ["", "## PyTorch", "", "```python", code.trimEnd(), "```"]),
    "",
  ].join("\n");
}

function markdownRow(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function cellsOf({ name, parameters, rate, share }: LayerRow): readonly string[] {
  return [name, parameters === null ? "" : formatCount(parameters), formatRate(rate), shareText(share)];
}

/** Per cent, of which deep models come to very few. */
function shareText(share: number): string {
  return share < 1e-5 ? `${formatRate(100 * share)} %` : formatFraction(share);
}

/** The table with all digits, its columns apart by tabs, as spreadsheets take it. */
export function tableText({ rows }: DiscriminativeTable): string {
  const lines = rows.map(({ name, parameters, rate, share }) => [name, parameters ?? "", rate, share]);
  return [head, ...lines].map((cells) => `${cells.join("\t")}\n`).join("");
}

function descriptionOf({ peak, ratio }: Pick<DiscriminativeTable, "peak" | "ratio">): string {
  return t`The head has the peak, ${formatRate(peak)}, and each layer the rate of the layer above divided by ${ratio} (ULMFiT, arXiv 1801.06146, section 3.1)`;
}

/** Parameters go by the first module that their name has; the names of wrappers such as PEFT's may stand before it. */
function groupsCode(
  table: Omit<DiscriminativeTable, "code">,
  rates: readonly LayerRate[],
  { type, tied, nonTextParameters }: Architecture,
): string {
  const { blocks, embedding, besideEmbedding = [], outputLayer } = moduleNames(type);
  const within = parentOf(embedding) === parentOf(blocks) ? [] : [parentOf(embedding)];
  const input = [...(tied ? [] : [embedding]), ...within, ...besideEmbedding];
  const lowest = rates.at(-1)?.share ?? 1;
  const hasTowers = nonTextParameters > 0;
  const modules: readonly (readonly [module: string, share: number])[] = [
    ...(tied ? [[embedding, 1] as const] : []),
    ...rates.flatMap(({ layer, share }) => (typeof layer === "number" ? [[`${blocks}.${layer}`, share] as const] : [])),
    ...input.map((module) => [module, lowest] as const),
    ...(hasTowers ? [outputLayer, parentOf(blocks)].map((module) => [module, 1] as const) : []),
  ];
  const rate = (share: number) => formatAppliedRate(table.peak * share);
  const rest = hasTowers ? t`towers and projectors` : t`the head`;
  return `# ${t`${table.model.replaceAll(/\s+/g, " ")}, by the names of transformers' modules`}.
# ${descriptionOf(table)}.
rates = {
${modules.map(([module, share]) => `    "${module}.": ${rate(share)},`).join("\n")}
}
rest = ${rate(hasTowers ? lowest : 1)}  # ${rest}

groups = {}
for name, parameter in model.named_parameters():
    if parameter.requires_grad:
        rate = next((rate for module, rate in rates.items() if f".{module}" in f".{name}"), rest)
        groups.setdefault(rate, []).append(parameter)
param_groups = [{"params": parameters, "lr": rate} for rate, parameters in groups.items()]
`;
}

function parentOf(module: string): string {
  return module.slice(0, Math.max(0, module.lastIndexOf(".")));
}
