import { CancellationTokenSource, commands, Disposable, type QuickPickItem, window, workspace } from "vscode";
import { t } from "../core/language.ts";
import { mostCompared } from "../protocol.ts";
import type { Analyses } from "./analyses.ts";
import { configOf } from "./commands.ts";
import { configsOfWorkspace, type FoundConfig, openConfigs } from "./configsOfWorkspace.ts";
import { plainLabel } from "./labels.ts";
import { compareWithCommand, type Panel } from "./panel.ts";

export const pinCommand = "fineTuneLens.pin";
export const unpinCommand = "fineTuneLens.unpin";

/** What the panel shows beside its file, and whether it stays with it. */
export function registerCompareWith(analyses: Analyses, panel: Panel): Disposable {
  return Disposable.from(
    commands.registerCommand(pinCommand, () => panel.pin(true)),
    commands.registerCommand(unpinCommand, () => panel.pin(false)),
    commands.registerCommand(compareWithCommand, async () => {
      const document = panel.document ?? configOf(analyses, undefined);
      if (!document) {
        void window.showInformationMessage(t`Open a training config to compare its schedule with others.`);
        return;
      }
      if (!panel.document) panel.show(document, "schedule");
      const uris = await choose(document.uri.toString(), panel.compared);
      if (uris) await panel.compareWith(uris);
    }),
  );
}

interface Item extends QuickPickItem {
  readonly uri: string;
}

/** The addresses of the configs that the user picks from all but that at `own`; undefined when they think better of it. */
async function choose(own: string, compared: readonly string[]): Promise<readonly string[] | undefined> {
  const searching = new CancellationTokenSource();
  const pick = window.createQuickPick<Item>();
  pick.title = t`Compare Schedules With`;
  pick.placeholder = t`Looking for training configs…`;
  pick.canSelectMany = true;
  pick.matchOnDescription = true;
  // The panel takes the focus back when the palette closes, which can be later than this opens.
  pick.ignoreFocusOut = true;
  pick.enabled = false;
  pick.busy = true;
  pick.show();
  const chosen = new Promise<readonly Item[] | undefined>((resolve) => {
    pick.onDidAccept(() => resolve(pick.selectedItems));
    pick.onDidHide(() => resolve(undefined));
  });
  void chosen.then(() => searching.cancel());
  pick.items = itemsOf([...openConfigs(), ...(await configsOfWorkspace(searching.token))], own);
  pick.selectedItems = pick.items.filter(({ uri }) => compared.includes(uri));
  pick.placeholder =
    pick.items.length > 0
      ? t`Training configs, up to ${mostCompared} of them`
      : t`There is no other training config in this workspace`;
  pick.busy = false;
  pick.enabled = true;
  const items = await chosen;
  pick.dispose();
  return items?.map(({ uri }) => uri).slice(0, mostCompared);
}

/** One for each file but that at `own`. */
function itemsOf(configs: readonly FoundConfig[], own: string): readonly Item[] {
  const items = new Map(configs.map((config) => [config.uri.toString(), itemOf(config)]));
  items.delete(own);
  return [...items.values()];
}

/** The file's name, its folder and its framework. */
function itemOf({ uri, framework }: FoundConfig): Item {
  const path = workspace.asRelativePath(uri);
  const name = path.slice(path.lastIndexOf("/") + 1);
  const folder = path.slice(0, -name.length - 1);
  return {
    label: plainLabel(name),
    description: [...(folder === "" ? [] : [folder]), framework].join(" · "),
    uri: uri.toString(),
  };
}
