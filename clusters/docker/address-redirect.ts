import { HarnessError } from "../../harness/errors.ts";
import type { DockerNode, PeerLinks } from "./docker-system.ts";
import { peerListen, proxyUser, type Pod } from "./pod.ts";

/**
 * For systems whose nodes tell each other addresses: whatever dials a peer's address in the pod ends at the pod's own
 * proxy to that peer.
 *
 *     n1 dials 10.213.0.12:3306 ──chain──→ 127.0.1.2:23306, the proxy n1-n2 ──as its own user──→ 10.213.0.12:3306
 *
 * The rules are in a chain of our own, in the pod's own network namespace: they vanish with the pod. Rules of this kind
 * catch new connections only, so they come before the databases start. Docker's own rules for its name server stand in
 * the same table and are left alone.
 */
export async function redirectAddresses(pod: Pod, peers: PeerLinks, nodes: readonly DockerNode[]): Promise<void> {
  const rules = nodes.flatMap((node, index) =>
    node.id === pod.node.id ? [] : peers.ports.map((port) => `-A ${chain} -p tcp -d ${node.address} --dport ${port} -j DNAT --to-destination ${peerListen(peers, { index, port })}`),
  );
  const table = ["*nat", `:${chain} - [0:0]`, `-A OUTPUT -j ${chain}`, `-A ${chain} -m owner --uid-owner ${proxyUser} -j RETURN`, ...rules, "COMMIT", ""].join("\n");
  const { exitCode, stderr, stdout } = await pod.container.run(["sh", "-c", `printf %s "$TABLE" | iptables-restore --noflush`], { env: { TABLE: table }, user: "root" });
  if (exitCode === 0) return;
  throw new HarnessError("CLUSTER_START", `addresses of peers could not be redirected in ${pod.container.name}: ${(stderr + stdout).trim()}`, {
    nextStep: "check that the engine's kernel has iptables with NAT and owner matching",
  });
}

const chain = "RASHOMON";
