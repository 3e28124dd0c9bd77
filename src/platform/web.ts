import type { Platform } from "./platform.ts";

/** VS Code in a browser: files come through VS Code alone, and none of them is a link. */
export const platform: Platform = {
  environment: {},
  home: undefined,
  realPath: async (path) => path,
  readPieces: undefined,
  askNvidiaSmi: undefined,
};
