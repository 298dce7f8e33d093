import { createServer } from "node:http";
import type { Random } from "../../../harness/random.ts";
import { joinHostPort } from "./address.ts";
import { handle } from "./api.ts";
import { Proxies } from "./proxies.ts";

/**
 * A server that speaks Toxiproxy 2.12's HTTP API and has its eight toxics, for links on machines without its binary.
 *
 *     server ── api ── proxies ── proxy ──┬─ connection ──┬─ link upstream    ── stage ── stage …
 *                                         └─ connection … └─ link downstream  ── stage ── stage …
 *
 * `toxiproxy-conformance.ts` holds it to the same cases as the real one. What departs from it, on purpose:
 *
 * - Options: half-close is kept (`halfClose`), `reset_peer` resets connections older than it (`liveReset`).
 * - `GET /rashomon/links` counts connections and bytes, per proxy, stream and toxic. There is no `/metrics`.
 * - Chance comes from the seed, per proxy, connection, stream and toxic. (2.12 makes a generator from `-seed` and drops it.)
 * - A coin is tossed when a toxic comes or is updated. (There also when a neighbour in the chain comes or goes, and a
 *   new toxic sets free what the one before it holds.)
 * - Removing `timeout` ends the connections that it touched. (There all, whatever their coin said.)
 * - Removing a toxic never waits for a slow reader; `reset_peer`'s wait ends with its removal and respects toxicity.
 * - An update with one wrong attribute changes none.
 * - A missing listen address means loopback, not every interface.
 * - A slicer of size 0 and a negative bandwidth do something sensible. (There the one recurses without end, the other
 *   kills the process.)
 */
export interface ServerOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly random: Random;
  /** Keep TCP half-close, which Toxiproxy does not. */
  readonly halfClose: boolean;
  /** `reset_peer` also resets connections that are older than the toxic, which Toxiproxy does not. */
  readonly liveReset: boolean;
  /** One line per event: proxies and toxics come and go, dials fail. */
  readonly log: (line: string) => void;
}

export interface RunningServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly url: string;
}

/** Keep-alive connections of idle clients; Toxiproxy's own value. Longer than a client's, so the client closes first. */
const IDLE_MS = 60_000;

/** Starts the HTTP API. Rejects with Node's error (`EADDRINUSE`, …). Disposing closes the API, every proxy and connection. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const proxies = new Proxies(options);
  const prefix = options.random.fork("request-id").u32().toString(36).padStart(7, "0");
  let serial = 0;
  const http = createServer((request, response) => {
    response.setHeader("X-Toxiproxy-Request-Id", `${prefix}${(serial++).toString(36).padStart(9, "0")}`);
    void handle(proxies, request, response);
  });
  http.keepAliveTimeout = IDLE_MS;
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen({ host: options.host, port: options.port }, () => resolve());
  });
  const address = http.address();
  if (address === null || typeof address === "string") throw new Error("assertion failed: a TCP server has a port");
  const host = address.address;
  return {
    host,
    port: address.port,
    url: `http://${joinHostPort({ host, port: address.port })}`,
    [Symbol.asyncDispose]: async () => {
      proxies.stopAll();
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      http.closeAllConnections();
      await closed;
    },
  };
}
