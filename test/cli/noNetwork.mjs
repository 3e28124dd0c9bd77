// Loaded before a program that must not use the network: whatever would open a connection ends it with status 70.
import dgram from "node:dgram";
import dns from "node:dns";
import { writeSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { syncBuiltinESMExports } from "node:module";
import { Socket } from "node:net";

const refuse = (/** @type {string} */ what) => () => {
  writeSync(2, `NETWORK: ${what}\n`);
  process.exit(70);
};

Object.assign(Socket.prototype, { connect: refuse("net") });
Object.assign(dgram, { createSocket: refuse("dgram") });
Object.assign(dns, { lookup: refuse("dns"), resolve: refuse("dns") });
for (const protocol of [http, https]) Object.assign(protocol, { request: refuse("http"), get: refuse("http") });
Object.assign(globalThis, { fetch: refuse("fetch") });
syncBuiltinESMExports();
