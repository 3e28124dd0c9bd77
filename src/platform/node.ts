import { createReadStream } from "node:fs";
import { realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { askNvidiaSmi } from "./nvidiaSmi.ts";
import type { Platform } from "./platform.ts";

/** VS Code on a machine: this one, or the remote one that the extension runs on. */
export const platform: Platform = {
  environment: process.env,
  home: homedir(),
  realPath: (path) => realpath(path),
  readPieces: (path) => createReadStream(path),
  askNvidiaSmi,
};
