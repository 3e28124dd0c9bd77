import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

interface Setting {
  readonly default: unknown;
  readonly order: number;
  readonly scope: string;
  readonly markdownDescription: string;
}

interface Manifest {
  readonly contributes: {
    readonly commands: readonly {
      readonly command: string;
      readonly title: string;
      readonly category: string;
      readonly icon?: string;
      readonly enablement?: string;
    }[];
    readonly menus: Readonly<Record<string, readonly { readonly command: string; readonly when?: string }[]>>;
    readonly configuration: readonly {
      readonly title: string;
      readonly order: number;
      readonly properties: Readonly<Record<string, Setting>>;
    }[];
    readonly walkthroughs: readonly { readonly steps: readonly { readonly description: string }[] }[];
  };
}

const text = readFileSync("package.json", "utf8");
const english: Readonly<Record<string, string>> = JSON.parse(readFileSync("package.nls.json", "utf8"));
const { contributes }: Manifest = JSON.parse(text);

/** The English of a text that the manifest names by its key. */
const said = (named: string) => english[named.slice(1, -1)] ?? "";

describe("the manifest", () => {
  it("says every text that it names, and no text is left that it does not", () => {
    const named = [...text.matchAll(/"%([^%"]+)%"/g)].map(([, key]) => key);
    assert.deepEqual([...new Set(named)].sort(), Object.keys(english).sort());
  });

  it("hides the commands of the palette that cannot run, and no other", () => {
    const hidden = (contributes.menus["commandPalette"] ?? []).map(({ command, when }) => [command, when]);
    const restricted = contributes.commands.filter(({ enablement }) => enablement !== undefined);
    assert.deepEqual(
      hidden,
      restricted.map(({ command, enablement }) => [command, enablement]),
    );
  });

  it("has its commands under its name, in the capitals of titles, with dots where a question follows", () => {
    for (const { title, category } of contributes.commands) {
      assert.equal(said(category), "Fine-Tune Lens");
      assert.match(said(title), /^[A-Z]\w*(?: (?:a|from|in|the|to|[A-Z]\w*))*…?$/);
    }
  });

  it("shows an icon for each command in the title of an editor", () => {
    const shown = (contributes.menus["editor/title"] ?? []).map(({ command }) => command);
    assert.deepEqual(
      contributes.commands.flatMap(({ command, icon }) => (icon === undefined ? [] : [command])),
      shown,
    );
  });

  it("groups its settings, each in its order and with a default that is right for its scope", () => {
    const groups = contributes.configuration.map(({ title, properties }) => [
      said(title),
      Object.entries(properties).map(([name, { scope }]) => `${name.replace("fineTuneLens.", "")}: ${scope}`),
    ]);
    assert.deepEqual(groups, [
      ["GPUs", ["gpu: machine-overridable", "gpuCount: machine-overridable", "customGpus: machine-overridable"]],
      ["Libraries and Models", ["versions: resource", "models.fetch: machine"]],
      [
        "In the Editor",
        [
          "codeLens.enabled: language-overridable",
          "inlayHints.enabled: language-overridable",
          "inlayHints.parameters: language-overridable",
          "inlayHints.memory: language-overridable",
          "inlayHints.effectiveBatch: language-overridable",
          "inlayHints.steps: language-overridable",
          "inlayHints.warmupSteps: language-overridable",
        ],
      ],
      ["Rules", ["rules.enabled: resource", "rules.severity: resource"]],
    ]);
    for (const [index, { order, properties }] of contributes.configuration.entries()) {
      assert.equal(order, index + 1);
      for (const [place, setting] of Object.values(properties).entries()) assert.equal(setting.order, place + 1);
    }
  });

  it("fetches nothing, and names no GPU, unless the user says so", () => {
    const settings = Object.assign({}, ...contributes.configuration.map(({ properties }) => properties));
    assert.equal(settings["fineTuneLens.models.fetch"].default, false);
    assert.equal(settings["fineTuneLens.gpu"].default, "");
  });

  it("links settings and commands that are there", () => {
    const settings = contributes.configuration.flatMap(({ properties }) => Object.keys(properties));
    const commands = contributes.commands.map(({ command }) => command);
    for (const [key, value] of Object.entries(english)) {
      for (const [, name = ""] of value.matchAll(/#(fineTuneLens[\w.]+)#/g)) assert.ok(settings.includes(name), key);
      for (const [, name = ""] of value.matchAll(/command:(fineTuneLens\w*\.\w+)/g))
        assert.ok(commands.includes(name), key);
    }
  });
});
