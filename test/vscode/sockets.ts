import dgram from "node:dgram";
import { Socket } from "node:net";
import { watch } from "./network.ts";

/** Adds what only Node can do to what `refuseNetwork` refuses. */
export function refuseSockets(): void {
  watch(Socket.prototype, "connect", hostOf);
  watch(dgram, "createSocket", () => "for datagrams");
}

/** What a socket is to connect to, with its port; undefined for pipes. */
function hostOf([where, host]: readonly unknown[]): string | undefined {
  // Node's own callers give all arguments as one list.
  const target: unknown = Array.isArray(where) ? where[0] : where;
  if (typeof target === "number") return `${host ?? "localhost"}:${target}`;
  if (typeof target !== "object" || target === null || "path" in target) return undefined;
  const options = target as { readonly host?: string; readonly port?: number };
  return `${options.host ?? "localhost"}:${options.port}`;
}
