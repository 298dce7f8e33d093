import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import type { Connection } from "../../harness/client.ts";
import type { Endpoint } from "../../harness/cluster.ts";
import { nodeId } from "../../harness/ids.ts";
import { deadlineSignal, until } from "../../harness/time.ts";
import { actorClient } from "./actor-client.ts";
import { frameServer, member } from "./testing/frame-server.ts";
import { patience } from "./testing/stage.ts";

const wait = { deadlineMs: 20_000, everyMs: 2 };
const read = { f: "read", value: null };

function connectTo(endpoint: Endpoint, client = actorClient()): Promise<Connection> {
  return client.connect({ node: nodeId("n1"), thread: 4, endpoint, signal: patience() });
}

test("an answer is ok with its value", async () => {
  await using server = await frameServer((frame, { say }) => {
    if (member(frame, "hello") === "client") say({ welcome: 0, epoch: 0 });
    else say({ operation: member(frame, "operation")!, round: 0, value: [1, 2] });
  });
  await using connection = await connectTo(server.endpoint);

  expect(await connection.invoke(read, patience())).toEqual({ type: "ok", value: [1, 2] });
  expect(server.heard[0]?.frames).toEqual([
    { hello: "client", name: "c4" },
    { ask: "call", operation: "c4.0", round: 0, call: { f: "read", value: null } },
  ]);
});

test("a refusal by the node is fail", async () => {
  await using server = await frameServer((frame, { say }) => {
    if (member(frame, "hello") === "client") say({ welcome: 0, epoch: 0 });
    else say({ operation: member(frame, "operation")!, round: 0, refused: "no cas here" });
  });
  await using connection = await connectTo(server.endpoint);

  expect(await connection.invoke(read, patience())).toEqual({ type: "fail", value: null, error: "no cas here" });
});

test("a connection that is refused, closed before the welcome, or silent is CLIENT_FAILED: nothing was asked", async () => {
  const gone = createServer().listen(0, "127.0.0.1");
  await once(gone, "listening");
  const { port } = gone.address() as { port: number };
  gone.close();
  await expect(connectTo({ host: "127.0.0.1", port })).rejects.toMatchObject({ code: "CLIENT_FAILED" });

  await using closing = await frameServer((_frame, { socket }) => socket.destroy());
  await expect(connectTo(closing.endpoint)).rejects.toMatchObject({ code: "CLIENT_FAILED" });

  await using silent = await frameServer(() => undefined);
  const impatient = actorClient().connect({ node: nodeId("n1"), thread: 0, endpoint: silent.endpoint, signal: deadlineSignal(50) });
  await expect(impatient).rejects.toMatchObject({ code: "CLIENT_FAILED" });
});

test("closed before the request was written is fail; closed after it is info", async () => {
  await using server = await frameServer((frame, { say, socket }) => {
    if (member(frame, "hello") === "client") say({ welcome: 0, epoch: 0 });
    else socket.destroy();
  });
  await using connection = await connectTo(server.endpoint);

  expect(await connection.invoke(read, patience())).toMatchObject({ type: "info" });
  expect(connection.broken).toBe(true);
  expect(await connection.invoke(read, patience())).toMatchObject({ type: "fail" });
  expect(server.heard).toHaveLength(1);
});

test("a deadline is info, and the late answer is not taken for that of the next call", async () => {
  const operations: string[] = [];
  await using server = await frameServer((frame, { say }) => {
    if (member(frame, "hello") === "client") return say({ welcome: 0, epoch: 0 });
    operations.push(String(member(frame, "operation")));
    if (operations.length < 2) return;
    say({ operation: operations[0]!, round: 0, value: "late" });
    say({ operation: operations[1]!, round: 0, value: "in time" });
  });
  await using connection = await connectTo(server.endpoint);

  expect(await connection.invoke(read, deadlineSignal(50))).toMatchObject({ type: "info", error: "no answer before the deadline" });
  expect(connection.broken).toBe(false);
  expect(await connection.invoke(read, patience())).toEqual({ type: "ok", value: "in time" });
});

test("a deadline that has passed before the request is written is fail", async () => {
  await using server = await frameServer((_frame, { say }) => say({ welcome: 0, epoch: 0 }));
  await using connection = await connectTo(server.endpoint);

  expect(await connection.invoke(read, AbortSignal.abort())).toMatchObject({ type: "fail" });
  expect(server.heard[0]?.frames).toHaveLength(1);
});

test("a thread that connects again goes on counting its operations", async () => {
  await using server = await frameServer((frame, { say, socket }) => {
    if (member(frame, "hello") === "client") say({ welcome: 0, epoch: 0 });
    else socket.destroy();
  });
  const client = actorClient();
  for (let i = 0; i < 3; i++) {
    await using connection = await connectTo(server.endpoint, client);
    await connection.invoke(read, patience());
  }

  await until("three requests", () => server.heard.length === 3, wait);
  expect(server.heard.map(({ frames }) => member(frames[1]!, "operation"))).toEqual(["c4.0", "c4.1", "c4.2"]);
});
