import { t } from "../language.ts";
import type { Components } from "../memory/components.ts";
import type { Phase } from "../memory/estimate.ts";

/** How the parts of the memory are named and told apart by colour, in the order in which they are stacked. */
export interface ComponentStyle {
  readonly key: keyof Components;
  readonly label: string;
  /** Legible on light and dark backgrounds. */
  readonly color: string;
}

export const componentStyles: readonly ComponentStyle[] = [
  { key: "weights", label: t`Weights`, color: "#3b82f6" },
  { key: "gradients", label: t`Gradients`, color: "#f59e0b" },
  { key: "optimizer", label: t`Optimizer`, color: "#8b5cf6" },
  { key: "activations", label: t`Activations`, color: "#10b981" },
  { key: "logits", label: t`Logits and loss`, color: "#ef4444" },
  { key: "buffers", label: t`Buffers`, color: "#d4a017" },
  { key: "overhead", label: t`Runtime and cache`, color: "#8a8f98" },
];

/** How the moments of a run are named. */
export const momentNames: Readonly<Record<Phase, string>> = {
  "end of the forward pass": t`end of the forward pass`,
  "reference model's loss": t`reference model's loss`,
  "teacher's forward pass": t`teacher's forward pass`,
  "loss backward": t`loss backward`,
  "block backward": t`block backward`,
  "embedding backward": t`embedding backward`,
  "optimizer step": t`optimizer step`,
  generation: t`generation`,
  evaluation: t`evaluation`,
};
