import { readFileSync } from "node:fs";

/**
 * The parser of YAML without what writes YAML, and without the types of values that the failsafe schema, with which configs are
 * read, does not have.
 * @type {import("esbuild").Plugin}
 */
export const withoutYamlWriter = {
  name: "without-yaml-writer",
  setup({ onLoad }) {
    const unused =
      /[\\/]yaml[\\/]browser[\\/]dist[\\/](?:stringify|schema[\\/]core|schema[\\/]json|schema[\\/]yaml-1\.1)[\\/]\w+\.js$/;
    onLoad({ filter: unused }, ({ path }) => {
      if (path.endsWith("merge.js")) return undefined;
      const names = /^export \{ (.*) \};$/m.exec(readFileSync(path, "utf8"))?.[1]?.split(", ") ?? [];
      return { contents: names.map((name) => `export const ${name} = undefined;`).join("\n") };
    });
  },
};
