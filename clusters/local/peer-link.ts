import { connect, type Socket } from "node:net";
import type { ActorId } from "../../harness/actor.ts";
import type { Endpoint } from "../../harness/cluster.ts";
import { isObject } from "../../harness/json.ts";
import type { Random } from "../../harness/random.ts";
import { after } from "../../harness/time.ts";
import { FrameReader, FrameWriter, type Hello } from "./wire.ts";

/**
 * The sending half of one directed link: a TCP connection that this node dials, through the link's own proxy, and on
 * which it alone speaks (the peer only says welcome). What TCP gives is what actors get, no more:
 *
 *     order       FIFO; the receiver refuses an older connection once it has seen a newer one
 *     at most once  a frame that was handed to a connection is never sent again, so it is lost if that dies
 *     while down  the newest `queueMax` frames wait; older ones are lost. The newest are kept because protocols repeat
 *                 themselves: after a long cut the oldest questions are those that nobody waits for any more.
 *     stuck       above `bufferBytesMax` unsent bytes (a peer that is stopped, a flow that is held) new frames are lost,
 *                 so that a stuck link costs bounded memory.
 *
 * A lost connection is dialled again after 10 ms, then 20, 40 … up to 250 ms, each with a random half taken off, until
 * the peer says welcome.
 */
export class PeerLink {
  readonly to: ActorId;
  readonly #options: PeerLinkOptions;
  #address: Endpoint;
  #socket: Socket | undefined;
  #writer: FrameWriter | undefined;
  #welcomed = false;
  #closed = false;
  #attempt = 0;
  #failures = 0;
  #lost = 0;
  #queue: string[] = [];

  constructor(options: PeerLinkOptions) {
    this.to = options.to;
    this.#options = options;
    this.#address = options.address;
    this.#dial();
  }

  /** Has the peer answered on the present connection? */
  get up(): boolean {
    return this.#welcomed;
  }

  /** Connections that were made so far, to the peer or to a proxy before it, and whether the last one stands. */
  get dialled(): { readonly times: number; readonly open: boolean } {
    return { times: this.#attempt, open: this.#writer !== undefined };
  }

  /** Frames that were never handed to a connection. */
  get lost(): number {
    return this.#lost;
  }

  /** `text`: the frame's JSON. */
  push(text: string): void {
    if (this.#writer !== undefined && this.#socket !== undefined) {
      if (this.#socket.writableLength > bufferBytesMax) this.#lost++;
      else this.#writer.push(text);
      return;
    }
    this.#queue.push(text);
    if (this.#queue.length > queueMax) {
      this.#queue.shift();
      this.#lost++;
    }
  }

  /** The next dial goes there. */
  redirect(address: Endpoint): void {
    this.#address = address;
  }

  /** Dials no more, and drops what has not left. */
  close(): void {
    this.#closed = true;
    this.#socket?.destroy();
  }

  #dial(): void {
    if (this.#closed) return;
    const { from, epoch } = this.#options;
    const address = this.#address;
    const socket = connect({ host: address.host, port: address.port, noDelay: true });
    const reader = new FrameReader();
    this.#socket = socket;
    socket.on("connect", () => {
      const writer = new FrameWriter(socket);
      const hello: Hello = { hello: "peer", from, epoch, attempt: this.#attempt++ };
      writer.push(JSON.stringify(hello));
      for (const text of this.#queue) writer.push(text);
      this.#queue = [];
      this.#writer = writer;
    });
    socket.on("data", (chunk: Buffer) => {
      try {
        for (const frame of reader.push(chunk)) {
          if (!isObject(frame) || frame["welcome"] !== this.to) throw new Error("something else than a welcome arrived");
          this.#welcomed = true;
          this.#failures = 0;
          this.#options.log(`link to n${this.to + 1} is up`);
        }
      } catch (error) {
        this.#options.log(`link to n${this.to + 1} is closed: ${String(error)}`);
        socket.destroy();
      }
    });
    socket.on("end", () => socket.destroy());
    // The reason is in the next dial's outcome; a close follows every error.
    socket.on("error", () => undefined);
    socket.on("close", () => this.#onClose());
  }

  #onClose(): void {
    if (this.#welcomed) this.#options.log(`link to n${this.to + 1} is down`);
    this.#writer = undefined;
    this.#socket = undefined;
    this.#welcomed = false;
    const backOffMs = Math.min(backOffMsMax, 10 * 2 ** Math.min(this.#failures++, 10));
    after(backOffMs * (0.5 + this.#options.random.float() / 2), () => this.#dial());
  }
}

export interface PeerLinkOptions {
  readonly from: ActorId;
  readonly to: ActorId;
  readonly epoch: number;
  /** Where the link's proxy listens (or the peer itself, where there are no proxies). */
  readonly address: Endpoint;
  readonly random: Random;
  readonly log: (line: string) => void;
}

const queueMax = 1024;
const bufferBytesMax = 8 * 1024 * 1024;
const backOffMsMax = 250;
