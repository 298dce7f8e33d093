import { createHash } from "node:crypto";
import type { Server } from "node:http";
import type { Duplex } from "node:stream";

/**
 * The server's side of a WebSocket (RFC 6455) on an HTTP server, as far as a watch needs it: text messages of less than
 * 64 KB in one frame each. `answer` gets what the client says.
 */
export function serveWatches(server: Server, answer: (message: string, to: WatchingClient) => void): void {
  server.on("upgrade", (request, socket: Duplex) => {
    const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    let rest: Buffer = Buffer.alloc(0);
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (let frame = readFrame(rest); frame !== undefined; frame = readFrame(rest)) {
        rest = rest.subarray(frame.bytes);
        if (frame.opcode === closeFrame) return void socket.end();
        answer(frame.text, { say: (message) => void socket.write(textFrameOf(message)), hangUp: () => void socket.end() });
      }
    });
  });
}

export interface WatchingClient {
  readonly say: (message: string) => void;
  /** Closes the connection once all has been said. */
  readonly hangUp: () => void;
}

const textFrame = 1;
const closeFrame = 8;

/** The first frame, or undefined while it is not whole. A client's frames are masked: header 2, length 0 or 2, mask 4 bytes. */
function readFrame(from: Buffer): { readonly opcode: number; readonly text: string; readonly bytes: number } | undefined {
  if (from.length < 2) return undefined;
  const short = from[1]! & 0x7f;
  const maskAt = short === 126 ? 4 : 2;
  if (from.length < maskAt + 4) return undefined;
  const length = short === 126 ? from.readUInt16BE(2) : short;
  const begin = maskAt + 4;
  if (from.length < begin + length) return undefined;
  const payload = from.subarray(begin, begin + length).map((byte, i) => byte ^ from[maskAt + (i % 4)]!);
  return { opcode: from[0]! & 0xf, text: Buffer.from(payload).toString("utf8"), bytes: begin + length };
}

function textFrameOf(message: string): Buffer {
  const payload = Buffer.from(message);
  const header = payload.length < 126 ? Buffer.from([0x80 | textFrame, payload.length]) : Buffer.from([0x80 | textFrame, 126, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([header, payload]);
}
