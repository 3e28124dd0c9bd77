import type { Theme } from "../theme.ts";

/** Measures texts in the font of the page. */
export function textMeasure({ font, fontSize }: Theme): (text: string) => number {
  const context = document.createElement("canvas").getContext("2d");
  if (context) context.font = `${fontSize}px ${font}`;
  return (text) => context?.measureText(text).width ?? 0.6 * fontSize * text.length;
}

/** Pixels from one line of text to the next. */
export function lineHeight({ fontSize }: Pick<Theme, "fontSize">): number {
  return Math.round(1.4 * fontSize);
}
