import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import type { Endpoint } from "../../../harness/cluster.ts";
import { isObject, type Json } from "../../../harness/json.ts";
import { FrameReader, FrameWriter } from "../wire.ts";

/** One connection as a test sees it: what came, and a way to answer. */
export interface Heard {
  readonly frames: Json[];
  readonly socket: Socket;
  say(frame: Json): void;
}

/** A real server that speaks frames and does what a test tells it at each one. */
export async function frameServer(onFrame: (frame: Json, heard: Heard) => void): Promise<AsyncDisposable & { readonly endpoint: Endpoint; readonly heard: readonly Heard[] }> {
  const heard: Heard[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    const reader = new FrameReader();
    const writer = new FrameWriter(socket);
    const one: Heard = { frames: [], socket, say: (frame) => writer.push(JSON.stringify(frame)) };
    heard.push(one);
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      for (const frame of reader.push(chunk)) {
        one.frames.push(frame);
        onFrame(frame, one);
      }
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  return {
    endpoint: { host: "127.0.0.1", port: address.port },
    heard,
    [Symbol.asyncDispose]: async () => {
      for (const { socket } of heard) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** The member of a frame, if it is an object that has it. */
export function member(frame: Json, key: string): Json | undefined {
  return isObject(frame) ? frame[key] : undefined;
}
