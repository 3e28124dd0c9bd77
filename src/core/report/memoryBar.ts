import { usableBytes } from "../gpus/catalogue.ts";
import type { Gpu } from "../gpus/gpu.ts";
import type { MemoryEstimate } from "../memory/estimate.ts";
import { componentStyles } from "./components.ts";

const width = 420;
const barHeight = 16;
const height = 36;
/** Grey that is legible on light and dark backgrounds: an image in a hover does not know the theme. */
const ink = "#8a8a8a";

/** A bar of the components as SVG, with a line at the usable memory of each of `gpus` that is not far away. */
export function memoryBar({ components, deviceBytes }: MemoryEstimate, gpus: readonly Gpu[]): string {
  const marks = gpus.map((gpu) => ({ name: gpu.name, bytes: usableBytes(gpu) }));
  const holds = marks.map(({ bytes }) => bytes).filter((bytes) => bytes >= deviceBytes);
  const most = holds.length > 0 ? Math.min(...holds) : deviceBytes;
  const scale = width / (1.02 * most);
  let x = 0;
  const segments = componentStyles.map(({ key, color }) => {
    const size = components[key] * scale;
    x += size;
    return `<rect x="${round(x - size)}" y="2" width="${round(size)}" height="${barHeight}" fill="${color}"/>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect x="0.5" y="2.5" width="${width - 1}" height="${barHeight - 1}" fill="none" stroke="${ink}" stroke-opacity="0.5"/>`,
    ...segments,
    ...visible(marks.map(({ name, bytes }) => ({ name, x: bytes * scale }))).map(mark),
    "</svg>",
  ].join("");
}

interface Mark {
  readonly name: string;
  readonly x: number;
}

/** The name starts at its line, or ends with the picture where it would leave that. */
function mark({ name, x }: Mark): string {
  const place = x + textWidth(name) > width ? `x="${width}" text-anchor="end"` : `x="${round(x)}"`;
  return (
    `<line x1="${round(x)}" x2="${round(x)}" y1="0" y2="${height - 12}" stroke="${ink}" stroke-width="1.5"/>` +
    `<text ${place} y="${height - 2}" font-family="sans-serif" font-size="11" fill="${ink}">${escapeXml(name)}</text>`
  );
}

/** Users name their own GPUs as they like. */
function escapeXml(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** At most, in a sans-serif of eleven pixels: which one the editor has is not known. */
function textWidth(name: string): number {
  return 7 * name.length;
}

function textStart({ name, x }: Mark): number {
  return Math.min(x, width - textWidth(name));
}

/** The marks within the picture, the largest first, without those whose names would run into one that is shown. */
function visible(marks: readonly Mark[]): readonly Mark[] {
  const shown: Mark[] = [];
  for (const candidate of [...marks].sort((a, b) => b.x - a.x)) {
    const end = textStart(candidate) + textWidth(candidate.name);
    if (candidate.x <= width && shown.every((other) => end < textStart(other))) shown.push(candidate);
  }
  return shown;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
