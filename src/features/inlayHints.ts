import { Disposable, EventEmitter, InlayHint, languages, workspace } from "vscode";
import { hintsOf } from "../core/report/hints.ts";
import { type Analyses, selector } from "./analyses.ts";
import { toPosition } from "./ranges.ts";

const section = "fineTuneLens.inlayHints";

/** Figures behind the values that they follow from; each with a switch. */
export function registerInlayHints(analyses: Analyses): Disposable {
  const changed = new EventEmitter<void>();
  const provider = languages.registerInlayHintsProvider(selector, {
    onDidChangeInlayHints: changed.event,
    async provideInlayHints(document, range, token) {
      const settings = workspace.getConfiguration(section, document);
      if (!settings.get("enabled")) return [];
      const analysis = await analyses.whileTyping(document, token);
      if (!analysis) return [];
      return hintsOf(analysis)
        .filter(({ kind, position }) => settings.get(kind) && range.contains(toPosition(position)))
        .map(({ position, text, tooltip }) => {
          const hint = new InlayHint(toPosition(position), text);
          hint.paddingLeft = true;
          hint.tooltip = tooltip;
          return hint;
        });
    },
  });
  const settings = workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration(section)) changed.fire();
  });
  return Disposable.from(
    provider,
    settings,
    analyses.onDidChange(() => changed.fire()),
    changed,
  );
}
