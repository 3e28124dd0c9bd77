import type { Components } from "../memory/components.ts";

/** How the parts of the memory are named and told apart by colour, in the order in which they are stacked. */
export interface ComponentStyle {
  readonly key: keyof Components;
  readonly label: string;
  /** Legible on light and dark backgrounds. */
  readonly color: string;
}

export const componentStyles: readonly ComponentStyle[] = [
  { key: "weights", label: "Weights", color: "#3b82f6" },
  { key: "gradients", label: "Gradients", color: "#f59e0b" },
  { key: "optimizer", label: "Optimizer", color: "#8b5cf6" },
  { key: "activations", label: "Activations", color: "#10b981" },
  { key: "logits", label: "Logits and loss", color: "#ef4444" },
  { key: "buffers", label: "Buffers", color: "#d4a017" },
  { key: "overhead", label: "CUDA and cache", color: "#8a8f98" },
];
