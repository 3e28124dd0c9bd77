import { readFileSync } from "node:fs";

/** Modules of what writes YAML, and of types of values that the failsafe schema, with which configs are read, does not have. */
const unusedModules =
  /[\\/]yaml[\\/]browser[\\/]dist[\\/](?:visit|parse[\\/](?:cst-visit|line-counter)|stringify[\\/]\w+|schema[\\/](?:core|json|yaml-1\.1)[\\/][\w-]+|schema[\\/]common[\\/]null)\.js$/;

const classes =
  /[\\/]yaml[\\/]browser[\\/]dist[\\/](?:doc[\\/](?:Document|directives)|nodes[\\/]\w+|schema[\\/]Schema)\.js$/;

/** What turns nodes into values or text, and changes them; reading needs nothing but what makes them. */
const unusedMethods =
  /^ {4}(?!constructor\b|setSchema\b|atDocument\b|add\(line|tagName\b)(?:static )?\w+\(.*\) \{\n(?: {8}.*\n|\n)*? {4}\}\n/gm;

/**
 * yaml without what goes beyond reading texts into nodes; whatever a release writes differently stays in.
 * @type {import("esbuild").Plugin}
 */
export const yamlReader = {
  name: "yaml-reader",
  setup({ onLoad }) {
    onLoad({ filter: unusedModules }, ({ path }) => {
      const names = /^export \{ (.*) \};$/m.exec(readFileSync(path, "utf8"))?.[1]?.split(", ") ?? [];
      return { contents: names.map((name) => `export const ${name} = undefined;`).join("\n") };
    });
    onLoad({ filter: classes }, ({ path }) => ({ contents: readFileSync(path, "utf8").replace(unusedMethods, "") }));
  },
};
