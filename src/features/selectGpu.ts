import {
  ConfigurationTarget,
  commands,
  type Disposable,
  type LogOutputChannel,
  ProgressLocation,
  type QuickPickItem,
  QuickPickItemKind,
  window,
  workspace,
} from "vscode";
import { platform } from "#platform";
import { gpus } from "../core/gpus/catalogue.ts";
import type { Gpu, Target } from "../core/gpus/gpu.ts";
import { type FoundGpus, gpusFromNvidiaSmi } from "../core/gpus/nvidiaSmi.ts";
import { t } from "../core/language.ts";
import { formatCount } from "../core/units.ts";
import type { NvidiaSmiAnswer } from "../platform/platform.ts";
import { selectGpuCommand } from "./commands.ts";
import { plainLabel } from "./labels.ts";
import { gpuCount, ownGpus, targetGpu } from "./runSettings.ts";

type Choice = QuickPickItem & { readonly choice?: "detect" | "none" | Gpu };

const title = t`Select Target GPU`;

/** The walkthrough takes the focus as soon as its step has begun. */
const ignoreFocusOut = true;

/** Lets the user choose the GPUs that the runs of this workspace are meant for, or look which ones the machine has. */
export function registerSelectGpu(log: LogOutputChannel): Disposable {
  return commands.registerCommand(selectGpuCommand, async (): Promise<void> => {
    const choice = await chooseGpu();
    if (choice === undefined) return;
    if (choice === "none") return save(undefined);
    const target = choice === "detect" ? await detect(log) : await withCount(choice);
    if (target) await save(target);
  });
}

async function chooseGpu(): Promise<Choice["choice"]> {
  const current = targetGpu(undefined);
  const items: Choice[] = [];
  if (platform.askNvidiaSmi && workspace.isTrusted) {
    items.push({ label: t`$(search) Detect GPUs of This Machine`, description: t`asks nvidia-smi`, choice: "detect" });
  }
  if (current) items.push({ label: t`$(circle-slash) No Target GPU`, choice: "none" });
  let group: string | undefined;
  for (const gpu of [...ownGpus(undefined), ...gpus]) {
    if (gpu.group !== group) items.push({ label: gpu.group, kind: QuickPickItemKind.Separator });
    group = gpu.group;
    items.push({ label: plainLabel(gpu.name), description: description(gpu, current), choice: gpu });
  }
  const placeHolder = t`The GPU that the runs of this workspace are meant for`;
  return (await window.showQuickPick(items, { title, placeHolder, matchOnDescription: true, ignoreFocusOut }))?.choice;
}

/** Memory, bandwidth, and whether it is the one that is chosen. */
function description({ id, memoryGiB, bandwidthGBs }: Gpu, current: Gpu | undefined): string {
  return [
    `${Math.round(memoryGiB * 10) / 10} GiB`,
    ...(bandwidthGBs === null ? [] : [`${formatCount(bandwidthGBs)} GB/s`]),
    ...(id === current?.id ? [t`$(check) current`] : []),
  ].join(" · ");
}

/** Undefined when the user has changed their mind. */
async function withCount(gpu: Gpu): Promise<Target | undefined> {
  const text = await window.showInputBox({
    title: t`Number of GPUs (${gpu.name})`,
    prompt: t`GPUs of a run, on all its nodes. Leave empty to let each config say.`,
    placeHolder: "8",
    ignoreFocusOut,
    value: gpuCount(undefined)?.toString() ?? "",
    validateInput: (value) => (countFrom(value) === null ? t`A whole number of GPUs, such as 8` : undefined),
  });
  const count = text === undefined ? null : countFrom(text);
  if (count === null) return undefined;
  return count === undefined ? { gpu } : { gpu, count };
}

/** Undefined for an empty text, null for one that is no count. */
function countFrom(text: string): number | undefined | null {
  if (text.trim() === "") return undefined;
  return /^\s*[1-9]\d{0,5}\s*$/.test(text) ? Number(text) : null;
}

/** The GPUs of this machine, of several kinds the one that the user picks; undefined, and said why, when there are none. */
async function detect(log: LogOutputChannel): Promise<Target | undefined> {
  const progress = { location: ProgressLocation.Window, title: t`Asking nvidia-smi for the GPUs of this machine` };
  const answer = await window.withProgress(progress, async () => platform.askNvidiaSmi?.());
  const found = answer?.kind === "lines" ? gpusFromNvidiaSmi(answer.text) : [];
  if (answer && found.length === 0) {
    log.warn(`nvidia-smi: ${JSON.stringify(answer)}`);
    void window.showWarningMessage(reason(answer));
  }
  if (found.length < 2) return found[0];
  const items = found.map((each) => ({ label: words(each), each }));
  return (await window.showQuickPick(items, { title, placeHolder: t`This machine has GPUs of several kinds` }))?.each;
}

function words({ gpu, count }: FoundGpus): string {
  return `${count}× ${gpu.name}`;
}

function reason(answer: NvidiaSmiAnswer): string {
  const otherwise = t`Choose a GPU from the list instead.`;
  switch (answer.kind) {
    case "absent":
      return t`There is no nvidia-smi on the PATH of this machine, which comes with NVIDIA's driver. ${otherwise}`;
    case "slow":
      return t`nvidia-smi did not answer within ${answer.seconds} seconds. ${otherwise}`;
    case "failed":
      return t`nvidia-smi failed: ${answer.message} ${otherwise}`;
    case "lines":
      return t`nvidia-smi knows of no GPU in this machine. ${otherwise}`;
  }
}

/** In the settings of the workspace, where there is one; a GPU that the catalogue lacks becomes one of the user's own. */
async function save(target: Target | undefined): Promise<void> {
  const settings = workspace.getConfiguration("fineTuneLens");
  const place = workspace.workspaceFolders ? ConfigurationTarget.Workspace : ConfigurationTarget.Global;
  const known = [...ownGpus(undefined), ...gpus];
  if (target && !known.some(({ id }) => id === target.gpu.id)) {
    const { name, memoryGiB } = target.gpu;
    await settings.update(
      "customGpus",
      [...settings.get<readonly unknown[]>("customGpus", []), { name, memoryGiB }],
      place,
    );
  }
  await settings.update("gpu", target?.gpu.id, place);
  await settings.update("gpuCount", target?.count, place);
}
