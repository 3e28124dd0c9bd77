import { testedExtension } from "./documents.ts";

let attempts: string[] = [];
let allowed: string | undefined;

/** What has asked for the network since the last test ended, or since the last call. */
export function takeAttempts(): readonly string[] {
  const taken = attempts;
  attempts = [];
  return taken;
}

/** Lets a test's own server, by host and port, be asked; nothing again when undefined. */
export function allowNetwork(host: string | undefined): void {
  allowed = host;
}

/** Fails each test of a suite that sees the extension, or the suite itself, ask for the network; others in the host may. */
export function refuseNetwork(): void {
  Error.stackTraceLimit = 100;
  for (const name of ["fetch", "WebSocket", "EventSource"]) {
    if (name in globalThis) watch(globalThis, name, ([address]) => elsewhere(address));
  }
  if ("XMLHttpRequest" in globalThis) watch(XMLHttpRequest.prototype, "open", ([, address]) => elsewhere(address));
  afterEach(() => {
    const refused = takeAttempts().filter((attempt) => allowed === undefined || !attempt.includes(allowed));
    if (refused.length > 0) throw new Error(`The network was asked for: ${refused.join(", ")}`);
  });
}

/** Remembers calls of a method by what `addressOf` makes of their arguments; undefined for those that stay on this machine. */
export function watch(owner: object, name: string, addressOf: (args: readonly unknown[]) => string | undefined): void {
  const own: unknown = Reflect.get(owner, name);
  if (typeof own !== "function") throw new Error(`There is no ${name}.`);
  const note = (args: readonly unknown[], trap: unknown) => {
    const address = addressOf(args);
    if (address !== undefined && isOwn(callersOf(trap))) attempts.push(`${name} ${address}`);
  };
  const traps: ProxyHandler<typeof own> = {
    apply(target, self, args) {
      note(args, traps.apply);
      return Reflect.apply(target, self, args);
    },
    construct(target, args, made) {
      note(args, traps.construct);
      return Reflect.construct(target, args, made);
    },
  };
  Reflect.set(owner, name, new Proxy(own, traps));
}

/** The stack above a function. */
function callersOf(called: unknown): string {
  const error = { stack: "" };
  Error.captureStackTrace(error, called as () => void);
  return error.stack;
}

/** Whether code of the extension, or of its tests, is among the callers. */
function isOwn(callers: string): boolean {
  const folder = testedExtension()?.extensionUri.path.replace(/^\//, "") ?? "";
  const files = callers.replaceAll("\\", "/").toLowerCase();
  return ["dist", "out/test"].some((built) => files.includes(`${folder.toLowerCase()}/${built}/`));
}

/** The worker's own code comes from where VS Code was started. */
function elsewhere(address: unknown): string | undefined {
  const text = address instanceof Request ? address.url : String(address);
  const home = globalThis.location?.origin;
  return home !== undefined && text.startsWith(home) ? undefined : text;
}
