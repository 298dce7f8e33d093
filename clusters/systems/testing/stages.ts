import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { Endpoint } from "../../../harness/cluster.ts";

/**
 * A way between a client and a real server that breaks at a chosen moment of an operation. The client and the server
 * take turns, so what the client sends is counted by turns, whatever the protocol:
 *
 *     client ── 1 begin ──→ server ── ok ──→ client ── 2 insert ──→ server ── ok ──→ client ── 3 commit ──→ …
 *
 *     cut at request 3, "unsent"        3 does not reach the server
 *     cut at request 3, "unanswered"    3 reaches the server and is done; its answer does not come back
 */
export class CutProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #cut: { readonly request: number; readonly side: CutSide } | undefined;
  #clientsTurn = true;
  #requests = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async to(upstream: Endpoint): Promise<CutProxy> {
    const server = createServer();
    const proxy = new CutProxy(server);
    server.on("connection", (client) => proxy.#carry(client, connect(upstream.port, upstream.host)));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return proxy;
  }

  get endpoint(): Endpoint {
    return { host: "127.0.0.1", port: (this.#server.address() as AddressInfo).port };
  }

  /** From now on requests are counted, from 1. */
  cutAt(request: number, side: CutSide): void {
    this.#requests = 0;
    this.#clientsTurn = true;
    this.#cut = { request, side };
  }

  /** Ends every connection now; those that come after it are left alone. */
  cut(): void {
    this.#cut = undefined;
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  #carry(client: Socket, server: Socket): void {
    for (const [socket, other] of [[client, server], [server, client]] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay(true).on("error", () => {}).on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    client.on("data", (data) => {
      if (this.#clientsTurn) this.#requests++;
      this.#clientsTurn = false;
      if (this.#isCut("unsent")) this.cut();
      else server.write(data);
    });
    server.on("data", (data) => {
      this.#clientsTurn = true;
      if (this.#isCut("unanswered")) this.cut();
      else client.write(data);
    });
  }

  #isCut(side: CutSide): boolean {
    return this.#cut !== undefined && this.#cut.side === side && this.#requests === this.#cut.request;
  }
}
export type CutSide = "unsent" | "unanswered";
