import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { expect, test } from "vitest";
import type { Endpoint } from "../../harness/cluster.ts";
import { seed } from "../../harness/ids.ts";
import type { Json } from "../../harness/json.ts";
import { Random } from "../../harness/random.ts";
import { sleep, until } from "../../harness/time.ts";
import { NodeServer } from "./node-server.ts";
import { PeerLink } from "./peer-link.ts";
import { frameServer, member } from "./testing/frame-server.ts";
import { FrameWriter } from "./wire.ts";

const wait = { deadlineMs: 20_000, everyMs: 2 };

function linkTo(address: Endpoint): PeerLink & Disposable {
  const link = new PeerLink({ from: 0, to: 1, epoch: 2, address, random: new Random(seed(1)), log: () => undefined });
  return Object.assign(link, { [Symbol.dispose]: () => link.close() });
}

const message = (n: number): string => JSON.stringify({ mid: `0-2-${n}`, round: 0, clock: [1, 0], message: n });
const numbers = (frames: readonly Json[]): Json[] => frames.map((frame) => member(frame, "message")).filter((n) => n !== undefined);

test("a link says who it is, is up when it is welcomed, and carries frames in order", async () => {
  await using server = await frameServer((frame, { say }) => {
    if (member(frame, "hello") === "peer") say({ welcome: 1, epoch: 0 });
  });
  using link = linkTo(server.endpoint);

  for (let n = 0; n < 100; n++) link.push(message(n));

  await until("the welcome", () => link.up, wait);
  await until("all frames", () => numbers(server.heard[0]!.frames).length === 100, wait);
  expect(server.heard[0]?.frames[0]).toEqual({ hello: "peer", from: 0, epoch: 2, attempt: 0 });
  expect(numbers(server.heard[0]!.frames)).toEqual(Array.from({ length: 100 }, (_, n) => n));
});

test("a frame that was handed to a connection is never sent again; the next attempt has a higher number", async () => {
  await using server = await frameServer((frame, { say, socket }) => {
    if (member(frame, "hello") === "peer") say({ welcome: 1, epoch: 0 });
    else if (member(frame, "message") === 0) socket.destroy();
  });
  using link = linkTo(server.endpoint);
  await until("the welcome", () => link.up, wait);

  link.push(message(0));
  await until("the loss of the connection", () => !link.up, wait);
  link.push(message(1));

  await until("the frame on a new connection", () => server.heard.some(({ frames }) => numbers(frames).includes(1)), wait);
  expect(server.heard.flatMap(({ frames }) => numbers(frames))).toEqual([0, 1]);
  expect(server.heard.map(({ frames }) => member(frames[0]!, "attempt"))).toEqual(server.heard.map((_, i) => i));
});

test("while a link is down the newest frames wait and the oldest are lost, and counted", async () => {
  const server = await frameServer((frame, { say }) => {
    if (member(frame, "hello") === "peer") say({ welcome: 1, epoch: 0 });
  });
  const nowhere = await frameServer(() => undefined);
  const closed = nowhere.endpoint;
  await nowhere[Symbol.asyncDispose]();
  using link = linkTo(closed);
  for (let n = 0; n < 1500; n++) link.push(message(n));
  expect(link.lost).toBe(1500 - 1024);

  link.redirect(server.endpoint);

  await until("the frames that waited", () => server.heard.length > 0 && numbers(server.heard.at(-1)!.frames).length >= 1024, wait);
  expect(numbers(server.heard.at(-1)!.frames)).toEqual(Array.from({ length: 1024 }, (_, i) => i + 1500 - 1024));
  await server[Symbol.asyncDispose]();
});

test("a server takes no frame of a peer's older connection once a newer one has said hello", async () => {
  const seen: Json[] = [];
  const server = new NodeServer({
    welcome: () => ({ welcome: 1, epoch: 0 }),
    onPeer: (_from, frame) => seen.push(frame.message),
    onCall: () => undefined,
    onControl: () => {
      throw new Error("nobody asks");
    },
    log: () => undefined,
  });
  const port = await server.listen(0);
  const dial = async (epoch: number, attempt: number): Promise<{ socket: Socket; writer: FrameWriter }> => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.on("error", () => undefined);
    const writer = new FrameWriter(socket);
    writer.push(JSON.stringify({ hello: "peer", from: 0, epoch, attempt }));
    await Promise.race([once(socket, "data"), once(socket, "close")]);
    return { socket, writer };
  };

  const first = await dial(0, 5);
  first.writer.push(message(1));
  await until("the first frame", () => seen.length === 1, wait);
  const second = await dial(1, 0);
  first.writer.push(message(2));
  second.writer.push(message(3));
  const late = await dial(0, 6);
  late.writer.push(message(4));

  await until("the frame of the newer connection", () => seen.length > 1, wait);
  await sleep(50);
  expect(seen).toEqual([1, 3]);
  expect(late.socket.destroyed || late.socket.readableEnded).toBe(true);
  for (const { socket } of [first, second, late]) socket.destroy();
  server.close();
});
