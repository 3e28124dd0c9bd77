import { build } from "esbuild";

/** Writes the command line as one file that Node runs, as it ships but for its length. */
export async function buildProgram(outfile: string): Promise<void> {
  await build({
    bundle: true,
    platform: "node",
    mainFields: ["module", "main"],
    entryPoints: ["src/cli.ts"],
    outfile,
  });
}
