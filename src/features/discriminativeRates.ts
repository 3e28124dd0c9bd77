import { commands, type Disposable, env, type QuickPickItem, type TextDocument, window, workspace } from "vscode";
import { t } from "../core/language.ts";
import {
  type DiscriminativeTable,
  discriminativeTable,
  tableMarkdown,
  tableText,
} from "../core/report/discriminativeTable.ts";
import { ulmfitRatio } from "../core/schedule/discriminativeRates.ts";
import { formatRate } from "../core/units.ts";
import type { Analyses } from "./analyses.ts";
import { configMeant } from "./commands.ts";
import { plainLabel } from "./labels.ts";
import type { Panel } from "./panel.ts";

const previewDiscriminativeRatesCommand = "fineTuneLens.previewDiscriminativeRates";

/** Shows the rates that ULMFiT's discriminative fine-tuning gives the layers of a config's model, to be read or copied. */
export function registerDiscriminativeRates(analyses: Analyses, panel: Panel): Disposable {
  return commands.registerCommand(previewDiscriminativeRatesCommand, async (address: unknown) => {
    const document = configMeant(analyses, panel, address);
    if (document) return preview(analyses, document);
    void window.showInformationMessage(t`Open a training config to see a rate for each layer of its model.`);
  });
}

async function preview(analyses: Analyses, document: TextDocument): Promise<void> {
  const analysis = analyses.of(document);
  if (!analysis) return;
  const first = discriminativeTable(analysis, ulmfitRatio);
  if (!first.value) {
    void window.showInformationMessage(plainLabel(t`There are no rates for the layers: ${first.reason}.`));
    return;
  }
  const ratio = await askRatio();
  if (ratio === undefined) return;
  const { value: table } = discriminativeTable(analysis, ratio);
  if (table) await offer(table);
}

/** What the rate of a layer is divided by for the layer below. */
async function askRatio(): Promise<number | undefined> {
  const text = await window.showInputBox({
    title: t`Preview Discriminative Rates`,
    prompt: t`ξ: each layer is trained with the rate of the layer above divided by it. The authors of ULMFiT took ${ulmfitRatio}.`,
    value: String(ulmfitRatio),
    validateInput: (value) => (ratioFrom(value) === undefined ? t`A number above 1, such as 2.6` : undefined),
  });
  return text === undefined ? undefined : ratioFrom(text);
}

function ratioFrom(text: string): number | undefined {
  const ratio = Number(text);
  return ratio > 1 && Number.isFinite(ratio) ? ratio : undefined;
}

interface Way extends QuickPickItem {
  readonly take: () => Thenable<unknown>;
}

async function offer(table: DiscriminativeTable): Promise<void> {
  const { code, peak, rows } = table;
  const lowest = rows.at(-1);
  const show: Way = {
    label: t`Open as Markdown`,
    detail: t`${rows.length} layers, from ${formatRate(peak)} down to ${formatRate(lowest?.rate ?? peak)}`,
    take: async () => {
      const document = await workspace.openTextDocument({ language: "markdown", content: tableMarkdown(table) });
      await window.showTextDocument(document);
    },
  };
  const copyTable: Way = {
    label: t`Copy Table`,
    detail: t`Columns apart by tabs, with all digits`,
    take: () => env.clipboard.writeText(tableText(table)),
  };
  const copyCode = (text: string): Way => ({
    label: t`Copy PyTorch Groups`,
    detail: t`Parameter groups for an optimizer, by the names of transformers' modules`,
    take: () => env.clipboard.writeText(text),
  });
  const ways = [show, copyTable, ...(code === null ? [] : [copyCode(code)])];
  const picked = await window.showQuickPick(ways, { title: t`Discriminative Rates` });
  await picked?.take();
}
