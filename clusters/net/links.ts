import type { Undo } from "../../harness/disturbance.ts";
import type { NodeId } from "../../harness/ids.ts";
import type { Ledger } from "../../harness/ledger.ts";
import { toxicUrl, type ToxicSpec, type ToxiproxyClient } from "./toxiproxy-client.ts";

/**
 * The links of a cluster: which proxy carries which connections, and on which server it lives.
 *
 *     n1 ──dials──► proxy n1-n2 ──► n2            one proxy per directed link
 *     client thread 3 ──► proxy c3-n1 ──► n1      and one per client's link to a node
 *
 * A link may come while a fault is on (a client thread that connects for the first time, say). It must be born with
 * the fault: its proxy is created disabled, gets its toxics, and only then listens. No message slips through.
 */
export interface LinkSpec {
  /** The proxy's name. */
  readonly name: string;
  /** Who dials; `clients` for any client's link. */
  readonly from: NodeId | "clients";
  readonly to: NodeId;
  /** Where the dialler connects; port 0 for any. */
  readonly listen: string;
  /** Where `to` really listens. */
  readonly upstream: string;
}

export interface ProxyLink extends LinkSpec {
  /** The API of the server that has the proxy. */
  readonly client: ToxiproxyClient;
}

/** `n1-n2`; `c3-n1` for client thread 3. */
export function linkName(from: NodeId | number, to: NodeId): string {
  return `${typeof from === "number" ? `c${from}` : from}-${to}`;
}

/** Something that is on now and also concerns links that come later. */
export interface Arm {
  readonly description: string;
  toxicsFor(link: LinkSpec): readonly ToxicSpec[];
  disables(link: LinkSpec): boolean;
  /** A link came that this arm concerns; its undo is in the ledger under `id`. */
  onLateLink(link: ProxyLink, id: string | undefined): void;
}

export interface LinksOptions {
  /** The server on which a proxy lives: one for all locally, one per pod in Docker. Must give one client per server. */
  readonly serverOf: (proxyName: string) => ToxiproxyClient;
  /** Where faults on late links are written down; without it they are undone with the rest, but not by `heal`. */
  readonly ledger?: Ledger;
}

interface Entry {
  link: ProxyLink;
  /** Settles when the proxy stands, or failed to. */
  ready: Promise<unknown>;
}

export class LinkTable {
  readonly #options: LinksOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #arms = new Set<Arm>();
  #serial = 0;

  constructor(options: LinksOptions) {
    this.#options = options;
  }

  /** Every link that stands or is being made, sorted by name. */
  links(): ProxyLink[] {
    return [...this.#entries.values()].map((entry) => entry.link).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The link as it then is, with its real address. Asked again with another upstream it leads there from now on. */
  async ensureLink(spec: LinkSpec): Promise<ProxyLink> {
    return (await this.ensureLinks([spec]))[0]!;
  }

  /**
   * All or none: one request per server, and what was created is removed again when one fails. In the order given.
   * Errors: PROXY_FAILED.
   */
  async ensureLinks(specs: readonly LinkSpec[]): Promise<ProxyLink[]> {
    const missing = specs.filter((spec) => !this.#entries.has(spec.name));
    // Entries come before the first await: a fault that is applied meanwhile finds them and waits.
    for (const group of this.#byServer(missing)) {
      const making = this.#make(group);
      making.catch(() => {
        for (const link of group) this.#entries.delete(link.name);
      });
      for (const link of group) this.#entries.set(link.name, { link, ready: making });
    }
    const settled = await Promise.allSettled(specs.map((spec) => this.#settle(spec)));
    const failure = settled.find((result) => result.status === "rejected");
    if (failure === undefined) return specs.map((spec) => this.#entries.get(spec.name)!.link);
    await Promise.allSettled(missing.map((spec) => this.remove(spec.name)));
    throw failure.reason;
  }

  /** Removes the link's proxy; no effect when there is none. */
  async remove(name: string): Promise<void> {
    const entry = this.#entries.get(name);
    this.#entries.delete(name);
    await entry?.link.client.removeProxy(name);
  }

  /** Waits until the link's proxy stands. Undefined when it came to nothing. */
  async standing(name: string): Promise<ProxyLink | undefined> {
    await this.#entries.get(name)?.ready.catch(() => undefined);
    return this.#entries.get(name)?.link;
  }

  /** From now on links are born with it. */
  arm(arm: Arm): void {
    this.#arms.add(arm);
  }

  disarm(arm: Arm): void {
    this.#arms.delete(arm);
  }

  /** Is anything else on that disables the link? */
  isDisabledByOther(link: LinkSpec, than: Arm): boolean {
    return [...this.#arms].some((arm) => arm !== than && arm.disables(link));
  }

  /** A number that no other fault of this table has: toxics' names must be unique on their proxies. */
  nextSerial(): number {
    return ++this.#serial;
  }

  /** Writes the undo of a fault on a link that its planned undo does not name. Undefined without a ledger. */
  intendLate(arm: Arm, link: ProxyLink): string | undefined {
    const { ledger } = this.#options;
    if (ledger === undefined) return undefined;
    const id = ledger.freshId(`late-${link.name}`);
    ledger.intend({ id, what: `${arm.description}, on ${link.name}`, kind: "fault", undo: undoOf(arm, link) });
    return id;
  }

  /** The late link's fault is undone. */
  healedLate(id: string | undefined): void {
    if (id !== undefined) this.#options.ledger?.healed(id);
  }

  /** Waits for a link that is being made; leads one that stands elsewhere to its new upstream. */
  async #settle(spec: LinkSpec): Promise<void> {
    const entry = this.#entries.get(spec.name)!;
    await entry.ready;
    if (entry.link.upstream === spec.upstream) return;
    await entry.link.client.updateProxy(spec.name, { upstream: spec.upstream });
    entry.link = { ...entry.link, upstream: spec.upstream };
  }

  async #make(group: readonly ProxyLink[]): Promise<void> {
    const { client } = group[0]!;
    const armed = group.map((link) => {
      const arms = [...this.#arms].filter((arm) => arm.disables(link) || arm.toxicsFor(link).length > 0);
      for (const arm of arms) arm.onLateLink(link, this.intendLate(arm, link));
      return { link, toxics: arms.flatMap((arm) => arm.toxicsFor(link)), disabled: arms.some((arm) => arm.disables(link)) };
    });
    try {
      const created = await client.populate(armed.map(({ link, toxics }) => ({ name: link.name, listen: link.listen, upstream: link.upstream, enabled: toxics.length === 0 })));
      await Promise.all(
        armed.map(async ({ link, toxics, disabled }, i) => {
          let listen = created[i]!.listen;
          for (const toxic of toxics) await client.addToxic(link.name, toxic);
          if (toxics.length > 0) listen = (await client.updateProxy(link.name, { enabled: true })).listen;
          // Its port is known only once it has listened, so it is disabled last.
          if (disabled) await client.updateProxy(link.name, { enabled: false });
          const entry = this.#entries.get(link.name);
          if (entry !== undefined) entry.link = { ...link, listen };
        }),
      );
    } catch (error) {
      await Promise.allSettled(group.map((link) => client.removeProxy(link.name)));
      throw error;
    }
  }

  #byServer(specs: readonly LinkSpec[]): ProxyLink[][] {
    const groups = new Map<ToxiproxyClient, ProxyLink[]>();
    for (const spec of specs) {
      const client = this.#options.serverOf(spec.name);
      const group = groups.get(client) ?? [];
      groups.set(client, group);
      if (!group.some((link) => link.name === spec.name)) group.push({ ...spec, client });
    }
    return [...groups.values()];
  }
}

/** What takes the arm's effect off the link, and nothing else. */
export function undoOf(arm: Arm, link: ProxyLink): Undo[] {
  const toxics = arm.toxicsFor(link).map((toxic): Undo => ({ undo: "http", method: "DELETE", url: toxicUrl(link.client.url, link.name, toxic.name) }));
  const enable: Undo[] = arm.disables(link) ? [{ undo: "http", method: "POST", url: `${link.client.url}/proxies/${link.name}`, body: { enabled: true } }] : [];
  return [...toxics, ...enable];
}
