import assert from "node:assert/strict";
import { type SpawnSyncOptions, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Log } from "sarif";
import { applyEdits } from "../unit/edits.ts";
import { buildProgram } from "./program.ts";

const folder = mkdtempSync(join(tmpdir(), "fine-tune-lens-"));
const program = join(folder, "cli.js");

function cli(...args: readonly string[]) {
  return cliWith({}, ...args);
}

/** With something on standard input, in another folder, or in another environment. */
function cliWith(options: Pick<SpawnSyncOptions, "input" | "cwd" | "env">, ...args: readonly string[]) {
  const run = spawnSync(process.execPath, [program, ...args], { ...options, encoding: "utf8" });
  return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}

const hot = "examples/llama-factory/llama3_8b_full_sft.yaml";
const calm = "examples/axolotl/llama-2-7b-full.yml";
const known = "examples/trl/sft_smollm2_360m.yaml";

describe("the command line", () => {
  before(() => buildProgram(program));

  after(() => rmSync(folder, { recursive: true }));

  it("estimates as JSON: an array with an object per file, in their order", () => {
    const { status, stdout } = cli("estimate", hot, calm, "--format", "json", "--gpu", "A100 80GB", "--gpus", "8");
    assert.equal(status, 0);
    const reports = JSON.parse(stdout);
    assert.deepEqual(
      reports.map(({ file, plan, fit }: { file: string; plan: { gpus: number }; fit: { gpu: string }[] }) => [
        file,
        plan.gpus,
        fit.map(({ gpu }) => gpu),
      ]),
      [
        [hot, 8, ["a100-80gb"]],
        [calm, 8, ["a100-80gb"]],
      ],
    );
  });

  it("estimates as text: verdict, components, rule of thumb, fit", () => {
    const { status, stdout } = cli("estimate", calm);
    assert.equal(status, 0);
    assert.match(stdout, /axolotl · meta-llama\/Llama-2-7b-hf \(6\.74B\) · Full fine-tuning · \d+\.\d GiB per GPU/);
    assert.match(stdout, /Optimizer +25\.1 GiB/);
    assert.match(stdout, /rule of thumb: 112\.0 GB and 3\.2 GB of activations, 115\.2 GB on one GPU/);
    assert.match(stdout, /A100 80GB +fits/);
  });

  it("makes a run fit: proposals with their figures, as text and as JSON, and 0 as exit status", () => {
    const { status, stdout } = cli("fit", calm, "--gpu", "rtx-4090");
    assert.equal(status, 0);
    assert.match(stdout, /of 23\.6 GiB on RTX 4090 · does not fit\n {2}1\. /);
    assert.match(stdout, /\+ adapter: q?lora\n/);
    const { stdout: json } = cli("fit", calm, "--gpu", "rtx-4090", "--format", "json");
    const [report] = JSON.parse(json);
    assert.deepEqual([report.file, report.dialect, report.gpu, report.verdict], [calm, "axolotl", "rtx-4090", "no"]);
    for (const { title, memory, verdict, cost, changes, edits } of report.proposals) {
      assert.equal(verdict, "fits", title);
      assert.ok(memory.lowBytes < memory.deviceBytes && memory.deviceBytes < memory.highBytes);
      assert.ok(cost.length > 0 && Array.isArray(changes) && edits.length > 0);
    }
  }).timeout(20_000);

  it("writes the first proposal into the file, byte order mark and line breaks kept, and what it promised comes true", () => {
    const file = join(folder, "windows.yaml");
    const text = `\uFEFF# Größe 🦙\n${readFileSync(calm, "utf8")}`.replaceAll("\n", "\r\n");
    writeFileSync(file, text);
    const { status, stdout } = cli("fit", file, "--gpu", "rtx-4090", "--format", "json", "--write");
    assert.equal(status, 0);
    const [{ proposals }] = JSON.parse(stdout);
    assert.equal(readFileSync(file, "utf8"), applyEdits(text, proposals[0].edits));
    assert.ok(readFileSync(file, "utf8").startsWith("\uFEFF# Größe 🦙\r\n"));
    assert.doesNotMatch(readFileSync(file, "utf8"), /[^\r]\n/);
    const [{ memory, fit }] = JSON.parse(cli("estimate", file, "--gpu", "rtx-4090", "--format", "json").stdout);
    assert.equal(memory.deviceBytes, proposals[0].memory.deviceBytes);
    assert.equal(fit[0].verdict, "fits");
    writeFileSync(file, text);
    assert.ok(
      cli("fit", file, "--gpu", "rtx-4090", "--write").stdout.endsWith(`${file}: changed as the first proposal says\n`),
    );
    const again = cli("fit", file, "--gpu", "rtx-4090", "--write");
    assert.deepEqual([again.status, JSON.parse(stdout)[0].largestMicroBatch], [0, null]);
    assert.match(
      again.stdout,
      /· fits\n {2}with nothing else changed: largest micro batch \d+, longest sequence [\d,]+ tokens\n$/,
    );
  }).timeout(20_000);

  it("says with 1 that nothing makes a run fit, with the least that there is, and with 2 that it needs a GPU", () => {
    const large = join(folder, "large.yaml");
    writeFileSync(large, readFileSync(calm, "utf8").replace("meta-llama/Llama-2-7b-hf", "meta-llama/Llama-2-70b-hf"));
    const { status, stdout } = cli("fit", large, "--gpu", "rtx-3060-12gb");
    assert.equal(status, 1);
    assert.match(stdout, /Nothing fits\. The least is QLoRA of rank 16.*\n.*does not fit/);
    assert.match(stdout, /\d+× RTX 3060 12GB hold it with all states sharded\./);
    assert.deepEqual([cli("fit", calm).status, cli("fit", "--gpu", "t4").status], [2, 2]);
  }).timeout(20_000);

  it("says first how a run fits on the GPU that it is meant for, and finds what that GPU cannot do", () => {
    const { stdout } = cli("estimate", calm, "--gpu", "T4");
    assert.match(stdout, /· [\d.]+ of 14\.6 GiB on Tesla T4 · does not fit, needs \d+× Tesla T4/);
    const rules = (...args: readonly string[]) =>
      JSON.parse(cli("check", hot, "--format", "json", ...args).stdout)[0].findings.map(
        ({ rule }: { rule: string }) => rule,
      );
    assert.deepEqual(rules("--gpu", "T4"), [
      "lr/too-high",
      "memory/does-not-fit",
      "memory/needs-adapters",
      "gpu/no-bf16",
    ]);
    assert.deepEqual(rules(), ["lr/too-high"]);
  });

  it("checks like a compiler: place, severity, message, rule", () => {
    const { status, stdout } = cli("check", hot);
    assert.equal(status, 0);
    assert.match(
      stdout,
      /^examples\/llama-factory\/llama3_8b_full_sft\.yaml:22:16: warning: 2e-4 is 10 times .* \[lr\/too-high\]$/m,
    );
  });

  it("walks directories, says nothing about other files, and fails above --max-warnings", () => {
    const runs = join(folder, "workspace", "runs");
    mkdirSync(join(runs, "node_modules"), { recursive: true });
    const text = "base_model: meta-llama/Llama-2-7b-hf\nmicro_batch_size: 1\nlearning_rate: 3e-4\n";
    for (const name of ["a.yml", "b.yaml", "notes.txt", join("node_modules", "c.yml")]) {
      writeFileSync(join(runs, name), text);
    }
    writeFileSync(join(folder, "workspace", "workflow.yml"), "on: push\njobs: {}\n");
    const { status, stdout } = cli("check", join(folder, "workspace"), "--max-warnings", "1");
    assert.equal(status, 1);
    const files = stdout.trim().split("\n");
    assert.equal(files.pop(), "0 errors and 2 warnings in 2 training configs");
    assert.equal(files.length, 2);
    assert.ok(files[0]?.startsWith(`${join(runs, "a.yml")}:3:16: warning: `));
    assert.ok(files[1]?.startsWith(`${join(runs, "b.yaml")}:3:16: warning: `));
    assert.equal(cli("check", join(folder, "workspace"), "--max-warnings", "2").status, 0);
  });

  it("prints every update of a schedule as CSV and JSON", () => {
    const csv = cli("schedule", known, "--steps", "400", "--format", "csv").stdout.trim().split("\n");
    assert.equal(csv.length, 401);
    assert.equal(csv[0], "step,learning_rate");
    assert.equal(csv[1], "0,0");
    assert.equal(csv[101], `100,${3e-4 * (100 / 200)}`);
    const [{ schedule }] = JSON.parse(cli("schedule", known, "--steps", "400", "--format", "json").stdout);
    assert.equal(schedule.samples.length, 400);
    assert.deepEqual(schedule.samples[399], [399, 3e-4 * (1 / 200)]);
  });

  it("takes the releases of the libraries into account", () => {
    const optimizer = (versions: string) =>
      JSON.parse(cli("estimate", known, "--format", "json", "--versions", versions).stdout)[0].plan.optimizer;
    assert.equal(optimizer("torch=2.4.1"), "adamw_torch");
    assert.equal(optimizer("torch=2.8.0"), "adamw_torch_fused");
  });

  it("reads the releases that are pinned beside the config or in its repository, unless they are told", () => {
    const repository = join(folder, "pinned");
    mkdirSync(join(repository, ".git"), { recursive: true });
    mkdirSync(join(repository, "runs"));
    const config = join(repository, "runs", "sft.yaml");
    writeFileSync(config, readFileSync(known, "utf8"));
    const optimizer = (...args: readonly string[]) =>
      JSON.parse(cli("estimate", config, "--format", "json", ...args).stdout)[0].plan.optimizer;
    assert.equal(optimizer(), "adamw_torch_fused");
    writeFileSync(join(repository, "requirements.txt"), "torch==2.4.1\n");
    assert.equal(optimizer(), "adamw_torch");
    assert.equal(optimizer("--versions", "torch=2.8.0"), "adamw_torch_fused");
    writeFileSync(join(repository, "runs", "pyproject.toml"), 'dependencies = ["torch==2.9.0"]\n');
    assert.equal(optimizer(), "adamw_torch_fused");
  });

  it("reads standard input, by its look or by the name that it is given", () => {
    const yaml = readFileSync(calm, "utf8");
    const files = (input: string, ...args: readonly string[]) =>
      JSON.parse(cliWith({ input }, "estimate", "-", "--format", "json", ...args).stdout).map(
        ({ file, dialect }: { file: string; dialect: string }) => [file, dialect],
      );
    assert.deepEqual(files(yaml), [["stdin.yaml", "axolotl"]]);
    assert.deepEqual(files(readFileSync("examples/transformers/qwen2.5_0.5b_clm.json", "utf8")), [
      ["stdin.json", "hf-trl"],
    ]);
    assert.deepEqual(files(yaml, "--stdin-name", "runs/new.yml"), [["runs/new.yml", "axolotl"]]);
  });

  it("takes globs that the shell has left alone", () => {
    const { stdout } = cli("estimate", "examples/{trl,axolotl}/*.y*ml", "--format", "json");
    assert.deepEqual(
      JSON.parse(stdout).map(({ file }: { file: string }) => file),
      [
        "examples/axolotl/llama-2-7b-full.yml",
        "examples/axolotl/llama-3-8b-qlora.yml",
        "examples/trl/sft_llama2_7b_qlora.yaml",
        "examples/trl/sft_smollm2_360m.yaml",
      ],
    );
  });

  it("colours what a terminal shows, and only that", () => {
    assert.ok(cli("check", hot, "--color", "always").stdout.includes("\u001b[33mwarning\u001b[39m"));
    assert.ok(!cli("check", hot).stdout.includes("\u001b"));
    const env = { ...process.env, FORCE_COLOR: "1" };
    assert.ok(cliWith({ env }, "check", hot).stdout.includes("\u001b[33m"));
    assert.ok(!cliWith({ env }, "check", hot, "--color", "never").stdout.includes("\u001b"));
    assert.ok(!cliWith({ env: { ...env, NO_COLOR: "1", FORCE_COLOR: "" } }, "check", hot).stdout.includes("\u001b"));
  });

  it("lets no control character of a file reach the terminal", () => {
    const file = join(folder, "rude.yaml");
    writeFileSync(file, readFileSync(calm, "utf8").replace("meta-llama/Llama-2-7b-hf", '"x\\u001b]0;pwned\\u0007"'));
    const { stdout } = cli("estimate", file);
    assert.ok(stdout.includes("x�]0;pwned�"));
    assert.ok(!stdout.includes("\u001b"));
  });

  it("prints SARIF: a run with all rules, and for each finding its rule, level, place and fixes, counted from one", () => {
    const { status, stdout } = cli("check", hot, calm, "--format", "sarif");
    assert.equal(status, 0);
    const { version, runs } = JSON.parse(stdout) as Log;
    const [run, ...others] = runs;
    assert.ok(run);
    assert.deepEqual([version, others], ["2.1.0", []]);
    const { rules = [], semanticVersion = "" } = run.tool.driver;
    assert.match(semanticVersion, /^\d+\.\d+\.\d+$/);
    const [result, ...more] = (run.results ?? []).filter(({ level }) => level !== "note");
    assert.deepEqual(more, []);
    assert.equal(rules[result?.ruleIndex ?? -1]?.id, "lr/too-high");
    assert.equal(rules[result?.ruleIndex ?? -1]?.defaultConfiguration?.level, "warning");
    assert.deepEqual([result?.ruleId, result?.level], ["lr/too-high", "warning"]);
    assert.equal(rules[result?.ruleIndex ?? -1]?.name, "LrTooHigh");
    assert.deepEqual(result?.locations?.[0]?.physicalLocation, {
      artifactLocation: { uri: hot, uriBaseId: "ROOT" },
      region: { startLine: 22, startColumn: 16, endLine: 22, endColumn: 22 },
    });
    const [change] = result?.fixes?.[0]?.artifactChanges ?? [];
    assert.deepEqual(change?.replacements[0]?.insertedContent, { text: "2.0e-5" });
  });

  it("names files in SARIF as addresses relative to where it runs, and those elsewhere by whole addresses", () => {
    const runs = join(folder, "my runs");
    const elsewhere = join(folder, "elsewhere");
    for (const path of [runs, elsewhere]) mkdirSync(path, { recursive: true });
    writeFileSync(join(runs, "größe.yaml"), readFileSync(hot, "utf8"));
    const addressFrom = (cwd: string, path: string) => {
      const { stdout } = cliWith({ cwd }, "check", path, "--format", "sarif");
      return (JSON.parse(stdout) as Log).runs[0]?.results?.[0]?.locations?.[0]?.physicalLocation?.artifactLocation;
    };
    assert.deepEqual(addressFrom(folder, "my runs"), { uri: "my%20runs/gr%C3%B6%C3%9Fe.yaml", uriBaseId: "ROOT" });
    const whole = { uri: pathToFileURL(join(runs, "größe.yaml")).href };
    assert.deepEqual(addressFrom(elsewhere, join("..", "my runs", "größe.yaml")), whole);
  });

  describe("with settings", () => {
    const project = join(folder, "project");
    const runs = join(project, "runs");
    const config = join(runs, "sft.yaml");
    const settings = join(project, "fine-tune-lens.json");
    const rules = () => {
      const [{ findings }] = JSON.parse(cli("check", config, "--format", "json").stdout);
      return findings.map(({ rule, severity }: { rule: string; severity: string }) => `${severity} ${rule}`);
    };

    before(() => {
      mkdirSync(join(project, ".vscode"), { recursive: true });
      mkdirSync(runs);
      writeFileSync(config, readFileSync(hot, "utf8"));
    });

    it("takes the severities and the GPU of fine-tune-lens.json above the config, comments and all", () => {
      writeFileSync(
        settings,
        '{\n  // ours\n  "gpu": "t4",\n  "rules": { "severity": { "lr/too-high": "hint" } },\n}\n',
      );
      assert.deepEqual(rules(), [
        "hint lr/too-high",
        "warning memory/does-not-fit",
        "information memory/needs-adapters",
        "warning gpu/no-bf16",
      ]);
      assert.match(cli("fit", config).stdout, / on Tesla T4 · does not fit\n {2}1\. /);
    });

    it("lets options go before them", () => {
      writeFileSync(settings, '{ "gpu": "t4", "gpuCount": 4 }');
      const [{ plan, fit }] = JSON.parse(
        cli("estimate", config, "--format", "json", "--gpu", "h200", "--gpus", "2").stdout,
      );
      assert.deepEqual([plan.gpus, fit.length, fit[0].gpu], [2, 1, "h200"]);
      const [{ plan: own }] = JSON.parse(cli("estimate", config, "--format", "json").stdout);
      assert.equal(own.gpus, 4);
    });

    it("takes VS Code's settings of the workspace where there is no file of their own", () => {
      rmSync(settings);
      writeFileSync(join(project, ".vscode", "settings.json"), '{ "fineTuneLens.rules.enabled": false }');
      assert.deepEqual(rules(), []);
    });

    it("ends with status 2 and a sentence where they cannot be read", () => {
      writeFileSync(settings, "{ gpu: ");
      assert.match(cli("check", config).stderr, /fine-tune-lens\.json is not JSON/);
      writeFileSync(settings, '{ "gpu": "abacus" }');
      assert.match(cli("check", config).stderr, /there is no GPU "abacus"/);
      assert.equal(cli("check", config).status, 2);
    });
  });

  for (const [title, args, message] of [
    ["an unknown command", ["guess", calm], /there is no command "guess"/],
    ["a missing file", ["estimate", "no-such-file.yaml"], /no-such-file\.yaml cannot be read/],
    ["no file", ["estimate"], /estimate needs a path/],
    ["a glob that matches nothing", ["check", "examples/*.toml"], /no file matches examples/],
    ["colours that are none", ["check", calm, "--color", "blue"], /--color is auto, always or never/],
    ["an unknown GPU", ["estimate", calm, "--gpu", "abacus"], /there is no GPU "abacus"/],
    ["an unknown option", ["estimate", calm, "--colour"], /--colour/],
    ["a number that is none", ["schedule", calm, "--steps", "many"], /--steps takes a whole number/],
    ["an unknown format", ["estimate", calm, "--format", "xml"], /no format "xml"/],
  ] as const) {
    it(`ends with status 2 and a sentence for ${title}`, () => {
      const { status, stdout, stderr } = cli(...args);
      assert.equal(status, 2);
      assert.equal(stdout, "");
      assert.match(stderr, message);
      assert.equal(stderr.trim().split("\n").length, 1);
    });
  }

  it("teaches with --help", () => {
    const { status, stdout } = cli("--help");
    assert.equal(status, 0);
    for (const word of ["estimate", "check", "schedule", "--samples", "--versions", "Exit status"]) {
      assert.ok(stdout.includes(word), word);
    }
  });
});
