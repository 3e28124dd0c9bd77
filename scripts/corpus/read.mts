// Reads a corpus of configs: `<folder>/training/<framework>/…`, `<folder>/foreign/…` and `<folder>/other/…`, or a folder of
// frameworks alone. Prints what was understood and what was found, per framework; `--list` names every file that is not as it
// should be, with the reason. Exit status 1 when an analysis throws, a foreign file is recognised, an error is found in what its
// authors shipped, warnings in more than 5 % of it, or a fix that changes more than it says.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type Analysis, analyze } from "../../src/core/analyze.ts";
import type { ConfigNode, TextFormat } from "../../src/core/text/document.ts";
import { parse } from "../../src/core/text/parse.ts";
import { linkedFilesOnDisk } from "../../src/platform/disk.ts";
import { catalogue } from "../../test/unit/builtIn.ts";
import { Findings } from "./findings.mts";

/** What a corpus folder holds, by the id of its own dialect; others are counted as files of neighbouring tools. */
const ownDialects: Readonly<Record<string, readonly string[]>> = {
  accelerate: ["accelerate", "deepspeed"],
  "alignment-handbook": ["hf-trl", "accelerate"],
  apollo: ["llamafactory"],
  autotrain: ["autotrain"],
  axolotl: ["axolotl", "deepspeed"],
  deepspeed: ["deepspeed"],
  "deepspeed-examples": ["deepspeed", "accelerate"],
  "fms-hf-tuning": ["hf-trl", "accelerate", "peft-adapter", "generic"],
  glm: ["glm-demo", "deepspeed"],
  "gpt-neox": ["gpt-neox"],
  instructlab: ["generic"],
  litgpt: ["litgpt"],
  llamafactory: ["llamafactory", "llamafactory-v1", "accelerate", "deepspeed"],
  "llm-foundry": ["llm-foundry"],
  lmflow: ["accelerate", "deepspeed", "hf-trl"],
  lomo: ["deepspeed", "hf-trl", "peft-adapter"],
  ludwig: ["ludwig"],
  minicpm: ["deepspeed", "llamafactory", "accelerate"],
  "mistral-finetune": ["mistral-finetune"],
  "mlx-lm": ["mlx-lm"],
  "ms-swift": ["ms-swift", "accelerate", "deepspeed", "fsdp-json"],
  nanotron: ["nanotron"],
  nemo: ["nemo"],
  "nemo-automodel": ["nemo-automodel"],
  "nemo-rl": ["nemo-rl"],
  olmo: ["olmo"],
  "open-instruct": ["open-instruct", "accelerate"],
  "open-r1": ["hf-trl", "accelerate"],
  oumi: ["oumi", "accelerate", "peft-adapter"],
  peft: ["peft-adapter", "peft-bench", "accelerate"],
  qwen: ["deepspeed", "llamafactory"],
  torchtune: ["torchtune"],
  trl: ["accelerate", "hf-trl"],
  unsloth: ["unsloth-studio"],
  verl: ["verl", "fsdp-json"],
  xtuner: ["deepspeed"],
};

interface Row {
  framework: string;
  files: number;
  own: number;
  other: number;
  excepted: number;
  missed: number;
  rateSet: number;
  rateRead: number;
  batchSet: number;
  batchRead: number;
  modelNamed: number;
  modelResolved: number;
  memory: number;
  exceptions: number;
}

/** Keys that set the peak learning rate, the micro batch, the model, in one framework or another. */
const rateKeys = /^(?:learning_rate|lr|peak_lr)$/;
const batchKeys =
  /^(?:micro_batch_size|per_device_train_batch_size|train_micro_batch_size_per_gpu|device_train_microbatch_size|device_train_micro_batch_size|micro_batch_size_per_gpu|ppo_micro_batch_size_per_gpu|local_batch_size|train_micro_batch_size|batch_size)$/;
const modelKeys =
  /^(?:model_name_or_path|base_model|model_id_or_path|pretrained_model_name_or_path|model_name|base_model_name_or_path|partial_pretrain|hf_model|hf_model_name_or_path|checkpoint_dir)$/;
/** Words in a path that set something else than the run's own rate or batch. */
const elsewhere =
  /critic|reward|eval|valid|test|vision|audio|infer|rollout|ref\b|generat|value|embed|tokenizer|draft|teacher|lora_A|client|server|vllm|search|hyperopt|defaults/i;
/** Files that train no language model: they evaluate, generate, merge, convert, train on images or speech, or are fragments. */
const trainsNot =
  /diffusion|speechlm|__config__(?:actor|critic|data|engine|model|optim|ref|reward|rollout)__|eval|infer|generat|merge|quantiz|export|convert|deploy|serve|chat|dataset|tokeniz|download|judge|speculative|kube|k8s|sbatch|cluster|launch|sweep|template|benchmark_config/i;

const args = process.argv.slice(2);
const folder = args.find((arg) => !arg.startsWith("--"));
const list = args.includes("--list");
if (!folder || !existsSync(folder)) {
  process.stderr.write("Usage: npm run test:corpus -- <folder> [--list]\n");
  process.exit(2);
}
const findings = new Findings();
const training = existsSync(join(folder, "training")) ? join(folder, "training") : folder;
const rows = readdirSync(training, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => readFramework(name));
printTable(rows);
printShares(rows);
const isQuiet = findings.print();
const exceptions = rows.reduce((sum, row) => sum + row.exceptions, 0);
const foreign = readForeign(["foreign", "other"]);
process.exitCode = exceptions > 0 || foreign > 0 || !isQuiet ? 1 : 0;

function readFramework(framework: string): Row {
  const row: Row = {
    framework,
    files: 0,
    own: 0,
    other: 0,
    excepted: 0,
    missed: 0,
    rateSet: 0,
    rateRead: 0,
    batchSet: 0,
    batchRead: 0,
    modelNamed: 0,
    modelResolved: 0,
    memory: 0,
    exceptions: 0,
  };
  for (const file of filesIn(join(training, framework))) readConfig(file, row);
  return row;
}

function readConfig(file: string, row: Row): void {
  row.files++;
  const text = readFileSync(file, "utf8");
  let analysis: Analysis | null;
  try {
    analysis = analyze(text, { format: formatOf(file), catalogue, linked: linkedFilesOnDisk(file) });
  } catch (error) {
    row.exceptions++;
    tell(file, `throws ${error}`);
    return;
  }
  const leaves = parse(text, formatOf(file)).flatMap(({ root }) => leavesOf(root, ""));
  const set = (keys: RegExp) => leaves.some(({ path, value }) => isSet(path, value, keys));
  if (!analysis) {
    const sets = set(rateKeys) || set(batchKeys);
    if (trainsNot.test(file) || !sets) row.excepted++;
    else {
      row.missed++;
      tell(file, "not recognised");
    }
    return;
  }
  findings.add(row.framework, relative(training, file), analysis);
  const { plan, dialect, model, memory } = analysis;
  if (ownDialects[row.framework]?.includes(dialect.id)) row.own++;
  else {
    row.other++;
    tell(file, `recognised as ${dialect.id}`);
  }
  if (set(rateKeys)) {
    row.rateSet++;
    if (plan.learningRate.peak.value !== undefined) row.rateRead++;
    else tell(file, `learning rate not read: ${plan.learningRate.peak.note}`);
  }
  if (set(batchKeys)) {
    row.batchSet++;
    if (plan.batch.micro.value !== undefined) row.batchRead++;
    else tell(file, `micro batch not read: ${plan.batch.micro.note}`);
  }
  const { id, shape } = plan.model;
  if (shape?.value || (id.value !== undefined && namesModel(id.value))) {
    row.modelNamed++;
    if (model.value && model.value.source !== "name") row.modelResolved++;
    else tell(file, `model not resolved: ${id.value}`);
  } else if (set(modelKeys)) tell(file, `model not read: ${id.note}`);
  if (memory.value) row.memory++;
  else tell(file, `memory: ${memory.reason}`);
}

/** Placeholders, local checkpoints, outputs of earlier stages and models of images name no language model. */
function namesModel(id: string): boolean {
  return !/^\/?models?$|\b(?:vit|resnet|detr|flux)\b|^$|\$\{|<|path[_/]to|^\/?(?:path|your|output|outputs|results|saves|checkpoints?|tmp|data|mnt|root|home)\b|\?\?\?|^\.{1,2}\/|your[_-]|\.nemo$/i.test(
    id,
  );
}

interface Leaf {
  readonly path: string;
  readonly value: string;
}

function leavesOf(node: ConfigNode, path: string): readonly Leaf[] {
  switch (node.kind) {
    case "scalar":
      return [{ path, value: String(node.value ?? "") }];
    case "list":
      return node.items.flatMap((item) => leavesOf(item, path));
    case "map":
      return [...node.entries].flatMap(([key, { value }]) => leavesOf(value, path ? `${path}.${key}` : key));
  }
}

function isSet(path: string, value: string, keys: RegExp): boolean {
  const dot = path.lastIndexOf(".");
  const name = path.slice(dot + 1).replaceAll("-", "_");
  return keys.test(name) && !elsewhere.test(path.slice(0, Math.max(0, dot))) && /^[\d.]/.test(value);
}

/** The number of files that are recognised though they train no language model; says how long each takes. */
function readForeign(names: readonly string[]): number {
  let recognised = 0;
  for (const name of names) {
    const place = join(folder ?? "", name);
    if (!existsSync(place)) continue;
    const texts = filesIn(place).map((file) => ({ file, text: readFileSync(file, "utf8"), format: formatOf(file) }));
    const started = performance.now();
    const analyses = texts.map(({ text, format }) => analyze(text, { format, catalogue }));
    const each = (performance.now() - started) / texts.length;
    const known = texts.flatMap(({ file }, index) => {
      const id = analyses[index]?.dialect.id;
      return id ? [{ file, id }] : [];
    });
    console.log(`\n${name}: ${texts.length} files, ${known.length} recognised, ${each.toFixed(3)} ms each`);
    for (const { file, id } of known) console.log(`  ${relative(folder ?? "", file)}: ${id}`);
    if (name === "foreign") recognised += known.length;
  }
  return recognised;
}

function filesIn(place: string): readonly string[] {
  return readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:ya?ml|json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function formatOf(file: string): TextFormat {
  return file.endsWith(".json") ? "json" : "yaml";
}

function tell(file: string, what: string): void {
  if (list) console.log(`${relative(folder ?? "", file)}: ${what}`);
}

/** The shares that matter, over all frameworks. */
function printShares(table: readonly Row[]): void {
  const sum = (key: keyof Omit<Row, "framework">) => table.reduce((total, row) => total + row[key], 0);
  const share = (part: number, whole: number, what: string) =>
    console.log(`${((100 * part) / Math.max(1, whole)).toFixed(1).padStart(6)} % ${what} (${part} of ${whole})`);
  console.log();
  share(sum("own"), sum("files") - sum("excepted"), "of the training configs recognised as their own dialect");
  share(sum("rateRead"), sum("rateSet"), "of the learning rates that are set are read");
  share(sum("batchRead"), sum("batchSet"), "of the micro batches that are set are read");
  share(sum("modelResolved"), sum("modelNamed"), "of the models that are named are known");
  share(sum("memory"), sum("own") + sum("other"), "of the configs have a memory estimate");
}

function printTable(table: readonly Row[]): void {
  const counts = Object.keys(table[0] ?? {}).filter((key) => key !== "framework") as (keyof Omit<Row, "framework">)[];
  const sum = Object.fromEntries(counts.map((key) => [key, table.reduce((total, row) => total + row[key], 0)]));
  const heads: Readonly<Record<string, string>> = {
    files: "files",
    own: "own",
    other: "other",
    excepted: "no training",
    missed: "missed",
    rateSet: "lr set",
    rateRead: "read",
    batchSet: "batch set",
    batchRead: "read",
    modelNamed: "model named",
    modelResolved: "resolved",
    memory: "memory",
    exceptions: "exceptions",
  };
  const width = (key: string) => Math.max(6, heads[key]?.length ?? 0) + 2;
  const line = (name: string, cell: (key: string) => string) =>
    console.log(name.padEnd(20) + counts.map((key) => cell(key).padStart(width(key))).join(""));
  line("framework", (key) => heads[key] ?? key);
  for (const row of table) line(row.framework, (key) => String(row[key as keyof Row]));
  line("all", (key) => String(sum[key]));
}
