import { Toxiproxy } from "toxiproxy-node-client";
import type { Net } from "../../harness/cluster.ts";
import type { DockerSystem } from "./docker-system.ts";
import { apiUrl, clientProxyPort, peerProxyHost, type Pod } from "./pod.ts";

/**
 * The proxies of a cluster's links, each in the pod of the node that dials (`n1-n2` in n1's), a client link's in the
 * pod of the node that is dialled (`client-n1` in n1's).
 */
export async function podNet(options: { readonly pods: readonly Pod[]; readonly system: DockerSystem }): Promise<Net | undefined> {
  const { pods, system } = options;
  await Promise.all(
    pods.map((pod) => {
      const peers = pods.flatMap((peer, index) =>
        peer === pod ? [] : [{ name: `${pod.node.id}-${peer.node.id}`, listen: `${peerProxyHost(index)}:${system.peerPort}`, upstream: `${peer.node.address}:${system.peerPort}` }],
      );
      const clients = { name: `client-${pod.node.id}`, listen: `0.0.0.0:${clientProxyPort(system)}`, upstream: `127.0.0.1:${system.clientPort}` };
      return new Toxiproxy(apiUrl(pod)).populate([...peers, clients]);
    }),
  );
  return undefined;
}
