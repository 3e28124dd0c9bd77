// Measures every subject, or those that are named, and prints a table of each. Folders of configs are measured beside the examples.
import { existsSync, readdirSync } from "node:fs";
import { basename } from "node:path";
import { plain } from "../../scripts/accuracy/report.mts";
import type { Subject } from "./subject.mts";

const args = process.argv.slice(2);
const names = readdirSync("test/bench/subjects").map((file) => basename(file, ".mts"));
const unknown = args.filter((arg) => !names.includes(arg) && !existsSync(arg));
if (unknown.length > 0) {
  console.error(`Neither a folder nor one of ${names.join(", ")}: ${unknown.join(", ")}`);
  process.exit(2);
}
const chosen = names.filter((name) => args.includes(name));
const folders = args.filter((arg) => !names.includes(arg));
for (const name of chosen.length > 0 ? chosen : names) {
  const { subject }: { readonly subject: Subject } = await import(`./subjects/${name}.mts`);
  console.log(`\n${subject.title}\n`);
  console.log(plain(await subject.measure(folders)));
}
