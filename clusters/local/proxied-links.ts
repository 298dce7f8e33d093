import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { ClusterStart } from "../../harness/cluster.ts";
import { linkName, LinkTable } from "../net/links.ts";
import { proxiedNet } from "../net/proxied-net.ts";
import { startToxiproxy } from "../net/toxiproxy.ts";
import { ToxiproxyClient } from "../net/toxiproxy-client.ts";
import type { Links } from "./links.ts";

/**
 * Every link through a proxy of its own, all in one server that is a child process: no pause of the harness (a checker
 * at work, a garbage collection) sits on a link. A proxy is made when its link is first asked for, on a port of the
 * kernel's choice; a node that starts again on another port keeps its proxies, with their toxics, and only their
 * upstream changes.
 */
export async function startProxiedLinks(start: ClusterStart): Promise<Links> {
  const { signal, ledger, logsFolder, random } = start;
  const folder = join(logsFolder, "proxies");
  mkdirSync(folder, { recursive: true });
  const server = await startToxiproxy({ signal, ledger, logFile: join(folder, "proxies.log"), seed: random.fork("proxies").seed });
  const client = new ToxiproxyClient({ url: server.url });
  const links = new LinkTable({ serverOf: () => client, ledger });
  return {
    net: proxiedNet({ links }),
    async connect({ from, to }, address) {
      const { listen } = await links.ensureLink({
        name: linkName(from, to),
        from: typeof from === "number" ? "clients" : from,
        to,
        listen: "127.0.0.1:0",
        upstream: `${address.host}:${address.port}`,
      });
      const cut = listen.lastIndexOf(":");
      return { host: listen.slice(0, cut), port: Number(listen.slice(cut + 1)) };
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
