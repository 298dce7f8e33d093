import { connect, type Socket } from "node:net";
import type { Random } from "../../../harness/random.ts";
import { after } from "../../../harness/time.ts";
import type { HostPort } from "./address.ts";
import type { ProxyCounters } from "./counters.ts";
import { Link } from "./link.ts";
import type { Stream, Toxic } from "./toxic.ts";

/** How much Node buffers per socket before it pushes back: a few reads, so that not every write waits for a drain. */
export const SOCKET_BUFFER_BYTES: number = 256 * 1024;

/** How long a socket that was told to close may take to empty its receive buffer; unread bytes would turn FIN into RST. */
const FAREWELL_MS = 50;

/** How long a slow reader may take for its last bytes before a severed connection lets go of it. */
const FLUSH_MS_MAX = 30_000;

export interface ConnectionOptions {
  readonly client: Socket;
  readonly upstream: HostPort;
  readonly counters: ProxyCounters;
  readonly random: Random;
  readonly toxics: { readonly [stream in Stream]: readonly Toxic[] };
  /** End of one direction ends that direction only; Toxiproxy closes the whole connection. */
  readonly halfClose: boolean;
  /** `reset_peer` also resets a connection that is older than the toxic; Toxiproxy sends such a one FIN. */
  readonly liveReset: boolean;
  readonly onClosed: () => void;
  readonly onDialError: (error: Error) => void;
}

/**
 * A client's connection, the one it causes to the upstream, and the two links between them.
 *
 *     client ══ upstream link ══► server
 *     client ◄══ downstream link ══ server
 *
 * It ends in one of four ways: both directions ended (`eof`), a toxic severed it, a socket died, or the proxy stopped.
 * All but a reset say goodbye with FIN.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #resets: boolean;
  #links: { readonly [stream in Stream]: Link } | undefined;
  #closed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#client = options.client;
    this.#resets = options.liveReset || [...options.toxics.upstream, ...options.toxics.downstream].some((toxic) => toxic.kind.type === "reset_peer");
    // A variable, because Node's types do not know that a socket takes its stream's options too.
    const dial = { host: options.upstream.host, port: options.upstream.port, allowHalfOpen: true, noDelay: true, highWaterMark: SOCKET_BUFFER_BYTES };
    this.#server = connect(dial);
    this.#server.once("connect", () => this.#join());
    for (const socket of [this.#client, this.#server]) {
      // The error's story is told by the close that follows.
      socket.on("error", () => {});
      socket.on("close", () => this.#onSocketClosed(socket));
    }
    this.#server.once("error", (error) => {
      if (this.#links === undefined && !this.#closed) {
        options.counters.dialFailed++;
        options.onDialError(error);
      }
    });
  }

  link(stream: Stream): Link | undefined {
    return this.#links?.[stream];
  }

  heldBytes(stream: Stream): number {
    return this.#links?.[stream].heldBytes() ?? 0;
  }

  /** FIN to both sides, now; what is inside is lost. */
  close(): void {
    if (this.#finish()) for (const socket of [this.#client, this.#server]) farewell(socket);
  }

  /** RST to both sides, now; see `liveReset`. */
  reset(): void {
    if (!this.#resets) return this.#sever();
    if (this.#finish()) for (const socket of [this.#client, this.#server]) socket.resetAndDestroy();
  }

  /** FIN to both sides as soon as they took what was written to them. */
  #sever(): void {
    if (this.#finish()) for (const socket of [this.#client, this.#server]) flush(socket, () => farewell(socket));
  }

  /** Ends the links. False when that was done before. */
  #finish(): boolean {
    if (this.#closed) return false;
    this.#closed = true;
    this.#links?.upstream.close();
    this.#links?.downstream.close();
    if (this.#links === undefined) this.#server.destroy();
    this.#options.onClosed();
    return true;
  }

  /** Both sockets are there: data may flow. */
  #join(): void {
    if (this.#closed) return;
    const { counters, random, toxics } = this.#options;
    const link = (stream: Stream, source: Socket, destination: Socket): Link =>
      new Link({
        stream,
        source,
        destination,
        counters: counters[stream],
        random: random.fork(stream),
        toxics: toxics[stream],
        onEnd: (end) => this.#onLinkEnd(end, destination),
        onReset: () => this.reset(),
      });
    this.#links = { upstream: link("upstream", this.#client, this.#server), downstream: link("downstream", this.#server, this.#client) };
    for (const [socket, outgoing] of [
      [this.#client, this.#links.upstream],
      [this.#server, this.#links.downstream],
    ] as const) {
      socket.on("data", (data: Buffer) => outgoing.accept(data));
      socket.on("end", () => outgoing.endInput("eof"));
      socket.resume();
    }
  }

  /** The end came out of a link: hand it to the socket it leads to. */
  #onLinkEnd(end: "eof" | "sever", destination: Socket): void {
    if (this.#closed) return;
    if (end === "sever") return this.#sever();
    if (this.#options.halfClose) destination.end();
    // Whole close, as Toxiproxy: flush, then close; the close makes the other link's source end.
    else destination.destroySoon();
    if (this.#client.writableEnded && this.#server.writableEnded && this.#client.readableEnded && this.#server.readableEnded) this.#sever();
  }

  #onSocketClosed(socket: Socket): void {
    if (this.#closed) return;
    if (this.#links === undefined) return this.close();
    // The link that read from this socket delivers what it has, then closes the other side.
    this.#links[socket === this.#client ? "upstream" : "downstream"].endInput("sever");
    if (this.#client.destroyed && this.#server.destroyed) this.close();
  }
}

/** Calls `then` when the socket took all that was written to it, or will not in time. */
function flush(socket: Socket, then: () => void): void {
  if (socket.destroyed || socket.writableLength === 0) return then();
  const limit = after(FLUSH_MS_MAX, () => socket.destroy(), { unref: true });
  socket.end();
  socket.once("close", () => limit.cancel());
  socket.once("finish", () => {
    limit.cancel();
    then();
  });
}

/** FIN, whatever may be unread: shut down writing, read off what came, close when the peer has ended or after a moment. */
function farewell(socket: Socket): void {
  if (socket.destroyed) return;
  socket.removeAllListeners("data");
  socket.resume();
  if (socket.readableEnded) {
    socket.destroySoon();
  } else {
    socket.end();
    socket.once("end", () => socket.destroy());
  }
  after(FAREWELL_MS, () => socket.destroy(), { unref: true });
}
