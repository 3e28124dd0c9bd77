import type { Components } from "../core/memory/components.ts";

/** The colours of VS Code's theme as literals: charts mix and parse colours, which variables do not allow. */
export interface Theme extends Surface {
  readonly components: Readonly<Record<keyof Components, string>>;
  readonly font: string;
  readonly fontSize: number;
  /** Colour alone must not tell things apart. */
  readonly highContrast: boolean;
}

interface Surface {
  readonly charts: Readonly<Record<ChartColor, string>>;
  readonly foreground: string;
  readonly muted: string;
  readonly background: string;
  readonly line: string;
  readonly grid: string;
}

export type ChartColor = "blue" | "orange" | "green" | "purple" | "red" | "yellow";

const forcedColors = window.matchMedia("(forced-colors: active)");

export function currentTheme(): Theme {
  const style = getComputedStyle(document.body);
  const color = (name: string, ...others: readonly string[]): string => {
    for (const variable of [name, ...others]) {
      const value = style.getPropertyValue(`--vscode-${variable}`).trim();
      if (value !== "") return value;
    }
    return style.color;
  };
  const charts = {
    blue: color("charts-blue"),
    orange: color("charts-orange"),
    green: color("charts-green"),
    purple: color("charts-purple"),
    red: color("charts-red"),
    yellow: color("charts-yellow"),
  };
  const surface = {
    charts,
    foreground: color("editor-foreground", "foreground"),
    muted: color("descriptionForeground", "foreground"),
    background: color("editor-background"),
    line: charts.blue,
    grid: color("panel-border", "contrastBorder", "widget-border"),
  };
  return {
    ...(forcedColors.matches ? forcedSurface() : surface),
    components: {
      weights: charts.blue,
      gradients: charts.orange,
      optimizer: charts.purple,
      activations: charts.green,
      logits: charts.red,
      buffers: charts.yellow,
      overhead: color("charts-lines", "descriptionForeground"),
    },
    font: style.fontFamily,
    fontSize: Number.parseFloat(style.fontSize) || 13,
    highContrast: forcedColors.matches || document.body.className.includes("high-contrast"),
  };
}

/** The same on white, as papers and slides want pictures: VS Code's light colours, dark enough for text. */
export function printTheme(theme: Theme): Theme {
  return {
    ...theme,
    foreground: "#1f1f1f",
    muted: "#5a5a5a",
    background: "#ffffff",
    line: "#0b6bd3",
    grid: "#c8c8c8",
    charts: {
      blue: "#0b6bd3",
      orange: "#b86e00",
      green: "#2f7d2b",
      purple: "#652d90",
      red: "#c81e1e",
      yellow: "#8a6500",
    },
    highContrast: false,
  };
}

/** The system's own colours, where it replaces those of pages; as literals too. */
function forcedSurface(): Surface {
  const probe = document.createElement("span");
  document.body.append(probe);
  const literal = (name: string): string => {
    probe.style.color = name;
    return getComputedStyle(probe).color;
  };
  const [foreground, link, visited] = [literal("CanvasText"), literal("LinkText"), literal("VisitedText")];
  const surface = {
    charts: { blue: link, orange: foreground, green: visited, purple: foreground, red: visited, yellow: foreground },
    foreground,
    muted: foreground,
    background: literal("Canvas"),
    line: link,
    grid: literal("GrayText"),
  };
  probe.remove();
  return surface;
}

/** Calls back whenever VS Code switches to another theme: it rewrites the class and the variables. */
export function onThemeChange(callback: () => void): void {
  const observer = new MutationObserver(callback);
  observer.observe(document.body, { attributes: true, attributeFilter: ["class"] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["style"] });
  forcedColors.addEventListener("change", callback);
}
