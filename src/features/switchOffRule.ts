import { ConfigurationTarget, commands, type Disposable, window, workspace } from "vscode";
import { t } from "../core/language.ts";
import { rules } from "../core/rules/index.ts";

export const switchOffRuleCommand = "fineTuneLens.switchOffRule";

const setting = "fineTuneLens.rules.severity";

/** Switches a rule off in the settings of the workspace, where there is one. */
export function registerSwitchOffRule(): Disposable {
  return commands.registerCommand(switchOffRuleCommand, async (id: unknown): Promise<void> => {
    const rule = rules.find((known) => known.id === id) ?? (await chooseRule());
    if (!rule) return;
    const { workspaceFolders } = workspace;
    const target = workspaceFolders ? ConfigurationTarget.Workspace : ConfigurationTarget.Global;
    const present = workspace.getConfiguration().inspect<object>(setting);
    const levels = workspaceFolders ? present?.workspaceValue : present?.globalValue;
    await workspace.getConfiguration().update(setting, { ...levels, [rule.id]: "off" }, target);
  });
}

async function chooseRule() {
  const items = rules.map((rule) => ({ label: rule.id, description: rule.title, rule }));
  const placeHolder = t`The rule that is to find nothing any more`;
  return (await window.showQuickPick(items, { title: t`Switch Off a Rule`, placeHolder, matchOnDescription: true }))
    ?.rule;
}
