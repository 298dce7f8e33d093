import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { until } from "../../../harness/time.ts";

/** Generous: the machine may be loaded; no test waits for it to pass. */
const patience = { deadlineMs: 20_000, everyMs: 2 };

/** One end of a TCP connection that remembers what happened to it. */
export class Peer {
  readonly socket: Socket;
  readonly chunks: Buffer[] = [];
  /** `fin`: an orderly end came in; `rst`: the connection was reset. */
  ending: "fin" | "rst" | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (data: Buffer) => this.chunks.push(data));
    socket.on("end", () => (this.ending ??= "fin"));
    socket.on("error", () => (this.ending ??= "rst"));
    socket.on("close", () => (this.ending ??= "fin"));
  }

  send(data: string | Buffer): void {
    this.socket.write(data);
  }

  get bytes(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  text(): string {
    return Buffer.concat(this.chunks).toString("latin1");
  }

  async got(text: string): Promise<void> {
    await until(`${JSON.stringify(text)} (so far ${JSON.stringify(this.text().slice(0, 200))})`, () => this.text().includes(text), patience);
  }

  async gotBytes(bytes: number): Promise<void> {
    await until(`${bytes} bytes (so far ${this.bytes})`, () => this.bytes >= bytes, patience);
  }

  async ended(): Promise<"fin" | "rst"> {
    await until("the end of a connection", () => this.ending !== undefined, patience);
    return this.ending!;
  }

  close(): void {
    this.socket.destroy();
  }
}

/** A server on loopback whose connections are kept in order of arrival. */
export class Upstream implements AsyncDisposable {
  readonly peers: Peer[] = [];
  readonly #server: Server;
  readonly #onPeer: (peer: Peer) => void;

  private constructor(onPeer: (peer: Peer) => void) {
    this.#onPeer = onPeer;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const peer = new Peer(socket);
      this.peers.push(peer);
      this.#onPeer(peer);
    });
  }

  static async listen(onPeer: (peer: Peer) => void = () => {}): Promise<Upstream> {
    const upstream = new Upstream(onPeer);
    upstream.#server.listen(0, "127.0.0.1");
    await once(upstream.#server, "listening");
    return upstream;
  }

  /** Sends back what it gets, and ends when the other side ends. */
  static echo(): Promise<Upstream> {
    return Upstream.listen((peer) => {
      peer.socket.on("data", (data: Buffer) => peer.socket.write(data));
      peer.socket.on("end", () => peer.socket.end());
    });
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  async peer(index: number): Promise<Peer> {
    await until(`connection ${index} at the upstream`, () => this.peers.length > index, patience);
    return this.peers[index]!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const peer of this.peers) peer.close();
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

/** Opens a connection; rejects when it is refused. */
export async function dial(address: string): Promise<Peer> {
  const socket = connect({ host: address.slice(0, address.lastIndexOf(":")), port: Number(address.slice(address.lastIndexOf(":") + 1)), allowHalfOpen: true });
  await once(socket, "connect");
  return new Peer(socket);
}

/** Does anyone listen there? */
export async function listens(address: string): Promise<boolean> {
  try {
    (await dial(address)).close();
    return true;
  } catch {
    return false;
  }
}
