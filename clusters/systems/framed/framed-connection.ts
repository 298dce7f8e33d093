import { connect, type Socket } from "node:net";
import type { Endpoint } from "../../../harness/cluster.ts";

/**
 * One TCP connection of messages that tell their own length, on which client and server take turns: a request is
 * written, then its reply is read. Nothing is queued, repeated or opened again, so a client knows at every moment what
 * it has sent, and when the connection is over it stays over.
 */
export interface FramedConnection {
  /** False from the moment the connection is known to be lost, or was ended. */
  isOpen(): boolean;
  /** Sends a message and resolves to the next one that comes; rejects when the connection ends before. */
  exchange(message: Buffer): Promise<Buffer>;
  /** Resolves to the next message: for a server that speaks first. */
  next(): Promise<Buffer>;
  /** Ends it at once: what waits for an answer fails. */
  end(): void;
}

/** Bytes of the first message in what has come, its header included; undefined while too little has come to know. */
export type FrameSize = (received: Buffer) => number | undefined;

/** Bytes of a message that are taken at most. */
const frameBytesMax = 16 << 20;

/** Resolves when it is connected; rejects with the socket's error, or when the signal aborts. */
export async function openFramed(endpoint: Endpoint, options: { readonly frameSize: FrameSize; readonly signal: AbortSignal }): Promise<FramedConnection> {
  options.signal.throwIfAborted();
  const socket = connect({ host: endpoint.host, port: endpoint.port, noDelay: true });
  const messages = readMessages(socket, options.frameSize);
  const onAbort = (): void => void socket.destroy(new Error("the deadline was over"));
  options.signal.addEventListener("abort", onAbort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("close", () => reject(messages.lost())));
  } finally {
    options.signal.removeEventListener("abort", onAbort);
  }
  return {
    isOpen: () => !socket.destroyed && !socket.readableEnded,
    exchange(message) {
      const reply = messages.next();
      socket.write(message);
      return reply;
    },
    next: () => messages.next(),
    end: () => void socket.destroy(),
  };
}

interface Messages {
  next(): Promise<Buffer>;
  /** Why the connection is over. */
  lost(): Error;
}

/** Cuts what comes into messages; one reader waits at a time. */
function readMessages(socket: Socket, frameSize: FrameSize): Messages {
  let received: Buffer = Buffer.alloc(0);
  let error: Error | undefined;
  let waiting: { readonly resolve: (frame: Buffer) => void; readonly reject: (error: Error) => void } | undefined;
  const lost = (): Error => error ?? new Error("the connection was closed");
  const offer = (): void => {
    const bytes = frameSize(received);
    if (bytes !== undefined && bytes > frameBytesMax) return void socket.destroy(new Error(`a message of ${bytes} bytes`));
    if (waiting === undefined || bytes === undefined || received.length < bytes) return;
    const frame = received.subarray(0, bytes);
    received = received.subarray(bytes);
    waiting.resolve(frame);
    waiting = undefined;
  };
  socket.on("data", (data) => {
    received = Buffer.concat([received, data]);
    offer();
  });
  socket.on("error", (cause) => (error ??= cause));
  socket.on("close", () => {
    waiting?.reject(lost());
    waiting = undefined;
  });
  return {
    lost,
    next: () =>
      new Promise((resolve, reject) => {
        if (waiting !== undefined) return reject(new Error("one message at a time"));
        if (socket.destroyed) return reject(lost());
        waiting = { resolve, reject };
        offer();
      }),
  };
}
