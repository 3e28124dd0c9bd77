import { TextDocument } from "vscode-languageserver-textdocument";
import {
  getLanguageService,
  type LanguageService,
} from "yaml-language-server/out/server/src/languageservice/yamlLanguageService.js";
import type { Table } from "../../../scripts/accuracy/report.mts";
import type { Vocabulary } from "../../../src/core/dialects/vocabulary.ts";
import { hoverAt } from "../../../src/core/report/hover.ts";
import { compared } from "../compared.mts";
import { analysisOf, type Config, configsIn } from "../configs.mts";
import { rowsOfAll } from "../rows.mts";
import type { Subject } from "../subject.mts";

/** What an editor does anyway for these files, with the keys of the framework as a schema. */
export const subject: Subject = {
  title: "Findings and a hover on the learning rate, against yaml-language-server's validation and hover with a schema",
  measure: async () => [
    ["Config", "Its validation ms", "Findings ms", "Ratio", "Its hover ms", "Hover ms", "Ratio"],
    ...(await rowsOfAll(
      configsIn("examples").filter(({ format }) => format === "yaml"),
      rowOf,
    )),
  ],
};

async function rowOf(config: Config): Promise<Table> {
  const analysis = analysisOf(config);
  const { place } = analysis?.plan.learningRate.peak ?? {};
  if (!analysis || !place) return [];
  const position = place.range.start;
  const service = serviceWith(analysis.dialect.vocabulary);
  let version = 0;
  // Each edit makes a new document, which the service has not parsed yet.
  const edited = () => TextDocument.create("file:///run.yaml", "yaml", version++, config.text);
  const validation = await compared(
    { run: () => service.doValidation(edited(), false), times: 20 },
    { run: () => analysisOf(config)?.findings, times: 20 },
  );
  const hover = await compared(
    { run: () => service.doHover(edited(), position), times: 20 },
    { run: () => hoverAfterEdit(config, position), times: 20 },
  );
  return [
    [
      config.name,
      ...[validation, hover].flatMap(({ baseline, work, ratio }) => [
        baseline.toFixed(2),
        work.toFixed(2),
        ratio.toFixed(2),
      ]),
    ],
  ];
}

function hoverAfterEdit(config: Config, position: Parameters<typeof hoverAt>[1]) {
  const analysis = analysisOf(config);
  return analysis && hoverAt(analysis, position);
}

function serviceWith(vocabulary: Vocabulary): LanguageService {
  const service = getLanguageService({
    schemaRequestService: async () => "{}",
    workspaceContext: { resolveRelativePath: (path) => path },
  });
  const properties = Object.entries(vocabulary).map(([key, { about, values }]) => [
    key,
    { description: about, ...(values ? { enum: values } : {}) },
  ]);
  const schema = { type: "object" as const, properties: Object.fromEntries(properties) };
  service.configure({
    validate: true,
    hover: true,
    completion: true,
    schemas: [{ uri: "schema:keys", fileMatch: ["*.yaml"], schema }],
  });
  return service;
}
