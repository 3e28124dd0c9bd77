import { type Disposable, EventEmitter, Uri, workspace } from "vscode";
import type { AnalyzeOptions } from "../core/analyze.ts";
import { findGpu } from "../core/gpus/catalogue.ts";
import { customGpus } from "../core/gpus/customGpus.ts";
import type { Gpu } from "../core/gpus/gpu.ts";
import type { Versions } from "../core/plan/versions.ts";
import { type RuleSettings, ruleSettingsFrom } from "../core/rules/check.ts";

const section = "fineTuneLens";

/** The address under which an analysis uses the settings. */
export const settingsAddress = Uri.from({ scheme: "fine-tune-lens", path: "/settings" });

/** What the settings say of a config: the GPUs that its runs are meant for, the releases of the libraries, which rules are wanted. */
export class RunSettings implements Disposable {
  readonly #changed = new EventEmitter<Uri>();
  readonly #subscription: Disposable;

  /** One of the settings has changed; under `settingsAddress`. */
  readonly onDidChange = this.#changed.event;

  constructor() {
    const names = ["gpu", "gpuCount", "customGpus", "versions", "rules"];
    this.#subscription = workspace.onDidChangeConfiguration((event) => {
      if (names.some((name) => event.affectsConfiguration(`${section}.${name}`))) this.#changed.fire(settingsAddress);
    });
  }

  /** For the config at `uri`. A GPU that nobody knows is no target. */
  of(uri: Uri): Pick<AnalyzeOptions, "target" | "gpus" | "rules"> {
    return { rules: ruleSettings(uri), ...gpusOf(uri) };
  }

  /** The releases that the settings name for the config at `uri`. */
  versions(uri: Uri): Versions {
    const value: unknown = workspace.getConfiguration(section, uri).get("versions");
    if (typeof value !== "object" || value === null) return {};
    return Object.fromEntries(Object.entries(value).filter((pair) => typeof pair[1] === "string" && pair[1] !== ""));
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }
}

/** The name that the setting has for the target GPU; empty for none. */
export function gpuSetting(uri: Uri | undefined): string {
  const name: unknown = workspace.getConfiguration(section, uri).get("gpu");
  return typeof name === "string" ? name.trim() : "";
}

/** The GPUs that the user describes. */
export function ownGpus(uri: Uri | undefined): readonly Gpu[] {
  return customGpus(workspace.getConfiguration(section, uri).get("customGpus"));
}

/** The GPU that the setting names; undefined where it names none, or one that nobody knows. */
export function targetGpu(uri: Uri | undefined): Gpu | undefined {
  const name = gpuSetting(uri);
  return name === "" ? undefined : findGpu(name, ownGpus(uri));
}

/** The GPUs of a run as the setting says; undefined where it leaves that to the config. */
export function gpuCount(uri: Uri | undefined): number | undefined {
  const count: unknown = workspace.getConfiguration(section, uri).get("gpuCount");
  return typeof count === "number" && Number.isSafeInteger(count) && count > 0 ? count : undefined;
}

function gpusOf(uri: Uri): Pick<AnalyzeOptions, "target" | "gpus"> {
  const gpu = targetGpu(uri);
  const count = gpuCount(uri);
  if (!gpu) return count === undefined ? {} : { gpus: count };
  return { target: count === undefined ? { gpu } : { gpu, count } };
}

function ruleSettings(uri: Uri): RuleSettings {
  const settings = workspace.getConfiguration(section, uri);
  return ruleSettingsFrom(settings.get("rules.enabled"), settings.get("rules.severity"));
}
