import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import { nvidiaSmiArguments } from "../core/gpus/nvidiaSmi.ts";
import type { NvidiaSmiAnswer } from "./platform.ts";

const limitSeconds = 5;

/** Starts nvidia-smi from the PATH, without a shell, and gives up after five seconds. */
export async function askNvidiaSmi(): Promise<NvidiaSmiAnswer> {
  const program = await programOnPath(process.platform === "win32" ? "nvidia-smi.exe" : "nvidia-smi");
  if (program === undefined) return { kind: "absent" };
  return new Promise((resolve) => {
    const options = { timeout: 1000 * limitSeconds, killSignal: "SIGKILL", windowsHide: true } as const;
    execFile(program, [...nvidiaSmiArguments], options, (error, stdout, stderr) => {
      if (!error) resolve({ kind: "lines", text: stdout });
      else if (error.killed) resolve({ kind: "slow", seconds: limitSeconds });
      else resolve({ kind: "failed", message: firstLine(stderr) || firstLine(stdout) || firstLine(error.message) });
    });
  });
}

/** Where the program is. Folders of the PATH that are relative are passed over: what is in them depends on where we are. */
async function programOnPath(name: string): Promise<string | undefined> {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter).filter(isAbsolute)) {
    const path = join(folder, name);
    if (await isProgram(path)) return path;
  }
  return undefined;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function firstLine(text: string): string {
  return text.trim().split(/\r?\n/)[0] ?? "";
}
