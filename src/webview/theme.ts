import type { Components } from "../core/memory/components.ts";

/** The colours of VS Code's theme as literals: charts mix and parse colours, which variables do not allow. */
export interface Theme {
  readonly foreground: string;
  readonly muted: string;
  readonly background: string;
  readonly line: string;
  readonly grid: string;
  readonly components: Readonly<Record<keyof Components, string>>;
  readonly font: string;
  readonly fontSize: number;
  /** Colour alone must not tell things apart. */
  readonly highContrast: boolean;
}

export function currentTheme(): Theme {
  const style = getComputedStyle(document.body);
  const color = (name: string, ...others: readonly string[]): string => {
    for (const variable of [name, ...others]) {
      const value = style.getPropertyValue(`--vscode-${variable}`).trim();
      if (value !== "") return value;
    }
    return style.color;
  };
  return {
    foreground: color("editor-foreground", "foreground"),
    muted: color("descriptionForeground", "foreground"),
    background: color("editor-background"),
    line: color("charts-blue"),
    grid: color("panel-border", "contrastBorder", "widget-border"),
    components: {
      weights: color("charts-blue"),
      gradients: color("charts-orange"),
      optimizer: color("charts-purple"),
      activations: color("charts-green"),
      logits: color("charts-red"),
      buffers: color("charts-yellow"),
      overhead: color("charts-lines", "descriptionForeground"),
    },
    font: style.fontFamily,
    fontSize: Number.parseFloat(style.fontSize) || 13,
    highContrast: document.body.className.includes("high-contrast"),
  };
}

/** Calls back whenever VS Code switches to another theme: it rewrites the class and the variables. */
export function onThemeChange(callback: () => void): void {
  const observer = new MutationObserver(callback);
  observer.observe(document.body, { attributes: true, attributeFilter: ["class"] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["style"] });
}
