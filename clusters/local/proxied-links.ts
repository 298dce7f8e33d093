import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { ClusterStart, Endpoint } from "../../harness/cluster.ts";
import { startToxiproxy } from "../net/toxiproxy.ts";
import { ToxiproxyClient } from "../net/toxiproxy-client.ts";
import type { LinkName, Links } from "./links.ts";

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
  /** By name; a promise, so that two who ask at once get one proxy. */
  const proxies = new Map<string, Promise<{ readonly listen: Endpoint; upstream: string }>>();

  const make = async (name: string, upstream: string): Promise<{ readonly listen: Endpoint; upstream: string }> => {
    const { listen } = await client.createProxy({ name, listen: "127.0.0.1:0", upstream });
    return { listen: endpointOf(listen), upstream };
  };
  return {
    async connect(link: LinkName, to: Endpoint): Promise<Endpoint> {
      const name = `${link.from}-${link.to}`;
      const upstream = `${to.host}:${to.port}`;
      const known = proxies.get(name);
      if (known === undefined) {
        const making = make(name, upstream);
        proxies.set(name, making);
        making.catch(() => proxies.delete(name));
        return (await making).listen;
      }
      const proxy = await known;
      if (proxy.upstream !== upstream) {
        await client.updateProxy(name, { upstream });
        proxy.upstream = upstream;
      }
      return proxy.listen;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function endpointOf(address: string): Endpoint {
  const cut = address.lastIndexOf(":");
  return { host: address.slice(0, cut), port: Number(address.slice(cut + 1)) };
}
