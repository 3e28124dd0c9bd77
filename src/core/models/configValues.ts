/** The values of a config.json by their keys; nothing is taken on trust. */
export class ConfigValues {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #fallbacks: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>, fallbacks: Readonly<Record<string, unknown>> = {}) {
    this.#values = values;
    this.#fallbacks = fallbacks;
  }

  /** The first of `keys` that is a positive whole number. */
  count(...keys: readonly string[]): number | undefined {
    return keys.map((key) => this.#get(key)).find(isCount);
  }

  flag(key: string): boolean | undefined {
    const value = this.#get(key);
    return typeof value === "boolean" ? value : undefined;
  }

  text(key: string): string | undefined {
    const value = this.#get(key);
    return typeof value === "string" ? value : undefined;
  }

  has(key: string): boolean {
    return this.#get(key) !== undefined && this.#get(key) !== null;
  }

  /** The texts of a list; none where there is no list. */
  texts(key: string): readonly string[] {
    const value = this.#get(key);
    return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
  }

  /** The values in an object in this one. */
  inside(key: string): ConfigValues | undefined {
    const value = this.#get(key);
    return isObject(value) ? new ConfigValues(value) : undefined;
  }

  withFallbacks(fallbacks: Readonly<Record<string, unknown>>): ConfigValues {
    return new ConfigValues(this.#values, fallbacks);
  }

  #get(key: string): unknown {
    return Object.hasOwn(this.#values, key) ? this.#values[key] : this.#fallbacks[key];
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0;
}
