import { type ExtensionContext, l10n, Uri, window } from "vscode";
import { speak } from "./core/language.ts";
import { Analyses } from "./features/analyses.ts";
import { registerCheckAll } from "./features/checkAll.ts";
import { registerCodeActions } from "./features/codeActions.ts";
import { registerCodeLens } from "./features/codeLens.ts";
import { registerCommands } from "./features/commands.ts";
import { registerCompareWith } from "./features/compareWith.ts";
import { registerCompletion } from "./features/completion.ts";
import { Diagnostics } from "./features/diagnostics.ts";
import { registerDiscriminativeRates } from "./features/discriminativeRates.ts";
import { registerDocumentLinks } from "./features/documentLinks.ts";
import { registerFetchModel } from "./features/fetchModel.ts";
import { registerHover } from "./features/hover.ts";
import { registerInlayHints } from "./features/inlayHints.ts";
import { registerLanguageStatus } from "./features/languageStatus.ts";
import { registerMakeItFit } from "./features/makeItFit.ts";
import { registerOpenSample } from "./features/openSample.ts";
import { Panel } from "./features/panel.ts";
import { registerSelectGpu } from "./features/selectGpu.ts";
import { Surroundings } from "./features/surroundings.ts";
import { registerSwitchOffRule } from "./features/switchOffRule.ts";

/** Registers the features, nothing else. */
export function activate(context: ExtensionContext): void {
  speak(l10n.bundle ?? {});
  const { extension, extensionUri, globalStorageUri, subscriptions, workspaceState } = context;
  const log = window.createOutputChannel("Fine-Tune Lens", { log: true });
  const surroundings = new Surroundings(workspaceState, globalStorageUri, log);
  const analyses = new Analyses(log, surroundings);
  const panel = new Panel(analyses, surroundings.sizes, extensionUri);
  const documentation = Uri.parse(`${extension.packageJSON.homepage}/blob/main/docs/rules`);
  const diagnostics = new Diagnostics(analyses, documentation);
  subscriptions.push(
    log,
    surroundings,
    analyses,
    panel,
    registerHover(analyses),
    registerInlayHints(analyses),
    registerCodeLens(analyses),
    registerLanguageStatus(analyses),
    diagnostics,
    registerCodeActions(analyses),
    registerDocumentLinks(analyses),
    registerCompletion(analyses),
    registerFetchModel(analyses, panel, surroundings.models, log),
    registerSelectGpu(log),
    registerMakeItFit(analyses, panel),
    registerSwitchOffRule(),
    registerCheckAll(analyses, diagnostics),
    registerDiscriminativeRates(analyses, panel),
    registerOpenSample(analyses, extensionUri),
    registerCommands(analyses, panel, surroundings.sizes),
    registerCompareWith(analyses, panel),
  );
}
