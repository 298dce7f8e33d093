import type { Net } from "../../harness/cluster.ts";
import type { Ledger } from "../../harness/ledger.ts";
import { deadlineSignal, monotonicMs } from "../../harness/time.ts";
import type { Probe } from "../net/effect.ts";
import { LinkTable, linkName, type LinkSpec } from "../net/links.ts";
import { proxiedNet } from "../net/proxied-net.ts";
import { ToxiproxyClient } from "../net/toxiproxy-client.ts";
import type { DockerSystem } from "./docker-system.ts";
import { apiUrl, clientProxyPort, peerProxyHost, type Pod } from "./pod.ts";

/**
 * The proxies of a cluster's links, each in the pod of the node that dials (`n1-n2` in n1's); the clients' link to a
 * node is one proxy in that node's own pod (`clients-n1`), for all client threads.
 *
 * The real Toxiproxy counts nothing, so the effect of a fault is seen by asking through the link: from inside the
 * dialling pod over a link between nodes, from the host over a clients' link.
 */
export async function podNet(options: { readonly pods: readonly Pod[]; readonly system: DockerSystem; readonly ledger: Ledger }): Promise<Net> {
  const { pods, system, ledger } = options;
  const home = new Map<string, { readonly pod: Pod; readonly client: ToxiproxyClient }>();
  const specs: LinkSpec[] = [];
  for (const pod of pods) {
    const client = new ToxiproxyClient({ url: apiUrl(pod) });
    const own = pod.node.id;
    const clients: LinkSpec = { name: `clients-${own}`, from: "clients", to: own, listen: `0.0.0.0:${clientProxyPort(system)}`, upstream: `127.0.0.1:${system.clientPort}` };
    const peers = pods.flatMap((peer, index): LinkSpec[] =>
      peer === pod
        ? []
        : [{ name: linkName(own, peer.node.id), from: own, to: peer.node.id, listen: `${peerProxyHost(index)}:${system.peerPort}`, upstream: `${peer.node.address}:${system.peerPort}` }],
    );
    for (const spec of [clients, ...peers]) {
      home.set(spec.name, { pod, client });
      specs.push(spec);
    }
  }
  const links = new LinkTable({ serverOf: (name) => home.get(name)!.client, ledger });
  await links.ensureLinks(specs);
  const probe = system.probe === undefined ? {} : { probe: probeThrough(system.probe, (name) => home.get(name)!.pod) };
  return proxiedNet({ links, ...probe });
}

/** How long a probe waits for its answer, beside the time that it takes to get into the pod. */
const probeMs = 500;
/** Makes a probe heavy enough to be held up by links that are slow or that cut what passes into slices: 8 KB. */
const padding = "x".repeat(8192);

function probeThrough(paths: NonNullable<DockerSystem["probe"]>, podOf: (link: string) => Pod): Probe {
  return async (link, signal) => {
    const pod = podOf(link.name);
    if (link.from === "clients") {
      const began = monotonicMs();
      const answered = await askOverHttp(`http://${pod.clients.host}:${pod.clients.port}${paths.clientPath}`, signal);
      return { answered, ms: monotonicMs() - began };
    }
    const argv = ["curl", "-s", "-o", "/dev/null", "-m", String(probeMs / 1000), "-H", `x-padding: ${padding}`, "-w", "%{http_code} %{time_total}", `http://${link.listen}${paths.peerPath}`];
    const { stdout } = await pod.container.run(argv, { signal });
    const [status, seconds] = stdout.split(" ");
    return { answered: status !== undefined && status !== "000", ms: Number(seconds ?? 0) * 1000 };
  };
}

async function askOverHttp(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const reply = await fetch(url, { signal: deadlineSignal(probeMs, signal), headers: { connection: "close", "x-padding": padding } });
    await reply.arrayBuffer();
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
