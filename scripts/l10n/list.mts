// Prints the gaps of every language; fails where there are any.
import { gapsOf, languages } from "./texts.mts";

for (const { file, missing, unneeded } of languages().flatMap(gapsOf)) {
  console.log(`${file}: ${missing.length} missing, ${unneeded.length} unneeded`);
  for (const text of missing) console.log(`  missing   ${JSON.stringify(text)}`);
  for (const text of unneeded) console.log(`  unneeded  ${JSON.stringify(text)}`);
  if (missing.length + unneeded.length > 0) process.exitCode = 1;
}
