import {
  commands,
  Disposable,
  type ExtensionContext,
  TabInputWebview,
  type TextDocument,
  window,
  workspace,
} from "vscode";

/** What `mayTrain` of the dialects looks for; the bundler puts it here. */
declare const TELLTALES: string;

const telltales = new RegExp(TELLTALES);

/**
 * All that runs when VS Code opens a YAML or JSON file, few of which are training configs. `load`, the rest of the extension, follows
 * once activation is over, and when there is something for it: a config, its panel from before, or a command. `context` is VS Code's.
 */
export function activateFirst({ extension, subscriptions }: ExtensionContext, load: () => Promise<void>): void {
  let loaded: Promise<void> | undefined;
  const loadOnce = () => {
    waiting.dispose();
    loaded ??= load();
    return loaded;
  };
  const look = (document: TextDocument) => {
    if (mayTrain(document)) void loadOnce();
  };
  const timer = setTimeout(() => {
    if (workspace.textDocuments.some(mayTrain) || hasPanel()) void loadOnce();
  });
  const contributed: readonly { readonly command: string }[] = extension.packageJSON.contributes.commands;
  const waiting = Disposable.from(
    new Disposable(() => clearTimeout(timer)),
    workspace.onDidOpenTextDocument(look),
    workspace.onDidChangeTextDocument(({ document }) => look(document)),
    ...contributed.map(({ command }) =>
      commands.registerCommand(command, async (...args: readonly unknown[]) => {
        await loadOnce();
        return commands.executeCommand(command, ...args);
      }),
    ),
  );
  subscriptions.push(waiting);
}

function mayTrain(document: TextDocument): boolean {
  return /^(?:yaml|jsonc?)$/.test(document.languageId) && telltales.test(document.getText());
}

/** Whether the window has come back with the panel, which VS Code keeps empty until its owner is there. */
function hasPanel(): boolean {
  const tabs = window.tabGroups.all.flatMap((group) => group.tabs);
  return tabs.some(({ input }) => input instanceof TabInputWebview && input.viewType.endsWith("fineTuneLens.panel"));
}
