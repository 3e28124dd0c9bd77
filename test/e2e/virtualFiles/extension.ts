// Files that are on no disk, under `virtual:/`, as an editor of a repository on the web has them. For the tests alone.
import {
  Disposable,
  EventEmitter,
  type ExtensionContext,
  type FileChangeEvent,
  FileSystemError,
  type FileSystemProvider,
  FileType,
  type Uri,
  workspace,
} from "vscode";

const config = `# an SFT run of TRL, whose DeepSpeed config is another file
model_name_or_path: HuggingFaceTB/SmolLM2-360M
dataset_name: trl-lib/Capybara
deepspeed: zero3.json
per_device_train_batch_size: 8
learning_rate: 2.0e-3
lr_scheduler_type: cosine
warmup_ratio: 0.1
max_steps: 1000
bf16: true
output_dir: out
`;

const zero3 = JSON.stringify({
  zero_optimization: { stage: 3 },
  bf16: { enabled: "auto" },
  train_micro_batch_size_per_gpu: "auto",
});

const written: readonly (readonly [string, string])[] = [
  ["/project/run.yaml", config],
  ["/project/zero3.json", zero3],
  ["/project/runs/longer.yaml", config.replace("max_steps: 1000", "max_steps: 4000")],
  ["/project/node_modules/foreign/run.yaml", config],
];

class VirtualFiles implements FileSystemProvider {
  readonly #files = new Map<string, Uint8Array>(written.map(([path, text]) => [path, new TextEncoder().encode(text)]));
  readonly #changed = new EventEmitter<FileChangeEvent[]>();
  readonly onDidChangeFile = this.#changed.event;

  watch() {
    return new Disposable(() => {});
  }

  stat(uri: Uri) {
    const times = { ctime: 0, mtime: 0 };
    const bytes = this.#files.get(uri.path);
    if (bytes) return { type: FileType.File, ...times, size: bytes.length };
    if (this.readDirectory(uri).length > 0) return { type: FileType.Directory, ...times, size: 0 };
    throw FileSystemError.FileNotFound(uri);
  }

  readDirectory({ path }: Uri): [string, FileType][] {
    const inside = [...this.#files.keys()].filter((file) => file.startsWith(`${path}/`));
    const entries = inside.map((file): [string, FileType] => {
      const [name = "", ...rest] = file.slice(path.length + 1).split("/");
      return [name, rest.length > 0 ? FileType.Directory : FileType.File];
    });
    return [...new Map(entries)];
  }

  readFile(uri: Uri) {
    const bytes = this.#files.get(uri.path);
    if (!bytes) throw FileSystemError.FileNotFound(uri);
    return bytes;
  }

  writeFile({ path }: Uri, bytes: Uint8Array) {
    this.#files.set(path, bytes);
  }

  createDirectory(uri: Uri) {
    throw FileSystemError.NoPermissions(uri);
  }

  delete(uri: Uri) {
    throw FileSystemError.NoPermissions(uri);
  }

  rename(uri: Uri) {
    throw FileSystemError.NoPermissions(uri);
  }
}

export function activate({ subscriptions }: ExtensionContext): void {
  subscriptions.push(workspace.registerFileSystemProvider("virtual", new VirtualFiles(), { isCaseSensitive: true }));
}
