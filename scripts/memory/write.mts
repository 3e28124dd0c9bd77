// Writes the tables of the page on memory anew.
import { readFileSync, writeFileSync } from "node:fs";
import { pageFile, renewed } from "./page.mts";

writeFileSync(pageFile, renewed(readFileSync(pageFile, "utf8")));
