import { type Hypothesis, triedMethods, triedOptimizers } from "./core/advice/hypothesis.ts";
import type { PanelDetails, PanelModel } from "./core/report/panelModel.ts";

/** The parts of the page that a command may lead to. */
export type PageSection = (typeof pageSections)[number];

const pageSections = ["schedule", "memory", "ways"] as const;

/** What the extension tells the panel's page. */
export type HostMessage =
  | {
      readonly type: "show";
      readonly shown: Shown;
      readonly model: PanelModel;
      /** What the model tries instead of the file. */
      readonly hypothesis: Hypothesis;
      /** The number of the page's last question that this answers; 0 before the first. */
      readonly answers: number;
    }
  | { readonly type: "details"; readonly details: PanelDetails }
  | { readonly type: "nothing"; readonly shown: Shown; readonly reason: string }
  | { readonly type: "reveal"; readonly section: PageSection };

/** What the panel is about. */
export interface Shown {
  /** Of its file. */
  readonly uri: string;
  /** Whether the panel stays with it while other editors are active. */
  readonly pinned: boolean;
  /** The addresses of the files that it is compared with. */
  readonly compared: readonly string[];
}

/** What the page tells the extension. */
export type PageMessage =
  | { readonly type: "ready" }
  /** What would the run be with this instead? Questions are numbered from 1. */
  | { readonly type: "try"; readonly question: number; readonly hypothesis: Hypothesis }
  /** Write what is tried into the file. */
  | { readonly type: "apply" }
  | { readonly type: "pin"; readonly pinned: boolean }
  /** So many training samples has an epoch of the file's run; null to forget what was said. */
  | { readonly type: "samples"; readonly samples: number | null }
  /** Let the user choose the files to compare with. */
  | { readonly type: "compare" }
  /** Take that file out of the comparison. */
  | { readonly type: "remove"; readonly uri: string }
  | SaveMessage
  /** Put a text into the clipboard. */
  | { readonly type: "copy"; readonly text: string };

/** Save a picture or a table of the page as a file. */
export interface SaveMessage {
  readonly type: "save";
  /** Of the file, without its ending. */
  readonly name: string;
  readonly kind: SavedKind;
  /** A text, or the bytes of a PNG in base64. */
  readonly content: string;
}

const savedKinds = ["svg", "png", "csv"] as const;

export type SavedKind = (typeof savedKinds)[number];

/** Characters of the largest file that the page may save: a million updates of several curves. */
export const mostSaved = 2 ** 27;

const mostCopied = 2 ** 20;

/** What the page keeps over a reload of the window. */
export interface PageState extends Shown {
  /** How the file's schedule is looked at. */
  readonly plot?: PlotState;
}

/** What of the plot is in sight. */
export interface PlotState {
  /** The stretch of its x axis; null for the whole run. */
  readonly range: { readonly from: number; readonly to: number } | null;
  readonly log: boolean;
  /** The ids of the curves that are not drawn. */
  readonly hidden: readonly string[];
}

/** What the extension says; undefined for what is no such message. What it has worked out is taken as it is. */
export function hostMessage(message: unknown): HostMessage | undefined {
  if (!isRecord(message)) return undefined;
  const { type, section, reason } = message;
  switch (type) {
    case "show":
      return isShowMessage(message) ? message : undefined;
    case "details":
      return isDetailsMessage(message) ? message : undefined;
    case "nothing": {
      const shown = shownIn(message["shown"]);
      return shown && typeof reason === "string" ? { type, shown, reason } : undefined;
    }
    case "reveal": {
      const known = pageSections.find((name) => name === section);
      return known && { type, section: known };
    }
    default:
      return undefined;
  }
}

type MessageOf<T extends HostMessage["type"]> = Extract<HostMessage, { readonly type: T }>;

function isShowMessage(message: object): message is MessageOf<"show"> {
  if (!("shown" in message && "model" in message && "hypothesis" in message && "answers" in message)) return false;
  const { shown, model, hypothesis, answers } = message;
  return shownIn(shown) !== null && isRecord(model) && isRecord(hypothesis) && Number.isInteger(answers);
}

function isDetailsMessage(message: object): message is MessageOf<"details"> {
  return "details" in message && isRecord(message.details);
}

/** What a page says; undefined for what is no such message: anything can come. */
export function pageMessage(message: unknown): PageMessage | undefined {
  if (!isRecord(message)) return undefined;
  const { type, question, hypothesis, pinned, uri, samples, text } = message;
  switch (type) {
    case "ready":
    case "apply":
    case "compare":
      return { type };
    case "pin":
      return typeof pinned === "boolean" ? { type, pinned } : undefined;
    case "remove":
      return typeof uri === "string" ? { type, uri } : undefined;
    case "try":
      return isCount(question) && isRecord(hypothesis)
        ? { type, question, hypothesis: hypothesisFrom(hypothesis) }
        : undefined;
    case "samples":
      return samples === null || isSize(samples) ? { type, samples } : undefined;
    case "save":
      return saveMessage(message);
    case "copy":
      return typeof text === "string" && text.length <= mostCopied ? { type, text } : undefined;
    default:
      return undefined;
  }
}

/** The name loses whatever could lead out of a folder or be no name. */
function saveMessage({ name, kind, content }: Readonly<Record<string, unknown>>): SaveMessage | undefined {
  const saved = savedKinds.find((known) => known === kind);
  if (!saved || typeof name !== "string" || typeof content !== "string" || content.length > mostSaved) return undefined;
  if (saved === "png" && !/^[A-Za-z0-9+/]+={0,2}$/.test(content)) return undefined;
  const plain = name.replace(/[^\w.-]+/g, "-").replace(/^[.-]+/, "");
  return { type: "save", name: plain.slice(0, 100) || "plot", kind: saved, content };
}

/** What is a value that can be tried; the rest is left out. */
function hypothesisFrom(record: Readonly<Record<string, unknown>>): Hypothesis {
  const { microBatch, sequenceLength, gradientCheckpointing, optimizer, method, gpus, ...schedule } = record;
  const triedOptimizer = triedOptimizers.find((name) => name === optimizer);
  const triedMethod = triedMethods.find((name) => name === method);
  return {
    ...(isCount(microBatch) && { microBatch }),
    ...(isCount(sequenceLength) && { sequenceLength }),
    ...(typeof gradientCheckpointing === "boolean" && { gradientCheckpointing }),
    ...(triedOptimizer && { optimizer: triedOptimizer }),
    ...(triedMethod && { method: triedMethod }),
    ...(isCount(gpus) && { gpus }),
    ...scheduleFrom(schedule),
  };
}

function scheduleFrom(record: Readonly<Record<string, unknown>>): Hypothesis {
  const { peakLearningRate, scheduler, warmupSteps, warmupRatio, floor, epochs, maxSteps, samples } = record;
  return {
    ...(isPositive(peakLearningRate, 1e3) && { peakLearningRate }),
    ...(typeof scheduler === "string" && /^[\w.-]{1,100}$/.test(scheduler) && { scheduler }),
    ...((isCount(warmupSteps) || warmupSteps === 0) && { warmupSteps }),
    ...(isShare(warmupRatio) && { warmupRatio }),
    ...(isShare(floor) && { floor }),
    ...(isPositive(epochs, 1e6) && { epochs }),
    ...(isCount(maxSteps) && { maxSteps }),
    ...(isPositive(samples, 1e12) && Number.isInteger(samples) && { samples }),
  };
}

function isPositive(value: unknown, most: number): value is number {
  return typeof value === "number" && value > 0 && value <= most;
}

function isShare(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= 1;
}

/** A whole number that a run can have of anything: up to 2^24. */
function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 2 ** 24;
}

function isSize(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0;
}

/** Files that can be compared at once: no more curves have a colour and a pattern of their own. */
export const mostCompared = 20;

/** What a restored state says that the panel was about; it may be of another version, or damaged. Null where it says nothing. */
export function shownIn(state: unknown): Shown | null {
  if (!isRecord(state)) return null;
  const { uri, pinned, compared } = state;
  if (typeof uri !== "string") return null;
  return { uri, pinned: pinned === true, compared: textsIn(compared).slice(0, mostCompared) };
}

/** How the plot of a file was looked at, as far as a restored state tells; null where it tells nothing of that file. */
export function plotStateOf(state: unknown, uri: string): PlotState | null {
  if (!isRecord(state) || state["uri"] !== uri || !isRecord(state["plot"])) return null;
  const { range, log, hidden } = state["plot"];
  return {
    range: isRange(range) ? { from: range.from, to: range.to } : null,
    log: log === true,
    hidden: textsIn(hidden),
  };
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((text) => typeof text === "string") : [];
}

function isRange(range: unknown): range is NonNullable<PlotState["range"]> {
  if (!isRecord(range)) return false;
  const { from, to } = range;
  return Number.isFinite(from) && Number.isFinite(to) && Number(from) < Number(to);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
