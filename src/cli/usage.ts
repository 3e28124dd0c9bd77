/** Wrong usage or an unreadable file; its message is for the user. */
export class UsageError extends Error {}

export const usage = `fine-tune-lens reads LLM training configs and says whether they fit the GPU, what their schedule does, and what is wrong.

Usage: fine-tune-lens <command> [options] <path…>

Commands
  check <path…>      findings of the rules; directories are walked, other files than configs passed over
  estimate <file…>   memory per GPU, where it goes, and which GPUs hold it
  schedule <file>    the learning rate of every optimizer update
  fit <file…>        the cheapest changes with which the run fits on --gpu

Paths are files, directories, globs in quotes, or - for standard input.

What the run is
  --gpu ID             the GPU that it is meant for, by id or name, such as a100-80gb or "RTX 4090"
  --gpus N             GPUs of the run
  --samples N          training samples, from which updates and warmup follow
  --steps T            updates of the run, instead of what the config says
  --versions LIST      releases of the libraries, such as transformers=4.48.1,torch=2.4.1, instead of those that uv.lock,
                       requirements*.txt or pyproject.toml pin; the newest otherwise
  --stdin-name FILE    the name of what comes from standard input: its ending tells YAML from JSON, its folder holds the
                       files that it points to

What comes out
  --format FORMAT      text (default) or json; sarif for check, csv for schedule, line for estimate
  --color WHEN         auto (default: on a terminal), always, never
  --max-warnings N     check: more warnings than these are an error
  --write              fit: make the changes of the first proposal in the file

  --help, --version

Settings come from fine-tune-lens.json beside the config or in a folder above it, else from .vscode/settings.json there:
gpu, gpuCount, customGpus, versions, rules.enabled and rules.severity, as in the editor. Options go before settings.

Exit status: 0 when all is well; 1 for findings of error severity, for too many warnings, and for a run that nothing
makes fit; 2 for wrong usage and for files that cannot be read.

Examples
  fine-tune-lens estimate run.yaml --gpu a100-80gb
  fine-tune-lens check configs/ --max-warnings 0
  fine-tune-lens check . --format sarif > findings.sarif
  fine-tune-lens schedule run.yaml --samples 52002 --format csv
  fine-tune-lens fit run.yaml --gpu rtx-4090 --write
`;
