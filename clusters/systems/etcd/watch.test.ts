import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { Connection } from "../../../harness/client.ts";
import type { Endpoint } from "../../../harness/cluster.ts";
import { nodeId } from "../../../harness/ids.ts";
import { commit, compact, watchFrom } from "../../../harness/objects/watch.ts";
import { parseSettings } from "../../../harness/options.ts";
import { deadlineSignal } from "../../../harness/time.ts";
import { etcdClient } from "./client.ts";
import { etcd } from "./etcd.ts";
import { serveWatches } from "./testing/watch-server.ts";
import { listen } from "./watch.ts";

const opened: Server[] = [];
afterEach(() => {
  for (const server of opened.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server on loopback whose watches answer as the test says; everything else is answered with revision 9. */
async function serve(answer: Parameters<typeof serveWatches>[1]): Promise<Endpoint> {
  const server = createServer((_request, response) => response.end('{"header":{"revision":"9"}}'));
  serveWatches(server, answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  opened.push(server);
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
}
async function connect(endpoint: Endpoint): Promise<Connection> {
  return await etcdClient(parseSettings([], etcd.options, "etcd")).connect({ node: nodeId("n1"), thread: 0, endpoint, signal: deadlineSignal(10_000) });
}

const created = '{"result":{"header":{"revision":"9"},"created":true}}';
const told = '{"result":{"header":{"revision":"7"},"events":[{"kv":{"key":"d2F0Y2hlZC9h","create_revision":"7","mod_revision":"7","value":"MQ=="}}]}}';
const event = { revision: 7, type: "put", key: "a", value: 1, created: true, previous: null };

describe("a watch", () => {
  it("keeps what was told before its connection was closed, and says that it was", async () => {
    const endpoint = await serve((_message, { say, hangUp }) => {
      say(created);
      say(told);
      hangUp();
    });

    expect(await listen(endpoint, { from: 1, forMs: 10_000 }, deadlineSignal(10_000))).toMatchObject({ responses: [{ revision: 7, events: [event] }], ended: expect.any(String) });
  });

  it("that is not confirmed in time told nothing", async () => {
    const endpoint = await serve(() => {});

    await expect(listen(endpoint, { from: 1, forMs: 50 }, deadlineSignal(10_000))).rejects.toThrow("not confirmed");
  });

  it("from a forgotten revision is refused with the oldest that is left", async () => {
    const endpoint = await serve((_message, { say }) => say('{"result":{"header":{"revision":"9"},"canceled":true,"compact_revision":"5"}}'));

    expect(await listen(endpoint, { from: 1, forMs: 10_000 }, deadlineSignal(10_000))).toMatchObject({ responses: [], compacted: 5 });
  });

  it("asks from its beginning on, again and again, how far it was told, if it is to", async () => {
    let asked = 0;
    const endpoint = await serve((message, { say, hangUp }) => {
      if (!message.includes("progress_request")) return say(created);
      say('{"result":{"header":{"revision":"9"},"watch_id":"-1"}}');
      if (++asked === 3) hangUp();
    });

    const { responses } = await listen(endpoint, { from: 1, forMs: 10_000, askProgressMs: 20 }, deadlineSignal(10_000));

    const progress = { revision: 9, events: [] };
    expect(responses).toEqual([progress, progress, progress]);
  });

  it("has companions on its connection, which are told, or refused, each by itself", async () => {
    let watches = 0;
    const endpoint = await serve((_message, { say }) => {
      const watch = watches++;
      const toIt = (message: string): void => say(message.replace('"result":{', `"result":{${watch === 0 ? "" : `"watch_id":"${watch}",`}`));
      toIt(created);
      toIt(watch === 1 ? '{"result":{"header":{"revision":"9"},"canceled":true,"compact_revision":"5"}}' : told);
    });

    const heard = await listen(endpoint, { from: 1, forMs: 200, companions: 2 }, deadlineSignal(10_000));

    const response = { revision: 7, events: [event] };
    expect(heard).toEqual({ responses: [response], companions: [[], [response]], compacted: 5 });
  });

  it("at its compaction begins where the client forgot the history, before any at the newest revision", async () => {
    const asked: string[] = [];
    const endpoint = await serve((message, { say }) => {
      asked.push((JSON.parse(message) as { create_request: { start_revision: string } }).create_request.start_revision);
      say(created);
    });
    await using connection = await connect(endpoint);
    const watch = watchFrom({ from: 0, atCompaction: true, forMs: 100 });
    await connection.invoke(commit([["a", 1]]), deadlineSignal(10_000));
    await connection.invoke(watch, deadlineSignal(10_000));
    await connection.invoke(compact(-4), deadlineSignal(10_000));

    expect(await connection.invoke(watch, deadlineSignal(10_000))).toMatchObject({ type: "ok", value: { from: 5 } });
    expect(asked).toEqual(["9", "5"]);
  });
});
