import type { Endpoint, Net } from "../../harness/cluster.ts";
import type { NodeId } from "../../harness/ids.ts";

/** One directed link: who dials (a node, or a client thread by its number), and whom. */
export interface LinkName {
  readonly from: NodeId | number;
  readonly to: NodeId;
}

/** What carries a local cluster's links: a proxy per link, or nothing at all. */
export interface Links extends AsyncDisposable {
  /** Faults on the links; absent where nothing carries them. */
  readonly net?: Required<Net>;
  /** Where the dialler of the link reaches `upstream`. Asked again with another upstream, the link leads there from now on. */
  connect(link: LinkName, upstream: Endpoint): Promise<Endpoint>;
}

/** No proxies: diallers get the nodes' own addresses, and the network has no faults. To measure what the proxies cost. */
export function directLinks(): Links {
  return {
    connect: (_link, upstream) => Promise.resolve(upstream),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
