import type { NodeId } from "../../harness/ids.ts";
import { deadlineSignal } from "../../harness/time.ts";
import type { RunningActorCluster } from "./actor-cluster.ts";
import { type ClientLink, openClientLink } from "./client-link.ts";

/** The connections of a replay, each opened when it is first needed: the player's own to each node's present life, and the clients'. */
export class ReplayConnections {
  readonly #cluster: RunningActorCluster;
  readonly #options: { readonly signal: AbortSignal; readonly openMsMax: number };
  /** By node, then by the client's number; the player's own has none. */
  readonly #open = new Map<NodeId, Map<number | undefined, ClientLink>>();

  constructor(cluster: RunningActorCluster, options: { readonly signal: AbortSignal; readonly openMsMax: number }) {
    this.#cluster = cluster;
    this.#options = options;
  }

  /** Past all proxies, for commands. */
  async hand(node: NodeId): Promise<ClientLink> {
    return await this.#opened(node, undefined);
  }

  /** Through the client's own proxy. */
  async clientLink(client: number, node: NodeId): Promise<ClientLink> {
    return await this.#opened(node, client);
  }

  /** Of a node that has died. */
  closeTo(node: NodeId): void {
    for (const link of this.#open.get(node)?.values() ?? []) link.close();
    this.#open.delete(node);
  }

  close(): void {
    for (const node of [...this.#open.keys()]) this.closeTo(node);
  }

  async #opened(node: NodeId, client: number | undefined): Promise<ClientLink> {
    const known = this.#open.get(node)?.get(client);
    if (known !== undefined) return known;
    const endpoint = client === undefined ? this.#cluster.address(node) : await this.#cluster.endpoint(node, client);
    const link = await openClientLink({ endpoint, name: client === undefined ? "replay" : `c${client}`, signal: deadlineSignal(this.#options.openMsMax, this.#options.signal) });
    if (!this.#open.has(node)) this.#open.set(node, new Map());
    this.#open.get(node)!.set(client, link);
    return link;
  }
}
