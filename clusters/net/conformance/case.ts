import assert from "node:assert/strict";
import { ToxiproxyClient } from "../toxiproxy-client.ts";
import { dial, type Peer, Upstream } from "../testing/peers.ts";

export interface ConformanceCase {
  /** A claim. */
  readonly title: string;
  /** Holds only for a server that copies Toxiproxy in this too; ours offers the opposite as an option. */
  readonly strict?: "half-close" | "live-reset";
  run(context: CaseContext): Promise<void>;
}

export interface RawReply {
  readonly status: number;
  readonly text: string;
  readonly json: unknown;
  readonly headers: Headers;
}

/** What a case may use; everything it makes is gone afterwards. */
export class CaseContext implements AsyncDisposable {
  readonly url: string;
  readonly client: ToxiproxyClient;
  readonly #disposables = new AsyncDisposableStack();

  constructor(url: string) {
    this.url = url;
    this.client = new ToxiproxyClient({ url, deadlineMs: 30_000 });
  }

  /** A request as it is, with status and text. Strings are sent as they stand. */
  async request(method: string, path: string, body?: unknown, headers: { readonly [name: string]: string } = {}): Promise<RawReply> {
    const sent = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
    const reply = await fetch(this.url + path, { method, headers, ...sent });
    const text = await reply.text();
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      json = undefined;
    }
    return { status: reply.status, text, json, headers: reply.headers };
  }

  /** The refusal must have exactly this status and text. */
  async refused(expected: { readonly status: number; readonly error: string }, method: string, path: string, body?: unknown): Promise<void> {
    const { status, json } = await this.request(method, path, body);
    assert.deepEqual({ status, json }, { status: expected.status, json: { error: expected.error, status: expected.status } });
  }

  async upstream(onPeer?: (peer: Peer) => void): Promise<Upstream> {
    return this.#disposables.use(await Upstream.listen(onPeer));
  }

  async echo(): Promise<Upstream> {
    return this.#disposables.use(await Upstream.echo());
  }

  async dial(address: string): Promise<Peer> {
    const peer = await dial(address);
    this.#disposables.defer(() => peer.close());
    return peer;
  }

  /** A proxy on a free port; its real address. */
  async proxy(upstream: string, name = "p"): Promise<string> {
    return (await this.client.createProxy({ name, listen: "localhost:0", upstream })).listen;
  }

  /** A proxy, a client through it, and that client's peer at the upstream, which has seen its first byte `!`. */
  async joined(name = "p"): Promise<{ listen: string; upstream: Upstream; client: Peer; server: Peer }> {
    const upstream = await this.upstream();
    const listen = await this.proxy(upstream.address, name);
    return { listen, upstream, ...(await this.pair(listen, upstream)) };
  }

  /** One more connection through a proxy. */
  async pair(listen: string, upstream: Upstream): Promise<{ client: Peer; server: Peer }> {
    const index = upstream.peers.length;
    const client = await this.dial(listen);
    client.send("!");
    const server = await upstream.peer(index);
    await server.got("!");
    return { client, server };
  }

  async toxic(type: string, attributes: { readonly [name: string]: number }, more: { stream?: "upstream" | "downstream"; name?: string; toxicity?: number; proxy?: string } = {}): Promise<void> {
    const stream = more.stream ?? "downstream";
    await this.client.addToxic(more.proxy ?? "p", { name: more.name ?? type, type, stream, toxicity: more.toxicity ?? 1, attributes });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of (await this.client.proxies()).keys()) await this.client.removeProxy(name);
    await this.#disposables.disposeAsync();
  }
}
