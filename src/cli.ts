import { homepage, version } from "../package.json";
import { commands } from "./cli/commands.ts";
import { commandLine } from "./cli/options.ts";
import { printText } from "./cli/output.ts";
import { UsageError, usage } from "./cli/usage.ts";
import { named } from "./core/named.ts";

function main(args: readonly string[]): number {
  const { command, wants, options } = commandLine(args);
  if (wants === "version") {
    printText(`${version}\n`);
    return 0;
  }
  if (wants === "help" || command === undefined) {
    printText(usage);
    return wants === "help" ? 0 : 2;
  }
  const run = named(commands, command);
  if (!run) throw new UsageError(`there is no command "${command}"`);
  if (options.paths.length === 0) throw new UsageError(`${command} needs a path`);
  return run(options, { version, homepage });
}

// A reader that has seen enough, such as `head`, closes the pipe.
process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => process.exit(code === "EPIPE" ? 0 : 2));

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  const wrongUsage = error instanceof UsageError || (error instanceof TypeError && "code" in error);
  if (!wrongUsage) throw error;
  process.stderr.write(`fine-tune-lens: ${error.message}\n`);
  process.exitCode = 2;
}
