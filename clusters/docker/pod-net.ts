import type { Endpoint, Net } from "../../harness/cluster.ts";
import type { Ledger } from "../../harness/ledger.ts";
import { deadlineSignal, monotonicMs } from "../../harness/time.ts";
import { type Probe, tcpProbe } from "../net/effect.ts";
import { LinkTable, linkName, type LinkSpec } from "../net/links.ts";
import { proxiedNet } from "../net/proxied-net.ts";
import { ToxiproxyClient } from "../net/toxiproxy-client.ts";
import type { DockerSystem, LinkProbe, Question } from "./docker-system.ts";
import { apiUrl, clientProxyPort, peerListen, type Pod } from "./pod.ts";

/**
 * The proxies of a cluster's links, each in the pod of the node that dials (`n1-n2` in n1's, or `n1-n2-5432` where peers
 * have several ports); the clients' links to a node have theirs in that node's own pod: one for all threads (`clients-n1`)
 * or, where the cluster is told how many there are, one each (`clients-n1-0`, `clients-n1-1`, …).
 *
 * The real Toxiproxy counts nothing, so the effect of a fault is seen by asking through the link: from inside the
 * dialling pod over a link between nodes, from the host over a clients' link.
 */
export async function podNet(options: { readonly pods: readonly Pod[]; readonly system: Pick<DockerSystem, "peers" | "probe">; readonly ledger: Ledger }): Promise<Net> {
  const { pods, system, ledger } = options;
  const home = new Map<string, { readonly pod: Pod; readonly client: ToxiproxyClient }>();
  /** By name: where the host finds a client link's proxy. */
  const clientLinks = new Map<string, Endpoint>();
  const specs: LinkSpec[] = [];
  for (const pod of pods) {
    const client = new ToxiproxyClient({ url: apiUrl(pod) });
    const own = pod.node.id;
    const clients = pod.clients.map((published, link): LinkSpec => {
      const name = pod.clients.length === 1 ? `clients-${own}` : `clients-${own}-${link}`;
      clientLinks.set(name, published);
      return { name, from: "clients", to: own, listen: `0.0.0.0:${clientProxyPort(pod.clientPort, link)}`, upstream: `127.0.0.1:${pod.clientPort}` };
    });
    const peers = pods.flatMap((peer, index): LinkSpec[] =>
      peer === pod
        ? []
        : system.peers.ports.map((port) => ({
            name: system.peers.ports.length === 1 ? linkName(own, peer.node.id) : `${linkName(own, peer.node.id)}-${port}`,
            from: own,
            to: peer.node.id,
            listen: peerListen(system.peers, { index, port }),
            upstream: `${peer.node.address}:${port}`,
          })),
    );
    for (const spec of [...clients, ...peers]) {
      home.set(spec.name, { pod, client });
      specs.push(spec);
    }
  }
  const links = new LinkTable({ serverOf: (name) => home.get(name)!.client, ledger });
  await links.ensureLinks(specs);
  const probe = system.probe === undefined ? {} : { probe: probeThrough(system.probe, { podOf: (name) => home.get(name)!.pod, clientLinks }) };
  return proxiedNet({ links, ...probe });
}

/** How long a probe waits for its answer, beside the time that it takes to get into the pod. */
const probeMs = 500;
/** Makes a probe heavy enough to be held up by links that are slow or that cut what passes into slices: 8 KB. */
const padding = "x".repeat(8192);

function probeThrough(probe: LinkProbe, at: { readonly podOf: (link: string) => Pod; readonly clientLinks: ReadonlyMap<string, Endpoint> }): Probe {
  return async (link, signal) => {
    const clients = at.clientLinks.get(link.name);
    if (clients !== undefined) {
      if ("tcp" in probe.clients) return await tcpProbe({ payload: probe.clients.tcp, deadlineMs: probeMs })({ ...link, listen: `${clients.host}:${clients.port}` }, signal);
      const began = monotonicMs();
      const answered = await askOverHttp(`http://${clients.host}:${clients.port}${probe.clients.http}`, signal);
      return { answered, ms: monotonicMs() - began, sentBytes: padding.length };
    }
    if (!link.upstream.endsWith(`:${probe.peerPort}`)) return undefined;
    const { stdout } = await at.podOf(link.name).container.run(questionInPod(probe.peer, link.listen), { signal });
    const [answer, seconds] = stdout.trim().split(" ");
    return { answered: answer !== undefined && answer !== "" && answer !== "000", ms: Number(seconds ?? 0) * 1000, sentBytes: "http" in probe.peer ? padding.length : probe.peer.tcp.length };
  };
}

/** A program that prints what tells an answer from none (HTTP status, or `answered`), and the seconds that it took. */
function questionInPod(question: Question, listen: string): string[] {
  if ("http" in question) {
    return ["curl", "-s", "-o", "/dev/null", "-m", String(probeMs / 1000), "-H", `x-padding: ${padding}`, "-w", "%{http_code} %{time_total}", `http://${listen}${question.http}`];
  }
  const [host = "", port = ""] = listen.split(":");
  const ask = `exec 3<>"/dev/tcp/$0/$1" && printf %b "$2" >&3 && [ "$(head -c 1 <&3 | wc -c)" = 1 ] && echo answered`;
  const escaped = [...Buffer.from(question.tcp, "latin1")].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
  const timed = `began=$EPOCHREALTIME; said=$(timeout ${probeMs / 1000} bash -c '${ask}' "$@" 2>/dev/null || echo 000); ended=$EPOCHREALTIME; echo "$said $(( (\${ended/[.,]/} - \${began/[.,]/}) / 1000 ))e-3"`;
  return ["bash", "-c", timed, "ask", host, port, escaped];
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
