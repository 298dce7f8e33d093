import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { monotonicMs, sleep } from "../../../harness/time.ts";
import { listens, type Peer } from "../testing/peers.ts";
import type { ConformanceCase } from "./case.ts";

/** Long enough that a message on loopback would have come; what is asserted is that it has not. */
const QUIET_MS = 150;

/** Runs `work` and asserts that it took at least `ms`; one millisecond is the grain of timers and of two clocks. */
async function takesAtLeast(ms: number, work: () => Promise<unknown>): Promise<void> {
  const start = monotonicMs();
  await work();
  const took = monotonicMs() - start;
  assert.ok(took >= ms - 1, `took ${took} ms, must take at least ${ms} ms`);
}

async function silent(peer: Peer, expected: string): Promise<void> {
  await sleep(QUIET_MS);
  assert.deepEqual([peer.text(), peer.ending], [expected, undefined]);
}

/** Bytes in which a loss, a repetition or a swap shows. */
function patterned(bytes: number): Buffer {
  const data = Buffer.alloc(bytes);
  for (let i = 0; i + 4 <= bytes; i += 4) data.writeUInt32BE((i * 2654435761) >>> 0, i);
  return data;
}

const digest = (data: Buffer): string => createHash("sha256").update(data).digest("hex");

export const dataCases: readonly ConformanceCase[] = [
  {
    title: "bytes pass both ways",
    async run(context) {
      const { client, server } = await context.joined();

      client.send("ping");
      await server.got("!ping");
      server.send("pong");
      await client.got("pong");
    },
  },
  {
    title: "sixteen megabytes come back as they went",
    async run(context) {
      const upstream = await context.echo();
      const client = await context.dial(await context.proxy(upstream.address));
      const data = patterned(16 << 20);

      client.send(data);
      await client.gotBytes(data.length);

      assert.equal(digest(Buffer.concat(client.chunks)), digest(data));
    },
  },
  {
    title: "when the upstream is down the client is let in and then told the end",
    async run(context) {
      const client = await context.dial(await context.proxy("127.0.0.1:1"));

      await client.ended();
    },
  },
  {
    title: "the end of the client reaches the server, the end of the server the client",
    async run(context) {
      const first = await context.joined();
      first.client.socket.end();
      assert.equal(await first.server.ended(), "fin");

      const second = await context.pair(first.listen, first.upstream);
      second.server.socket.end();
      assert.equal(await second.client.ended(), "fin");
    },
  },
  {
    title: "the end of one direction closes the whole connection",
    strict: "half-close",
    async run(context) {
      const { client, server } = await context.joined();

      client.socket.end();

      assert.equal(await server.ended(), "fin");
      assert.equal(await client.ended(), "fin");
    },
  },
  {
    title: "disabling sends FIN to open connections and refuses new ones; enabling lets them in again",
    async run(context) {
      const { client, server, listen, upstream } = await context.joined();

      await context.client.updateProxy("p", { enabled: false });

      assert.deepEqual([await client.ended(), await server.ended()], ["fin", "fin"]);
      assert.equal(await listens(listen), false);
      await context.client.updateProxy("p", { enabled: true });
      await context.pair(listen, upstream);
    },
  },
  {
    title: "deleting a proxy sends FIN to its connections",
    async run(context) {
      const { client, server } = await context.joined();

      await context.client.removeProxy("p");

      assert.deepEqual([await client.ended(), await server.ended()], ["fin", "fin"]);
    },
  },
  {
    title: "an update that names the same address in other words restarts nothing",
    async run(context) {
      const { client, server, listen, upstream } = await context.joined();

      await context.client.updateProxy("p", { listen: listen.replace("127.0.0.1", "localhost"), upstream: upstream.address });
      client.send("still here");

      await server.got("still here");
    },
  },
  {
    title: "another upstream restarts the proxy: the old connection ends, a new one leads there",
    async run(context) {
      const { client, listen } = await context.joined();
      const other = await context.upstream();

      await context.client.updateProxy("p", { upstream: other.address });

      assert.equal(await client.ended(), "fin");
      await context.pair(listen, other);
    },
  },
  {
    title: "a toxic acts on its own stream only, on open and on new connections",
    async run(context) {
      const open = await context.joined();
      await context.toxic("timeout", { timeout: 0 }, { stream: "downstream" });
      const later = await context.pair(open.listen, open.upstream);

      for (const { client, server } of [open, later]) {
        client.send("up");
        await server.got("!up");
        server.send("down");
        await silent(client, "");
      }
    },
  },
  {
    title: "with toxicity 0 a toxic does nothing",
    async run(context) {
      const { client, server } = await context.joined();
      await context.toxic("timeout", { timeout: 0 }, { toxicity: 0 });
      await context.toxic("latency", { latency: 60_000 }, { toxicity: 0 });

      server.send("down");

      await client.got("down");
    },
  },
  {
    title: "noop passes everything",
    async run(context) {
      const { client, server } = await context.joined();
      await context.toxic("noop", {});

      server.send("down");

      await client.got("down");
    },
  },
  {
    title: "latency delays each message by at least its time and keeps their order",
    async run(context) {
      const { client, server } = await context.joined();
      await context.toxic("latency", { latency: 200 });

      await takesAtLeast(200, async () => {
        server.send("one");
        await client.got("one");
      });
      for (const word of ["a", "b", "c", "d"]) {
        server.send(word);
        await sleep(5);
      }
      await client.got("oneabcd");
    },
  },
  {
    title: "latency with jitter stays within its bounds and keeps order",
    async run(context) {
      const { client, server } = await context.joined();
      await context.toxic("latency", { latency: 60, jitter: 30 });

      let expected = "";
      for (let i = 0; i < 12; i++) {
        expected += `${i}.`;
        await takesAtLeast(30, async () => {
          server.send(`${i}.`);
          await client.got(expected);
        });
      }
    },
  },
  {
    title: "latency is a pipeline: ten messages sent at once do not wait for one another",
    async run(context) {
      const { client, server } = await context.joined();
      await context.toxic("latency", { latency: 1000 });
      const start = monotonicMs();

      for (let i = 0; i < 10; i++) {
        server.send(`${i}`);
        await sleep(10);
      }
      await client.got("0123456789");

      // Ten delays in a row would be ten seconds; the bound is far from both.
      assert.ok(monotonicMs() - start < 8000);
    },
  },
  {
    title: "two latencies add up",
    async run(context) {
      const { client, server } = await context.joined();
      await context.toxic("latency", { latency: 100 }, { name: "first" });
      await context.toxic("latency", { latency: 100 }, { name: "second" });

      await takesAtLeast(200, async () => {
        server.send("one");
        await client.got("one");
      });
    },
  },
  {
    title: "removing latency lets go at once what it holds, in order",
    async run(context) {
      const { client, server } = await context.joined();
      await context.toxic("latency", { latency: 600_000 });
      for (const word of ["a", "b", "c"]) {
        server.send(word);
        await sleep(20);
      }
      await silent(client, "");

      await context.client.removeToxic("p", "latency");
      server.send("d");

      await client.got("abcd");
    },
  },
  {
    title: "updating latency lets go the message that waits and holds the next by the new time",
    async run(context) {
      const { client, server } = await context.joined();
      await context.toxic("latency", { latency: 600_000 });
      server.send("a");
      await silent(client, "");

      await context.client.updateToxic("p", "latency", { attributes: { latency: 200 } });
      await client.got("a");

      await takesAtLeast(200, async () => {
        server.send("b");
        await client.got("ab");
      });
    },
  },
  {
    title: "the end of a stream waits behind what latency holds",
    async run(context) {
      const { client, server } = await context.joined();
      await context.toxic("latency", { latency: 200 });

      await takesAtLeast(200, async () => {
        server.send("last words");
        server.socket.end();
        assert.equal(await client.ended(), "fin");
      });
      assert.equal(client.text(), "last words");
    },
  },
  {
    title: "bandwidth lets so many kilobytes a second through, whole",
    async run(context) {
      const { client, server } = await context.joined();
      await context.toxic("bandwidth", { rate: 100 });
      const data = patterned(50_000);

      await takesAtLeast(500, async () => {
        server.send(data);
        await client.gotBytes(data.length);
      });
      assert.equal(digest(Buffer.concat(client.chunks)), digest(data));
    },
  },
  {
    title: "bandwidth of nothing blocks, and its removal delivers everything",
    async run(context) {
      const { client, server } = await context.joined();
      await context.toxic("bandwidth", { rate: 0 });
      const data = patterned(300_000);
      server.send(data);
      await silent(client, "");

      await context.client.removeToxic("p", "bandwidth");

      await client.gotBytes(data.length);
      assert.equal(digest(Buffer.concat(client.chunks)), digest(data));
    },
  },
  {
    title: "slow_close passes bytes at once and the end late",
    async run(context) {
      const { client, server } = await context.joined();
      await context.toxic("slow_close", { delay: 300 });

      await takesAtLeast(300, async () => {
        server.send("bye");
        server.socket.end();
        await client.got("bye");
        await client.ended();
      });
    },
  },
  {
    title: "timeout 0 swallows everything and keeps the connection; its removal ends the connection",
    async run(context) {
      const { client, server } = await context.joined();
      await context.toxic("timeout", { timeout: 0 });
      server.send("lost");
      await silent(client, "");

      await context.client.removeToxic("p", "timeout");

      assert.deepEqual([await client.ended(), await server.ended(), client.text()], ["fin", "fin", ""]);
    },
  },
  {
    title: "timeout ends the connection after so long a silence, open or new",
    async run(context) {
      const open = await context.joined();
      await takesAtLeast(200, async () => {
        await context.toxic("timeout", { timeout: 200 });
        assert.equal(await open.client.ended(), "fin");
      });
      assert.equal(await open.server.ended(), "fin");

      await takesAtLeast(200, async () => {
        const later = await context.dial(open.listen);
        assert.equal(await later.ended(), "fin");
      });
    },
  },
  {
    title: "timeout counts from the last chunk, not from the first",
    async run(context) {
      const { client, server } = await context.joined();
      await context.toxic("timeout", { timeout: 400 });
      await takesAtLeast(600, async () => {
        for (let i = 0; i < 4; i++) {
          server.send("x");
          await sleep(70);
        }
        await client.ended();
      });
      assert.equal(client.text(), "");
    },
  },
  {
    title: "slicer cuts a message into pieces and loses nothing",
    async run(context) {
      const { client, server } = await context.joined();
      await context.toxic("slicer", { average_size: 100, size_variation: 20, delay: 10_000 });
      const data = patterned(1000);

      await takesAtLeast(50, async () => {
        server.send(data);
        await client.gotBytes(data.length);
      });

      assert.ok(client.chunks.length > 3, `came in ${client.chunks.length} pieces`);
      assert.equal(digest(Buffer.concat(client.chunks)), digest(data));
    },
  },
  {
    title: "removing slicer delivers the rest in one go",
    async run(context) {
      const { client, server } = await context.joined();
      await context.toxic("slicer", { average_size: 10, size_variation: 0, delay: 100_000 });
      const data = patterned(10_000);
      server.send(data);
      await client.gotBytes(5);

      await context.client.removeToxic("p", "slicer");

      await client.gotBytes(data.length);
      assert.equal(digest(Buffer.concat(client.chunks)), digest(data));
    },
  },
  {
    title: "limit_data passes exactly its bytes over several messages, then ends the connection",
    async run(context) {
      const { client, server } = await context.joined();
      await context.toxic("limit_data", { bytes: 10 });

      server.send("1234");
      await client.got("1234");
      server.send("56789012345");

      assert.deepEqual([await client.ended(), client.text()], ["fin", "1234567890"]);
      assert.notEqual(await server.ended(), undefined);
    },
  },
  {
    title: "limit_data ends the connection as soon as the limit is reached exactly",
    async run(context) {
      const { client, server } = await context.joined();
      await context.toxic("limit_data", { bytes: 4 });

      server.send("1234");

      assert.deepEqual([await client.ended(), client.text()], ["fin", "1234"]);
    },
  },
  {
    title: "limit_data counts on through updates, per connection",
    async run(context) {
      const { client, server, listen, upstream } = await context.joined();
      await context.toxic("limit_data", { bytes: 100 });
      server.send("12345678");
      await client.got("12345678");

      await context.client.updateToxic("p", "limit_data", { attributes: { bytes: 10 } });
      const later = await context.pair(listen, upstream);
      server.send("9012345");
      later.server.send("abcdefghijklm");

      assert.deepEqual([await client.ended(), client.text()], ["fin", "1234567890"]);
      assert.deepEqual([await later.client.ended(), later.client.text()], ["fin", "abcdefghij"]);
    },
  },
  {
    title: "limit_data of nothing ends the connection at the first byte",
    async run(context) {
      const { client, server } = await context.joined();
      await context.toxic("limit_data", { bytes: 0 });

      server.send("x");

      assert.deepEqual([await client.ended(), client.text()], ["fin", ""]);
    },
  },
  {
    title: "reset_peer resets a connection that is newer than it, at its first byte",
    async run(context) {
      const upstream = await context.upstream();
      const listen = await context.proxy(upstream.address);
      await context.toxic("reset_peer", { timeout: 0 }, { stream: "upstream" });
      const client = await context.dial(listen);
      const server = await upstream.peer(0);

      client.send("x");

      assert.deepEqual([await client.ended(), await server.ended(), server.text()], ["rst", "rst", ""]);
    },
  },
  {
    title: "reset_peer waits its time before it resets",
    async run(context) {
      const upstream = await context.upstream();
      const listen = await context.proxy(upstream.address);
      await context.toxic("reset_peer", { timeout: 200 }, { stream: "upstream" });
      const client = await context.dial(listen);

      await takesAtLeast(200, async () => {
        client.send("x");
        assert.equal(await client.ended(), "rst");
      });
    },
  },
  {
    title: "reset_peer lets a connection that is older than it end with FIN",
    strict: "live-reset",
    async run(context) {
      const { client, server } = await context.joined();
      await context.toxic("reset_peer", { timeout: 0 }, { stream: "upstream" });

      client.send("x");

      assert.deepEqual([await client.ended(), await server.ended()], ["fin", "fin"]);
    },
  },
  {
    title: "toxics of one stream form a chain",
    async run(context) {
      const { client, server } = await context.joined();
      await context.toxic("limit_data", { bytes: 4 });
      await context.toxic("latency", { latency: 200 });

      await takesAtLeast(200, async () => {
        server.send("123456");
        assert.equal(await client.ended(), "fin");
      });
      assert.equal(client.text(), "1234");
    },
  },
  {
    title: "reset takes toxics off open connections",
    async run(context) {
      const { client, server } = await context.joined();
      await context.toxic("latency", { latency: 600_000 });
      await context.toxic("bandwidth", { rate: 0 });
      server.send("held");
      await silent(client, "");

      await context.client.reset();

      await client.got("held");
    },
  },
];
