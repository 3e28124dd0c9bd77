import {
  type CancellationToken,
  commands,
  Disposable,
  type LogOutputChannel,
  ProgressLocation,
  type TextDocument,
  window,
  workspace,
} from "vscode";
import { platform } from "#platform";
import type { Analysis } from "../core/analyze.ts";
import { t } from "../core/language.ts";
import { foundArchitecture } from "../core/models/foundArchitecture.ts";
import { configAddress, isHubId } from "../core/models/hub.ts";
import type { Analyses } from "./analyses.ts";
import { configMeant, fetchModelCommand } from "./commands.ts";
import { plainLabel } from "./labels.ts";
import type { ModelConfigs } from "./modelConfigs.ts";
import type { Panel } from "./panel.ts";

/** A config.json has a few kilobytes; whatever is larger is something else. */
const mostCharacters = 5_000_000;

/** Why a model could not be fetched, in words for the user. */
class FetchError extends Error {}

/**
 * Fetches the config.json of a model from the Hub: on the command, and, where the user has switched it on, for unknown models
 * of configs that are opened or saved. Nothing else in the extension uses the network.
 */
export function registerFetchModel(
  analyses: Analyses,
  panel: Panel,
  configs: ModelConfigs,
  log: LogOutputChannel,
): Disposable {
  const tried = new Set<string>();
  const fetchUnknown = async (document: TextDocument) => {
    if (!workspace.getConfiguration("fineTuneLens").get("models.fetch")) return;
    const analysis = analyses.of(document);
    const id = analysis ? fetchableModel(analysis) : undefined;
    if (id === undefined || tried.has(id)) return;
    tried.add(id);
    try {
      await fetchWithProgress(id, configs, ProgressLocation.Window);
      log.info(`${id}: config.json asked for at ${hostOf(id)}, because the setting says so`);
    } catch (error) {
      log.warn(t`${id} was not fetched: ${wordsOf(error)}`);
    }
  };
  return Disposable.from(
    commands.registerCommand(fetchModelCommand, async (address: unknown) => {
      const document = configMeant(analyses, panel, address);
      const id = document && analyses.of(document)?.plan.model.id.value;
      if (id === undefined) {
        void window.showInformationMessage(t`Open a training config to fetch its model's facts.`);
        return;
      }
      try {
        if (!isHubId(id)) throw new FetchError(t`${id} is not the id of a model on the Hub.`);
        await fetchWithProgress(id, configs, ProgressLocation.Notification);
        log.info(`${id}: config.json asked for at ${hostOf(id)}`);
      } catch (error) {
        log.error(`${id} was not fetched`, error);
        void window.showErrorMessage(plainLabel(wordsOf(error)));
      }
    }),
    workspace.onDidOpenTextDocument(fetchUnknown),
    workspace.onDidSaveTextDocument(fetchUnknown),
  );
}

/** The model of a config of which at most the size is known and that may be on the Hub. */
export function fetchableModel({ model, plan }: Analysis): string | undefined {
  const id = plan.model.id.value;
  return model.value?.kind !== "architecture" && id !== undefined && isHubId(id) ? id : undefined;
}

async function fetchWithProgress(id: string, configs: ModelConfigs, location: ProgressLocation): Promise<void> {
  const title = t`Fetching config.json of ${id}`;
  await window.withProgress({ location, title, cancellable: true }, async (_, token) => {
    const text = await download(id, token);
    if (text === undefined) return;
    if (!foundArchitecture(text, id, "hub"))
      throw new FetchError(t`The config.json of ${id} describes no language model.`);
    await configs.keep(id, text);
  });
}

/** The text of the config.json; undefined when the user has cancelled. */
async function download(id: string, token: CancellationToken): Promise<string | undefined> {
  const abort = new AbortController();
  token.onCancellationRequested(() => abort.abort());
  const address = configAddress(id, platform.environment);
  const secret = platform.environment["HF_TOKEN"];
  const headers: Record<string, string> = secret ? { Authorization: `Bearer ${secret}` } : {};
  try {
    const response = await fetch(address, { headers, signal: abort.signal });
    if (!response.ok) throw new FetchError(refusal(id, response.status));
    const text = await response.text();
    if (text.length > mostCharacters) throw new FetchError(t`The config.json of ${id} is too large to be one.`);
    return text;
  } catch (error) {
    if (token.isCancellationRequested) return undefined;
    if (error instanceof FetchError) throw error;
    throw new FetchError(t`${hostOf(id)} could not be reached: ${wordsOf(error)}`);
  }
}

/** The host alone: an endpoint may have credentials in it. */
function hostOf(id: string): string {
  return new URL(configAddress(id, platform.environment)).host;
}

function refusal(id: string, status: number): string {
  if (status === 401 || status === 403) {
    return t`${id} is private, gated or not there: accept its licence on the Hub and set HF_TOKEN where VS Code starts.`;
  }
  return status === 404
    ? t`The Hub has no config.json for ${id}.`
    : t`The Hub answered with status ${status} for ${id}.`;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
