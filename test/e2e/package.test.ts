import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createVSIX } from "@vscode/vsce";
import { build } from "esbuild";
import { root } from "../../scripts/setup.mjs";
import { installExtension } from "../../scripts/vscodeHost.mjs";

describe("the packaged extension", () => {
  const folder = mkdtempSync(join(tmpdir(), "fine-tune-lens-"));
  const vsix = join(folder, "fine-tune-lens.vsix");
  const extensions = join(folder, "extensions");
  const files = () => {
    const [installed = ""] = readdirSync(extensions).filter((name) => name.startsWith("fine-tune-lens"));
    const base = join(extensions, installed);
    return readdirSync(base, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => ({
        name: join(entry.parentPath, entry.name)
          .slice(base.length + 1)
          .replaceAll("\\", "/"),
        path: join(entry.parentPath, entry.name),
      }));
  };

  before(async function () {
    this.timeout(180_000);
    await createVSIX({ cwd: root, dependencies: false, packagePath: vsix });
    installExtension(vsix, extensions);
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it("installs, with what is on the list of its files and nothing else", () => {
    assert.deepEqual(
      files()
        .map(({ name }) => name)
        .filter((name) => name !== ".vsixmanifest")
        .sort(),
      [
        "LICENSE.txt",
        "changelog.md",
        "dist/ThirdPartyNotices.txt",
        "dist/extension.js",
        "dist/facts.json",
        "dist/features.js",
        "dist/web/extension.js",
        "dist/webview.css",
        "dist/webview.js",
        "examples/axolotl/llama-2-7b-full.yml",
        "examples/axolotl/llama-3-8b-qlora.yml",
        "examples/gpt-neox/160M.yml",
        "examples/litgpt/llama-3.2-1b-lora.yaml",
        "examples/llama-factory/llama3_8b_full_sft.yaml",
        "examples/ms-swift/qwen2.5_7b_lora.yaml",
        "examples/torchtune/llama3_2_1b_lora.yaml",
        "examples/transformers/qwen2.5_0.5b_clm.json",
        "examples/trl/sft_llama2_7b_qlora.yaml",
        "examples/trl/sft_smollm2_360m.yaml",
        "l10n/bundle.l10n.zh-cn.json",
        "media/icon.png",
        "media/walkthrough/fix-dark.png",
        "media/walkthrough/fix-light.png",
        "media/walkthrough/gpu-dark.png",
        "media/walkthrough/gpu-light.png",
        "media/walkthrough/hover-dark.png",
        "media/walkthrough/hover-light.png",
        "media/walkthrough/open-dark.png",
        "media/walkthrough/open-light.png",
        "media/walkthrough/plot-dark.png",
        "media/walkthrough/plot-light.png",
        "package.json",
        "package.nls.json",
        "package.nls.zh-cn.json",
        "readme.md",
        "syntaxes/json.injection.tmLanguage.json",
        "syntaxes/settings.schema.json",
        "syntaxes/yaml.injection.tmLanguage.json",
      ],
    );
  });

  it("keeps within its size: 1.5 MB packaged, 500 KB of 1,024 bytes for each extension bundle", () => {
    assert.ok(statSync(vsix).size <= 1.5e6);
    for (const { name, path } of files()) {
      if (/(?:extension|features)\.js$/.test(name)) assert.ok(statSync(path).size <= 500 * 1024, name);
    }
  });

  it("carries the licences of the code in its bundles", async () => {
    const notices = readFileSync(files().find(({ name }) => name.endsWith("Notices.txt"))?.path ?? "", "utf8");
    const { metafile } = await build({
      entryPoints: ["src/extension.ts", "src/webview/main.ts", "src/cli.ts"],
      bundle: true,
      write: false,
      outdir: folder,
      metafile: true,
      platform: "node",
      mainFields: ["module", "main"],
      external: ["vscode"],
      absWorkingDir: root,
    });
    const packages = Object.keys(metafile.inputs).map((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]);
    const bundled = [...new Set(packages.filter((name) => name !== undefined))].sort();
    const sections = notices.split(/^-{80}$/m).map((section) => section.trim());
    assert.deepEqual(
      sections.map((section) => /^\S+(?= \d)/.exec(section)?.[0]),
      bundled,
    );
    for (const section of sections)
      assert.match(
        section,
        /Permission is hereby granted|Apache License|Permission to use, copy|Redistribution and use/,
      );
  });

  it("leaves the command line to a package of its own, which runs on Node alone", () => {
    const program = join(folder, "cli.js");
    cpSync(join(root, "dist", "cli.js"), program);
    const file = join(root, "examples", "axolotl", "llama-2-7b-full.yml");
    const output = execFileSync(process.execPath, [program, "estimate", "--format", "json", file], {
      cwd: folder,
      encoding: "utf8",
    });
    assert.equal(JSON.parse(output)[0].dialect, "axolotl");
  });
});
