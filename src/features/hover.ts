import { commands, type Disposable, Hover, languages, MarkdownString } from "vscode";
import { t } from "../core/language.ts";
import { hoverAt } from "../core/report/hover.ts";
import { type Analyses, selector } from "./analyses.ts";
import { commandLink, fetchModelCommand, plotScheduleCommand, setDatasetSizeCommand } from "./commands.ts";
import { fetchableModel } from "./fetchModel.ts";
import { fromPosition, toRange } from "./ranges.ts";

/** True as soon as one of our hovers was asked for: the walkthrough waits for it. */
const contextKey = "fineTuneLens.hovered";

/** Memory, fit and derivation behind the keys and values that decide them. */
export function registerHover(analyses: Analyses): Disposable {
  let hovered = false;
  return languages.registerHoverProvider(selector, {
    async provideHover(document, position, token) {
      const analysis = await analyses.whileTyping(document, token);
      const hover = analysis && hoverAt(analysis, fromPosition(position));
      if (!analysis || !hover) return undefined;
      if (!hovered) void commands.executeCommand("setContext", contextKey, true);
      hovered = true;
      const links = [
        commandLink(t`Plot LR Schedule`, plotScheduleCommand, document.uri),
        commandLink(t`Set Dataset Size…`, setDatasetSizeCommand, document.uri),
        ...(fetchableModel(analysis) === undefined
          ? []
          : [commandLink(t`Fetch config.json from the Hub`, fetchModelCommand, document.uri)]),
      ];
      const markdown = new MarkdownString(`${hover.markdown}\n\n${links.join(" · ")}`);
      markdown.supportThemeIcons = true;
      markdown.isTrusted = { enabledCommands: [plotScheduleCommand, setDatasetSizeCommand, fetchModelCommand] };
      return new Hover(markdown, toRange(hover.range));
    },
  });
}
