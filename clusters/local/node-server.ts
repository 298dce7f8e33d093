import { createServer, type Server, type Socket } from "node:net";
import type { ActorId, OperationId } from "../../harness/actor.ts";
import { isObject, type Json } from "../../harness/json.ts";
import type { Call } from "../../harness/op.ts";
import { callKey, FrameReader, FrameWriter, helloOf, peerFrameOf, type Answer, type Hello, type PeerFrame, type Request, requestOf } from "./wire.ts";

/**
 * The listening half of a node: tells peers from clients by their hello and hands each frame on. It knows the
 * transport's promises, not the actor: a peer's older connection is closed once a newer one has said hello, so the
 * frames of one link are never overtaken; what the older one still carried is lost.
 */
export class NodeServer {
  readonly #servers: Server[] = [];
  readonly #handlers: NodeHandlers;
  /** The newest connection of each peer. */
  readonly #peers = new Map<ActorId, { readonly hello: PeerHello; readonly socket: Socket }>();
  /** Who waits for which call, by its key. */
  readonly #callers = new Map<string, FrameWriter>();

  constructor(handlers: NodeHandlers) {
    this.#handlers = handlers;
  }

  /** Listens on each of the addresses; resolves to the port. Several addresses need a port that is not the kernel's choice. */
  async listen(port: number, addresses: readonly string[] = ["127.0.0.1"]): Promise<number> {
    let chosen = port;
    for (const address of addresses) chosen = await this.#listen(chosen, address);
    return chosen;
  }

  #listen(port: number, address: string): Promise<number> {
    const server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, address, () => {
        const bound = server.address();
        if (bound === null || typeof bound === "string") return reject(new Error("a TCP server has a port"));
        resolve(bound.port);
      });
    });
  }

  /** `text`: an `Answer` with this operation and round. A caller who has gone gets nothing. */
  answer(call: { readonly operation: OperationId; readonly round: number }, text: string): void {
    const key = callKey(call);
    this.#callers.get(key)?.push(text);
    this.#callers.delete(key);
  }

  /** Takes no further connection; those that are open go on. */
  close(): void {
    for (const server of this.#servers) server.close();
  }

  #accept(socket: Socket): void {
    const reader = new FrameReader();
    let onFrame = (frame: Json): void => {
      onFrame = this.#greet(socket, frame);
    };
    socket.on("data", (chunk: Buffer) => {
      const broken = this.#take(reader, chunk, (frame) => (socket.destroyed ? undefined : onFrame(frame)));
      if (broken === undefined) return;
      this.#handlers.log(`closed a connection: ${broken}`);
      socket.destroy();
    });
    socket.on("error", () => undefined);
  }

  /** Says what is wrong with the stream, if something is. A handler's own error is a bug: it passes through and ends the node. */
  #take(reader: FrameReader, chunk: Buffer, onFrame: (frame: Json) => void): string | undefined {
    let frames: Json[];
    try {
      frames = reader.push(chunk);
    } catch (error) {
      return String(error);
    }
    try {
      for (const frame of frames) onFrame(frame);
    } catch (error) {
      if (error instanceof StreamBroken) return error.message;
      throw error;
    }
    return undefined;
  }

  #greet(socket: Socket, frame: Json): (frame: Json) => void {
    const hello = helloOf(frame);
    if (hello === undefined) throw new StreamBroken("the first frame is no hello");
    return hello.hello === "peer" ? this.#greetPeer(socket, hello) : this.#greetClient(socket);
  }

  #greetPeer(socket: Socket, hello: PeerHello): (frame: Json) => void {
    const { from, epoch, attempt } = hello;
    const newest = this.#peers.get(from);
    if (newest !== undefined) {
      const older = newest.hello.epoch > epoch || (newest.hello.epoch === epoch && newest.hello.attempt >= attempt);
      if (older) throw new StreamBroken(`n${from + 1} has a newer connection than ${epoch}.${attempt}`);
      newest.socket.destroy();
    }
    this.#peers.set(from, { hello, socket });
    new FrameWriter(socket).push(JSON.stringify(this.#handlers.welcome()));
    return (frame) => {
      const message = peerFrameOf(frame);
      if (message === undefined) throw new StreamBroken(`n${from + 1} sent a frame that is no message`);
      this.#handlers.onPeer(from, message);
    };
  }

  #greetClient(socket: Socket): (frame: Json) => void {
    const writer = new FrameWriter(socket);
    writer.push(JSON.stringify(this.#handlers.welcome()));
    socket.on("close", () => {
      for (const [key, caller] of this.#callers) if (caller === writer) this.#callers.delete(key);
    });
    return (frame) => {
      const request = requestOf(frame);
      if (request === undefined) throw new StreamBroken(`a client sent ${isObject(frame) ? `a frame with ${Object.keys(frame).join(", ")}` : "no object"}`);
      if (request.ask === "call") {
        this.#callers.set(callKey(request), writer);
        this.#handlers.onCall(request.operation, request.round, request.call);
      } else {
        writer.push(JSON.stringify(this.#handlers.onControl(request)));
      }
    };
  }
}

export interface NodeHandlers {
  welcome(): { readonly welcome: ActorId; readonly epoch: number };
  onPeer(from: ActorId, frame: PeerFrame): void;
  onCall(operation: OperationId, round: number, call: Call): void;
  onControl(request: Exclude<Request, { readonly ask: "call" }>): Answer;
  log(line: string): void;
}

type PeerHello = Extract<Hello, { readonly hello: "peer" }>;

/** The bytes of one connection make no sense; a handler's error is something else, and ends the node. */
class StreamBroken extends Error {}
