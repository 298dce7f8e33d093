import { createServer, type Server, type Socket } from "node:net";
import type { Random } from "../../../harness/random.ts";
import { type HostPort, joinHostPort, resolveListen, splitHostPort } from "./address.ts";
import { internal, toxicExists, toxicNotFound } from "./api-error.ts";
import { Connection, SOCKET_BUFFER_BYTES } from "./connection.ts";
import { proxyCounters, type ProxyCounters } from "./counters.ts";
import type { Stream, Toxic } from "./toxic.ts";

export interface ProxyOptions {
  readonly name: string;
  readonly listen: string;
  readonly upstream: string;
  /** The proxy's own stream of chance. */
  readonly random: Random;
  readonly halfClose: boolean;
  readonly liveReset: boolean;
  readonly log: (line: string) => void;
}

/**
 * One listener, its upstream, its connections and its toxics. `listen` is the address asked for until it starts, then
 * the real one. Changes of state (`start`, `stop`, `update`) must not overlap: the collection runs them one by one.
 */
export class Proxy {
  readonly name: string;
  readonly counters: ProxyCounters = proxyCounters();
  readonly #options: ProxyOptions;
  readonly #toxics: { readonly [stream in Stream]: Toxic[] } = { upstream: [], downstream: [] };
  readonly #connections = new Set<Connection>();
  #listen: string;
  #upstream: string;
  #server: Server | undefined;
  #serial = 0;

  constructor(options: ProxyOptions) {
    this.#options = options;
    this.name = options.name;
    this.#listen = options.listen;
    this.#upstream = options.upstream;
  }

  get listen(): string {
    return this.#listen;
  }
  get upstream(): string {
    return this.#upstream;
  }
  get enabled(): boolean {
    return this.#server !== undefined;
  }
  get openConnections(): number {
    return this.#connections.size;
  }

  /** Upstream toxics first, then downstream, each in order of insertion. */
  toxics(): Toxic[] {
    return [...this.#toxics.upstream, ...this.#toxics.downstream];
  }

  heldBytes(stream: Stream): number {
    let bytes = 0;
    for (const connection of this.#connections) bytes += connection.heldBytes(stream);
    return bytes;
  }

  /** Listens; no effect when it does already. Throws an `ApiError` with Go's text. */
  async start(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true, highWaterMark: SOCKET_BUFFER_BYTES }, (client) => this.#accept(client));
    this.#listen = await listenAs(server, this.#listen);
    // From here on errors are of single connections (no file descriptors left, say): the listener goes on.
    server.on("error", (error) => this.#options.log(`${this.name}: cannot accept: ${error.message}`));
    this.#server = server;
    this.#options.log(`${this.name}: listening on ${this.#listen} for ${this.#upstream}`);
  }

  /** Refuses new connections and says FIN to those there are. */
  stop(): void {
    if (this.#server === undefined) return;
    this.#server.close();
    this.#server = undefined;
    for (const connection of [...this.#connections]) connection.close();
    this.#options.log(`${this.name}: stopped`);
  }

  /** Would `listen` and `upstream` need a restart? The name of the address is resolved first: `localhost` is `127.0.0.1`. */
  async differs(listen: string, upstream: string): Promise<boolean> {
    const { text } = await resolveListen(listen).catch((error: Error) => {
      throw internal(error.message);
    });
    return text !== this.#listen || upstream !== this.#upstream;
  }

  /** A restart when the addresses differ, then enabled or disabled as asked. */
  async update(to: { readonly listen: string; readonly upstream: string; readonly enabled: boolean }): Promise<void> {
    if (await this.differs(to.listen, to.upstream)) {
      this.stop();
      this.#listen = to.listen;
      this.#upstream = to.upstream;
    }
    if (to.enabled) await this.start();
    else this.stop();
  }

  toxic(name: string): Toxic | undefined {
    return this.toxics().find((toxic) => toxic.name === name);
  }

  /** Appends to its stream's chain, on live connections too. */
  addToxic(toxic: Toxic): void {
    if (this.toxic(toxic.name) !== undefined) throw toxicExists();
    this.#toxics[toxic.stream].push(toxic);
    for (const connection of [...this.#connections]) connection.link(toxic.stream)?.addToxic(toxic);
    this.#options.log(`${this.name}: toxic ${toxic.name} (${toxic.kind.type}, ${toxic.stream}) added`);
  }

  updateToxic(name: string, to: { readonly attributes: Toxic["attributes"]; readonly toxicity: number }): Toxic {
    const toxic = this.toxic(name);
    if (toxic === undefined) throw toxicNotFound();
    toxic.attributes = to.attributes;
    toxic.toxicity = to.toxicity;
    for (const connection of [...this.#connections]) connection.link(toxic.stream)?.updateToxic(toxic);
    return toxic;
  }

  removeToxic(name: string): void {
    const toxic = this.toxic(name);
    if (toxic === undefined) throw toxicNotFound();
    const chain = this.#toxics[toxic.stream];
    chain.splice(chain.indexOf(toxic), 1);
    for (const connection of [...this.#connections]) connection.link(toxic.stream)?.removeToxic(toxic);
    this.#options.log(`${this.name}: toxic ${toxic.name} removed`);
  }

  #accept(client: Socket): void {
    const serial = this.#serial++;
    this.counters.accepted++;
    let upstream: HostPort;
    try {
      upstream = splitHostPort(this.#upstream);
    } catch (error) {
      this.counters.dialFailed++;
      this.#options.log(`${this.name}: cannot dial: ${error instanceof Error ? error.message : String(error)}`);
      client.on("error", () => {});
      client.destroy();
      return;
    }
    const connection: Connection = new Connection({
      client,
      upstream: { host: upstream.host || "localhost", port: upstream.port },
      counters: this.counters,
      random: this.#options.random.fork(`${serial}`),
      toxics: this.#toxics,
      halfClose: this.#options.halfClose,
      liveReset: this.#options.liveReset,
      onClosed: () => this.#connections.delete(connection),
      onDialError: (error) => this.#options.log(`${this.name}: cannot dial ${this.#upstream}: ${error.message}`),
    });
    this.#connections.add(connection);
  }
}

/** Starts listening and returns the real address. */
async function listenAs(server: Server, listen: string): Promise<string> {
  const wanted = await resolveListen(listen).catch((error: Error) => {
    throw internal(`listen tcp: ${error.message}`);
  });
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(internal(`listen tcp ${wanted.text}: bind: ${bindErrors[error.code ?? ""] ?? error.message}`)));
    server.listen({ host: wanted.host, port: wanted.port, backlog: 511 }, () => {
      const address = server.address();
      resolve(address === null || typeof address === "string" ? wanted.text : joinHostPort({ host: address.address, port: address.port }));
    });
  });
}

const bindErrors: { readonly [code: string]: string } = {
  EADDRINUSE: "address already in use",
  EADDRNOTAVAIL: "cannot assign requested address",
  EACCES: "permission denied",
};
