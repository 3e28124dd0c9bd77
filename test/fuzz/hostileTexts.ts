import type { TextFormat } from "../../src/core/text/document.ts";

/** A text that is out to hang or break whoever reads it. */
export interface HostileText {
  readonly name: string;
  readonly format: TextFormat;
  readonly text: string;
}

/** Beyond what is read. */
const tooLarge = 10_000_000;

/** Within what is read; `npm run test:fuzz` takes its time. */
const large = process.env["FUZZ_SECONDS"] ? 200_000 : 20_000;

/** A config that is recognised, so that what stands with it is read to the end. */
const config = `base_model: meta-llama/Llama-2-7b-hf
micro_batch_size: 1
gradient_accumulation_steps: 4
learning_rate: 2.0e-4
optimizer: adamw_torch
lr_scheduler: cosine
adapter: lora
lora_r: 16
lora_target_modules: [q_proj, v_proj]
datasets:
  - path: data.jsonl
    type: alpaca
sequence_len: 2048
num_epochs: 1
`;

/** What can stand behind the keys of a config. */
export const hostilePieces: Readonly<Record<string, string>> = {
  "an alias bomb of lists": bomb((alias) => `[${Array(9).fill(alias).join(", ")}]`),
  "an alias bomb of mappings": bomb((alias) => `{ ${[..."abcdefghi"].map((key) => `${key}: ${alias}`).join(", ")} }`),
  "a merge key of an alias bomb": `${bomb((alias) => `[${Array(9).fill(alias).join(", ")}]`)}merged:\n  <<: *a30\n`,
  "merge keys of merge keys": bomb((alias) => `{ <<: [${Array(9).fill(alias).join(", ")}], key: 1 }`),
  "a large mapping that is merged often": `base: &base\n${lines(1000, (n) => `  key${n}: ${n}`)}all:\n${lines(1000, (n) => `  copy${n}: { <<: *base }`)}`,
  "an anchor within itself": "loop: &loop [1, *loop]\nring: &ring { <<: *ring, self: *ring }\n",
  "references that multiply": `${lines(16, (n) => `r${n}: "${`\${r${n + 1}}`.repeat(9)}"`)}r16: 1\n`,
  "references to themselves": "a: ${a}\nb: ${c}\nc: ${b}\nd: ${mul:${d},${d}}\nnum_epochs: ${a}\n",
  "references within references": `deep: "${"${mul:2,".repeat(5000)}1${"}".repeat(5000)}"\n`,
  "references that never close": `open: "${"${a".repeat(300_000)}"\n`,
  "ten megabytes in a line": `note: ${"x".repeat(tooLarge)}\n`,
  "ten megabytes of digits": `seed: ${"1".repeat(tooLarge)}x\n`,
  "a lot of digits": `seed: ${"1".repeat(large)}x\n`,
  "a lot of underscores": `seed: 1${"_".repeat(large)}x\n`,
  "a lot of blanks": `note: a${" ".repeat(large)}b\n`,
  "a lot of blanks at the end": `note: a${" ".repeat(large)}`,
  "a lot of line breaks": `note: a\n${"\n".repeat(large)}b: 1\n`,
  "a lot of carriage returns": `note: a\r${"\r".repeat(large)}b: 1\r`,
  "a lot of quotation marks": `note: ${'"'.repeat(large)}\n`,
  "a lot of hash signs": `${"#".repeat(large)}\n${"# fine-tune-lens-ignore ".repeat(10_000)}\n`,
  "a lot of a key of ours": `note: "${"learning_rate ".repeat(large / 14)}"\n`,
  "a lot of comment lines": lines(large / 20, () => "# fine-tune-lens-ignore"),
  "a lot of keys": lines(large / 12, (n) => `key_${n}: ${n}`),
  "a lot of one key": lines(large / 12, () => "warmup_ratio: 0.1"),
  "a lot of list items": `list:\n${lines(large / 5, () => "  - a")}`,
  "a lot of anchors": `list:\n${lines(large / 14, (n) => `  - &a${n} x`)}`,
  "a lot of tags": `list:\n${lines(large / 14, () => "  - !!python/object x")}`,
  "a lot of documents": lines(large / 20, () => "---\nlearning_rate: 1e-5"),
  "a lot of directives": `...\n${lines(large / 12, () => "%YAML 1.2")}---\na: 1\n`,
  "a lot of commas": `list: [${",".repeat(large)}]\n`,
  "a lot of colons": `note: ${":".repeat(large)}\n`,
  "a lot of dots": `${"a.".repeat(large / 2)}: 1\n`,
  "brackets ten thousand deep": `deep: ${"[".repeat(10_000)}${"]".repeat(10_000)}\n`,
  "braces ten thousand deep": `deep: ${"{a: ".repeat(10_000)}1${"}".repeat(10_000)}\n`,
  "brackets that never close": `deep: ${"[".repeat(large)}`,
  "brackets nine hundred deep": `deep: ${"[".repeat(900)}${"]".repeat(900)}\n`,
  "list items ten thousand deep": `${"- ".repeat(10_000)}a\n`,
  "list items in a config ten thousand deep": `deep:\n  ${"- ".repeat(10_000)}a\n`,
  "complex keys ten thousand deep": `deep:\n  ${"? ".repeat(10_000)}a\n`,
  "mappings a thousand deep": lines(1000, (n) => `${" ".repeat(n)}a${n}:`),
  "keys that objects have":
    "__proto__:\n  polluted: true\n__proto__: { polluted: true }\nconstructor: 1\ntoString: {}\nhasOwnProperty: []\n",
  "numbers that are none":
    "num_epochs: .nan\nsequence_len: .inf\nlora_r: -.inf\nlearning_rate: 1e309\nwarmup_ratio: 1e-400\n",
  "numbers beyond all runs":
    "num_epochs: 1e300\nsequence_len: 9007199254740993\nmax_steps: 99999999999999999999999999\nlora_r: 1e18\n",
  "a pattern that backtracks": `lora_target_modules: "${"(a|a)*".repeat(120)}"\n`,
};

/** Texts that a reader must survive: each is read, or refused in words, soon. */
export const hostileTexts: readonly HostileText[] = [
  ...Object.entries(hostilePieces).map(([name, more]): HostileText => ({ name, format: "yaml", text: config + more })),
  {
    name: "JSON ten thousand deep",
    format: "json",
    text: `{"learning_rate": 1, "per_device_train_batch_size": 1, "a": ${nested(10_000)}}`,
  },
  {
    name: "JSON nine hundred deep",
    format: "json",
    text: `{"learning_rate": 1, "per_device_train_batch_size": 1, "a": ${nested(900)}}`,
  },
  {
    name: "JSON of ten megabytes",
    format: "json",
    text: `{"learning_rate": 1, "per_device_train_batch_size": 1, "a": "${"x".repeat(tooLarge)}"}`,
  },
  { name: "JSON that never closes", format: "json", text: `{"learning_rate": ${'{"a": '.repeat(10_000)}` },
  {
    name: "JSON with keys that objects have",
    format: "json",
    text: '{"per_device_train_batch_size": 1, "learning_rate": 1, "__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}',
  },
];

/** Thirty levels of nodes, each of which holds the one before it several times. */
function bomb(level: (alias: string) => string): string {
  return `a0: &a0 ${level("x")}\n${lines(30, (n) => `a${n + 1}: &a${n + 1} ${level(`*a${n}`)}`)}`;
}

function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => `${line(index)}\n`).join("");
}

function nested(depth: number): string {
  return `${'{"a": '.repeat(depth)}1${"}".repeat(depth)}`;
}
