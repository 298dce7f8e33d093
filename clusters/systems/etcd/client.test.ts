import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { Connection } from "../../../harness/client.ts";
import { nodeId } from "../../../harness/ids.ts";
import { parseSettings } from "../../../harness/options.ts";
import { deadlineSignal } from "../../../harness/time.ts";
import { etcdClient } from "./client.ts";
import { classify, knownErrors } from "./errors.ts";
import { etcd } from "./etcd.ts";
import { compareAndSet } from "./gateway.ts";

/** A server on loopback that greets as etcd does and answers every operation as the test says. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<{ server: Server; port: number }> {
  const server = createServer((request, response) => {
    if (request.url === "/version") response.end('{"etcdserver":"3.4.23"}');
    else answer(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  opened.push(server);
  return { server, port: (server.address() as AddressInfo).port };
}
const opened: Server[] = [];
afterEach(() => {
  for (const server of opened.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

function connect(port: number): Promise<Connection> {
  return etcdClient(parseSettings([], etcd.options, "etcd")).connect({ node: nodeId("n1"), thread: 0, endpoint: { host: "127.0.0.1", port }, signal: deadlineSignal(10_000) });
}
const write = { f: "write", value: 1 };
const read = { f: "read", value: null };

describe("etcd's client", () => {
  it("a write whose connection is lost after it was sent may have happened; a read has not", async () => {
    const { port } = await serve((request) => request.socket.destroy());
    await using connection = await connect(port);

    expect(await connection.invoke(write, deadlineSignal(10_000))).toMatchObject({ type: "info", error: ["connection-lost", expect.any(String)] });
    expect(await connection.invoke(read, deadlineSignal(10_000))).toMatchObject({ type: "fail", error: ["connection-lost", expect.any(String)] });
  });

  it("a write that is not answered before the deadline may have happened", async () => {
    const { port } = await serve(() => {});
    await using connection = await connect(port);

    expect(await connection.invoke(write, deadlineSignal(50))).toMatchObject({ type: "info", value: 1, error: ["deadline", expect.any(String)] });
  });

  it("a write after the node was seen to go away is a definite fail: it was never sent", async () => {
    const { server, port } = await serve((_request, response) => response.end("{}"));
    await using connection = await connect(port);
    expect(await connection.invoke(write, deadlineSignal(10_000))).toEqual({ type: "ok", value: 1 });
    server.closeAllConnections();
    server.close();
    await once(server, "close");
    // The first may go out before this end of the connection knows; from then on it knows.
    await connection.invoke(write, deadlineSignal(10_000));

    expect(await connection.invoke(write, deadlineSignal(10_000))).toMatchObject({ type: "fail", error: ["not-connected", expect.any(String)] });
    expect(connection.broken).toBe(true);
  });

  it("goes on with the same connection when the node is back", async () => {
    let lost = true;
    const { port } = await serve((request, response) => (lost ? request.socket.destroy() : response.end("{}")));
    await using connection = await connect(port);
    await connection.invoke(write, deadlineSignal(10_000));
    lost = false;

    expect(await connection.invoke(write, deadlineSignal(10_000))).toEqual({ type: "ok", value: 1 });
  });

  it("to nobody is CLIENT_FAILED, which is a definite fail of the operation that needed it", async () => {
    const { server, port } = await serve(() => {});
    server.close();
    await once(server, "close");

    await expect(connect(port)).rejects.toMatchObject({ code: "CLIENT_FAILED" });
  });

  it("asks for the reads that were set", async () => {
    const asked: string[] = [];
    const { port } = await serve((request, response) => void request.on("data", (chunk) => asked.push(String(chunk))).on("end", () => response.end("{}")));
    await using connection = await etcdClient(parseSettings(["reads=serializable"], etcd.options, "etcd")).connect({ node: nodeId("n1"), thread: 0, endpoint: { host: "127.0.0.1", port }, signal: deadlineSignal(10_000) });

    expect(await connection.invoke(read, deadlineSignal(10_000))).toEqual({ type: "ok", value: null });
    expect(JSON.parse(asked[0]!)).toMatchObject({ serializable: true });
  });

  it("refuses a call that it does not know, naming it", async () => {
    const { port } = await serve(() => {});
    await using connection = await connect(port);

    await expect(connection.invoke({ f: "enqueue", value: 1 }, deadlineSignal(10_000))).rejects.toThrow(/cannot do enqueue 1/);
  });
});

describe("an element added under the lock", () => {
  const answers: { readonly [path: string]: string } = {
    "/v3/lease/grant": '{"ID":"7","TTL":"2"}',
    "/v3/lock/lock": '{"key":"bG9jay83"}',
    "/v3/kv/range": "{}",
    "/v3/kv/txn": '{"succeeded":true}',
  };
  async function added(lostAt: string, more: { readonly [path: string]: string } = {}): Promise<unknown> {
    const { port } = await serve((request, response) => {
      if (request.url === lostAt) request.socket.destroy();
      else response.end({ ...answers, ...more }[request.url!] ?? "{}");
    });
    const settings = parseSettings(["set-guard=fenced-lock"], etcd.options, "etcd");
    await using connection = await etcdClient(settings, "grow-only-set").connect({ node: nodeId("n1"), thread: 0, endpoint: { host: "127.0.0.1", port }, signal: deadlineSignal(10_000) });
    return await connection.invoke({ f: "add", value: 3 }, deadlineSignal(10_000));
  }

  it.each([
    ["/v3/lease/grant", "fail"],
    ["/v3/lock/lock", "fail"],
    ["/v3/kv/range", "fail"],
    ["/v3/kv/txn", "info"],
    ["/v3/lease/revoke", "ok"],
  ])("whose connection is lost at %s is %s", async (path, type) => {
    expect(await added(path)).toMatchObject({ type, value: 3 });
  });

  it("is refused when the lock's key is gone", async () => {
    expect(await added("", { "/v3/kv/txn": "{}" })).toMatchObject({ type: "fail", error: ["fenced", expect.any(String)] });
  });
});

describe("etcd's errors", () => {
  it.each(knownErrors.map((row) => [row.says, row.effect, row.class] as const))("%s: effect %s", (says, effect, name) => {
    expect(classify({ status: 503, text: JSON.stringify({ error: says, code: 14 }) })).toEqual({ effect, error: [name, `503 ${says}`] });
  });

  it.each(["", "not json", '{"error":"etcdserver: something new"}', "[]", "null"])("an answer that no row knows (%j) may have happened", (text) => {
    expect(classify({ status: 500, text }).effect).toBe("unknown");
  });
});

describe("compare and set", () => {
  it("from null asks that the key was never created", () => {
    expect(JSON.parse(compareAndSet("k", { from: null, to: 2 }).body!)).toEqual({
      compare: [{ key: "aw==", result: "EQUAL", target: "CREATE", create_revision: "0" }],
      success: [{ request_put: { key: "aw==", value: "Mg==" } }],
      failure: [],
    });
  });

  it("to null deletes the key", () => {
    expect(JSON.parse(compareAndSet("k", { from: 1, to: null }).body!)).toEqual({
      compare: [{ key: "aw==", result: "EQUAL", target: "VALUE", value: "MQ==" }],
      success: [{ request_delete_range: { key: "aw==" } }],
      failure: [],
    });
  });
});

describe("etcd's options", () => {
  it("an election timeout of less than five heartbeats is refused before anything starts", () => {
    const settings = parseSettings(["heartbeat-interval=300"], etcd.options, "etcd");

    expect(() => etcd.cluster(settings, { nodes: 3, runId: "r" })).toThrow(expect.objectContaining({ code: "BAD_OPTION", nextStep: expect.stringContaining("1500") }));
  });
});
