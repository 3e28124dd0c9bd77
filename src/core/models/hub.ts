/** Environment variables, such as `HF_HOME`. */
export type Environment = Readonly<Partial<Record<string, string>>>;

/** Whether `id` can be a model of the Hub: one organisation, one name, in the Hub's letters. */
export function isHubId(id: string): boolean {
  return /^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(id) && !id.includes("..");
}

/**
 * The folder in which huggingface_hub keeps what it has downloaded. Source: huggingface_hub/constants.py. Undefined where
 * there is no home folder.
 */
export function cacheFolder(environment: Environment, home: string | undefined): string | undefined {
  const { HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME, XDG_CACHE_HOME } = environment;
  const own = HF_HUB_CACHE || HUGGINGFACE_HUB_CACHE;
  if (own) return expanded(own, home);
  if (HF_HOME) return expanded(`${HF_HOME}/hub`, home);
  if (XDG_CACHE_HOME) return expanded(`${XDG_CACHE_HOME}/huggingface/hub`, home);
  return home && `${home}/.cache/huggingface/hub`;
}

/** The file in the cache that names the revision of `id` that is there. */
export function revisionFile(cache: string, id: string): string {
  return `${repositoryFolder(cache, id)}/refs/main`;
}

/** The config.json of a revision of `id` in the cache; undefined for a text that is no revision. */
export function cachedConfig(cache: string, id: string, revision: string): string | undefined {
  const name = revision.trim();
  return /^[\w-]+$/.test(name) ? `${repositoryFolder(cache, id)}/snapshots/${name}/config.json` : undefined;
}

/** Where the Hub, or the mirror that `HF_ENDPOINT` names, has the config.json of a model. */
export function configAddress(id: string, environment: Environment): string {
  const endpoint = (environment["HF_ENDPOINT"] || "https://huggingface.co").replace(/\/+$/, "");
  return `${endpoint}/${id}/resolve/main/config.json`;
}

function repositoryFolder(cache: string, id: string): string {
  return `${cache}/models--${id.replaceAll("/", "--")}`;
}

function expanded(path: string, home: string | undefined): string | undefined {
  if (!path.startsWith("~")) return path;
  return home && path.replace(/^~/, home);
}
