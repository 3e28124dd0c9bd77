import type { ArtifactLocation, Log, ReportingConfiguration, ReportingDescriptor, Result } from "sarif";
import { t } from "../language.ts";
import { rules } from "../rules/index.ts";
import { pageOf } from "../rules/page.ts";
import type { Finding, Fix, Rule, Severity } from "../rules/rule.ts";
import type { Range } from "../text/position.ts";

/** The findings of one file. */
export interface FileFindings {
  /** With forward slashes; relative to the root of the repository, or absolute where the file is outside. */
  readonly path: string;
  readonly findings: readonly Finding[];
}

/** Where the program and its documentation are. */
export interface Program {
  readonly version: string;
  readonly homepage: string;
}

/** SARIF knows no hints; what is worth knowing is a note. */
const levels = { error: "error", warning: "warning", information: "note", hint: "note" } as const satisfies Readonly<
  Record<Severity, ReportingConfiguration.level>
>;

/** Findings in the Static Analysis Results Interchange Format 2.1.0, which code hosts show beside the lines of a change. */
export function sarifLog(files: readonly FileFindings[], { version, homepage }: Program): Log {
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        columnKind: "utf16CodeUnits",
        originalUriBaseIds: { ROOT: { description: { text: "The folder that the program ran in" } } },
        tool: {
          driver: {
            name: "Fine-Tune Lens",
            semanticVersion: version,
            informationUri: homepage,
            rules: rules.map((rule) => descriptorOf(rule, homepage)),
          },
        },
        results: files.flatMap(({ path, findings }) => findings.map((finding) => resultOf(path, finding))),
      },
    ],
  };
}

/** With all that code hosts ask for before they show a rule beside its findings. */
function descriptorOf({ id, title, severity }: Rule, homepage: string): ReportingDescriptor {
  const { file, anchor } = pageOf(id);
  const page = `${homepage}/blob/main/docs/rules/${file}#${anchor}`;
  const help = t`When it fires, and what to do`;
  return {
    id,
    name: id.replace(/(?:^|\W)(\w)/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: title },
    fullDescription: { text: `${title}.` },
    help: { text: `${help}: ${page}`, markdown: `[${help}](${page})` },
    helpUri: page,
    defaultConfiguration: { level: levels[severity] },
  };
}

function resultOf(path: string, { rule, severity, message, range, related, fixes }: Finding): Result {
  const place = (where: Range) => ({ artifactLocation: artifact(path), region: regionOf(where) });
  const own = fixes.filter(({ uri }) => uri === undefined);
  const near = related.filter(({ uri }) => uri === undefined);
  return {
    ruleId: rule,
    ruleIndex: rules.findIndex(({ id }) => id === rule),
    level: levels[severity],
    message: { text: message },
    locations: [{ physicalLocation: place(range) }],
    ...(near.length > 0 && {
      relatedLocations: near.map((other, id) => ({
        id,
        message: { text: other.message },
        physicalLocation: place(other.range),
      })),
    }),
    ...(own.length > 0 && { fixes: own.map((fix) => fixOf(path, fix)) }),
  };
}

function fixOf(path: string, { title, edits }: Fix) {
  return {
    description: { text: title },
    artifactChanges: [
      {
        artifactLocation: artifact(path),
        replacements: edits.map(({ range, newText }) => ({
          deletedRegion: regionOf(range),
          insertedContent: { text: newText },
        })),
      },
    ],
  };
}

function artifact(path: string): ArtifactLocation {
  const uri = path.split("/").map(encodeURIComponent).join("/");
  if (path.startsWith("//")) return { uri: `file:${uri}` };
  if (path.startsWith("/")) return { uri: `file://${uri}` };
  if (/^[a-z]:\//i.test(path)) return { uri: `file:///${uri}` };
  return { uri, uriBaseId: "ROOT" };
}

/** Lines and columns count from one. */
function regionOf({ start, end }: Range) {
  return {
    startLine: start.line + 1,
    startColumn: start.character + 1,
    endLine: end.line + 1,
    endColumn: end.character + 1,
  };
}
