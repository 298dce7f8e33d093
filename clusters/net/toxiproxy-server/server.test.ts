import { createHash } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { seed } from "../../../harness/ids.ts";
import { sleep, until } from "../../../harness/time.ts";
import { Random } from "../../../harness/random.ts";
import { CaseContext } from "../conformance/case.ts";
import { dial, type Peer } from "../testing/peers.ts";
import { inProcess, ourServer, type TestServer } from "../testing/servers.ts";
import type { StreamCounts } from "../toxiproxy-client.ts";
import { startServer } from "./server.ts";

let disposables = new AsyncDisposableStack();
afterEach(async () => {
  await disposables.disposeAsync();
  disposables = new AsyncDisposableStack();
});

async function context(start: () => Promise<TestServer> = inProcess): Promise<CaseContext> {
  return disposables.use(new CaseContext(disposables.use(await start()).url));
}

const digest = (parts: readonly Buffer[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
};

function patterned(bytes: number): Buffer {
  const data = Buffer.alloc(bytes);
  for (let i = 0; i + 4 <= bytes; i += 4) data.writeUInt32BE((i * 2654435761) >>> 0, i);
  return data;
}

/** Waits until the counter has not moved for a while. */
async function settled(read: () => Promise<number>): Promise<number> {
  let [last, same] = [-1, 0];
  while (same < 10) {
    const now = await read();
    same = now === last ? same + 1 : 0;
    last = now;
    await sleep(20);
  }
  return last;
}

function balance({ receivedBytes, passedBytes, droppedBytes, heldBytes }: StreamCounts): number {
  return receivedBytes - passedBytes - droppedBytes - heldBytes;
}

describe("half-close", () => {
  it("is kept: an answer comes through after the question has ended", async () => {
    const cx = await context();
    const { client, server } = await cx.joined();

    client.send("question");
    client.socket.end();
    expect(await server.ended()).toBe("fin");
    server.send("answer");
    await client.got("answer");
    expect(client.ending).toBeUndefined();
    server.socket.end();

    expect(await client.ended()).toBe("fin");
    await until("the connection is forgotten", async () => (await cx.client.links("p"))!.open === 0, { deadlineMs: 10_000, everyMs: 5 });
  });

  it("does not keep a connection whose other side died", async () => {
    const cx = await context();
    const { client, server } = await cx.joined();
    client.socket.end();
    await server.ended();

    server.socket.resetAndDestroy();

    await client.ended();
    await until("the connection is forgotten", async () => (await cx.client.links("p"))!.open === 0, { deadlineMs: 10_000, everyMs: 5 });
  });
});

describe("reset_peer", () => {
  it("resets a connection that is older than it, both sides", async () => {
    const cx = await context();
    const { client, server } = await cx.joined();
    await cx.toxic("reset_peer", { timeout: 0 }, { stream: "upstream" });

    client.send("x");

    expect([await client.ended(), await server.ended(), server.text()]).toEqual(["rst", "rst", "!"]);
  });

  it("resets at the end of the stream too, and its wait ends with its removal", async () => {
    const cx = await context();
    const { client, server, listen, upstream } = await cx.joined();
    await cx.toxic("reset_peer", { timeout: 600_000 }, { stream: "upstream" });
    client.send("saved");
    await until("the chunk waits", async () => (await cx.client.links("p"))!.upstream.heldBytes === 5, { deadlineMs: 10_000, everyMs: 5 });

    await cx.client.removeToxic("p", "reset_peer");
    await server.got("saved");

    await cx.toxic("reset_peer", { timeout: 0 }, { stream: "upstream" });
    const second = await dial(listen);
    const other = await upstream.peer(1);
    second.socket.end();
    expect(await other.ended()).toBe("rst");
    second.close();
  });

  it("resets a reader that takes nothing, with megabytes on their way", async () => {
    const cx = await context();
    const { client, server } = await cx.joined();
    server.socket.pause();
    client.send(Buffer.alloc(20 << 20));
    await settled(async () => (await cx.client.links("p"))!.upstream.receivedBytes);
    await cx.toxic("reset_peer", { timeout: 0 }, { stream: "downstream" });

    server.send("x");

    expect(await client.ended()).toBe("rst");
    server.socket.resume();
    expect(await server.ended()).toBe("rst");
  });
});

describe("disabling", () => {
  it("says FIN also to a sender whose bytes nobody has read", async () => {
    const cx = await context();
    const { client, server } = await cx.joined();
    await cx.toxic("bandwidth", { rate: 0 }, { stream: "upstream" });
    client.send(Buffer.alloc(2_000_000));
    await settled(async () => (await cx.client.links("p"))!.upstream.receivedBytes);

    await cx.client.updateProxy("p", { enabled: false });

    expect([await client.ended(), await server.ended()]).toEqual(["fin", "fin"]);
    const { open, upstream } = (await cx.client.links("p"))!;
    expect([open, balance(upstream), upstream.heldBytes]).toEqual([0, 0, 0]);
  });
});

describe("update and removal", () => {
  it("toss the coin anew: toxicity 1 swallows, 0 passes, 1 swallows again", async () => {
    const cx = await context();
    const { client, server } = await cx.joined();
    const swallowed = (bytes: number): Promise<void> =>
      until(`${bytes} bytes swallowed`, async () => (await cx.client.links("p"))!.toxics["timeout"]!.droppedBytes === bytes, { deadlineMs: 10_000, everyMs: 5 });
    await cx.toxic("timeout", { timeout: 0 });
    server.send("a");
    await swallowed(1);
    await cx.client.updateToxic("p", "timeout", { toxicity: 0 });
    server.send("b");
    await client.got("b");
    await cx.client.updateToxic("p", "timeout", { toxicity: 1 });
    server.send("c");
    await swallowed(2);

    expect(client.text()).toBe("b");
  });

  it("let the chunk that waits go out before the new coin counts", async () => {
    const cx = await context();
    const { client, server } = await cx.joined();
    await cx.toxic("latency", { latency: 600_000 });
    server.send("first");
    await until("it waits", async () => (await cx.client.links("p"))!.downstream.heldBytes === 5, { deadlineMs: 10_000, everyMs: 5 });

    await cx.client.updateToxic("p", "latency", { attributes: { latency: 0 } });
    server.send(" second");

    await client.got("first second");
  });

  it("a new toxic behind one that holds a chunk does not set it free", async () => {
    const cx = await context();
    const { client, server } = await cx.joined();
    await cx.toxic("latency", { latency: 600_000 });
    server.send("held");
    await until("it waits", async () => (await cx.client.links("p"))!.downstream.heldBytes === 4, { deadlineMs: 10_000, everyMs: 5 });

    await cx.toxic("noop", {});
    await sleep(50);

    expect(client.text()).toBe("");
  });

  it("a removed latency drains in order into a slow reader, ahead of what comes later", async () => {
    const cx = await context();
    const { client, server } = await cx.joined();
    client.socket.pause();
    await cx.toxic("latency", { latency: 600_000 });
    const [early, late] = [patterned(20 << 20), Buffer.from("the last")];
    server.send(early);
    await settled(async () => (await cx.client.links("p"))!.downstream.heldBytes);

    await cx.client.removeToxic("p", "latency");
    server.send(late);
    client.socket.resume();
    await client.gotBytes(early.length + late.length);

    expect(digest(client.chunks)).toBe(digest([early, late]));
    expect((await cx.client.links("p"))!.downstream.heldBytes).toBe(0);
  });

  it("a removed timeout ends only the connections that it touched", async () => {
    const cx = await context();
    const { client, server } = await cx.joined();
    await cx.toxic("timeout", { timeout: 0 }, { toxicity: 0 });

    await cx.client.removeToxic("p", "timeout");
    server.send("alive");

    await client.got("alive");
  });

  it("come and go a hundred times under traffic without losing or swapping a byte", async () => {
    const cx = await context();
    const { client, server } = await cx.joined();
    const random = new Random(seed("churn"));
    const data = patterned(8 << 20);
    let sent = 0;
    const types = [
      ["latency", { latency: 20, jitter: 10 }],
      ["slicer", { average_size: 20_000, size_variation: 5_000, delay: 50 }],
      ["bandwidth", { rate: 20_000 }],
      ["noop", {}],
      ["slow_close", { delay: 5 }],
    ] as const;
    for (let round = 0; round < 100; round++) {
      const [type, attributes] = random.pick(types);
      const name = `t${random.int(4)}`;
      const there = (await cx.client.toxics("p")).some((toxic) => toxic.name === name);
      if (!there) await cx.toxic(type, attributes, { name, toxicity: random.float() * 2 });
      else if (random.chance(0.5)) await cx.client.updateToxic("p", name, { toxicity: random.float() * 2 });
      else await cx.client.removeToxic("p", name);
      const next = Math.min(data.length, sent + random.between(1, 160_000));
      server.send(data.subarray(sent, next));
      sent = next;
    }
    await cx.client.reset();
    server.send(data.subarray(sent));
    await client.gotBytes(data.length);

    expect(digest(client.chunks)).toBe(digest([data]));
    expect(balance((await cx.client.links("p"))!.downstream)).toBe(0);
  });
});

describe("backpressure", () => {
  const total = 100 << 20;

  async function pour(cx: CaseContext, limitBytes: number): Promise<{ client: Peer; server: Peer; data: Buffer }> {
    const { client, server } = await cx.joined();
    client.socket.pause();
    const data = patterned(total);
    server.send(data);
    const held = await settled(async () => {
      const { receivedBytes, passedBytes } = (await cx.client.links("p"))!.downstream;
      return receivedBytes - passedBytes;
    });
    // What passed went to a reader that takes nothing: it lies in the kernel's buffers and at most one of Node's.
    const { receivedBytes } = (await cx.client.links("p"))!.downstream;
    expect(held).toBeLessThanOrEqual(limitBytes);
    expect(receivedBytes).toBeLessThan(total / 2);
    return { client, server, data };
  }

  it("a reader that takes nothing stops a sender of 100 MB; then every byte arrives", async () => {
    const cx = await context(ourServer);
    const { client, data } = await pour(cx, 1 << 20);

    client.socket.resume();
    await client.gotBytes(total);

    expect(digest(client.chunks)).toBe(digest([data]));
  });

  it("a blocked toxic holds no more than a chunk or two", async () => {
    const cx = await context(ourServer);
    const { client, server } = await cx.joined();
    await cx.toxic("bandwidth", { rate: 0 });
    server.send(Buffer.alloc(total));

    const held = await settled(async () => (await cx.client.links("p"))!.downstream.heldBytes);

    expect(held).toBeGreaterThan(0);
    expect(held).toBeLessThanOrEqual(1 << 20);
    expect(client.bytes).toBe(0);
  });

  it("a long latency holds no more than its bound", async () => {
    const cx = await context(ourServer);
    const { server } = await cx.joined();
    await cx.toxic("latency", { latency: 600_000 });
    server.send(Buffer.alloc(total));

    const held = await settled(async () => (await cx.client.links("p"))!.downstream.heldBytes);

    expect(held).toBeLessThanOrEqual((32 << 20) + (1 << 20));
  });
});

describe("many", () => {
  it("two hundred proxies, each with a connection that talks, a toxic, and an end", async () => {
    const cx = await context(ourServer);
    const echo = await cx.echo();
    const names = Array.from({ length: 200 }, (_, i) => `p${i}`);
    const proxies = await cx.client.populate(names.map((name) => ({ name, listen: "127.0.0.1:0", upstream: echo.address })));
    const clients = await Promise.all(proxies.map(({ listen }) => cx.dial(listen)));

    for (const [i, client] of clients.entries()) client.send(`hello ${i};`);
    for (const [i, client] of clients.entries()) await client.got(`hello ${i};`);
    await Promise.all(names.map((proxy) => cx.toxic("timeout", { timeout: 0 }, { proxy })));
    for (const client of clients) client.send("lost");
    for (const name of names) await until("swallowed", async () => (await cx.client.links(name))!.downstream.droppedBytes === 4, { deadlineMs: 20_000, everyMs: 5 });
    await cx.client.reset();

    for (const [i, client] of clients.entries()) expect([await client.ended(), client.text()]).toEqual(["fin", `hello ${i};`]);
  });

  it("a thousand connections come and go and none is kept", async () => {
    const cx = await context();
    const echo = await cx.echo();
    const listen = await cx.proxy(echo.address);
    await cx.toxic("latency", { latency: 1 });

    for (let round = 0; round < 20; round++) {
      const peers = await Promise.all(Array.from({ length: 50 }, () => dial(listen)));
      for (const peer of peers) peer.send("x");
      for (const peer of peers) await peer.got("x");
      for (const [i, peer] of peers.entries()) i % 2 === 0 ? peer.socket.end() : peer.socket.resetAndDestroy();
    }

    await until("all are forgotten", async () => (await cx.client.links("p"))!.open === 0, { deadlineMs: 20_000, everyMs: 10 });
    const { accepted, upstream, downstream } = (await cx.client.links("p"))!;
    expect([accepted, upstream.receivedBytes, balance(upstream), balance(downstream)]).toEqual([1000, 1000, 0, 0]);
  });
});

describe("chance", () => {
  /** Which of 40 connections, one after another, a toxic of toxicity 0.5 swallows. */
  async function swallowed(from: string): Promise<string> {
    await using server = await startServer({ host: "127.0.0.1", port: 0, random: new Random(seed(from)), halfClose: true, liveReset: true, log: () => {} });
    await using cx = new CaseContext(server.url);
    const echo = await cx.echo();
    const listen = await cx.proxy(echo.address);
    await cx.toxic("timeout", { timeout: 0 }, { toxicity: 0.5 });
    let pattern = "";
    for (let i = 0; i < 40; i++) {
      const before = (await cx.client.links("p"))!.downstream;
      const peer = await cx.dial(listen);
      peer.send("x");
      let dropped = 0;
      await until("x is back or gone", async () => {
        dropped = (await cx.client.links("p"))!.downstream.droppedBytes - before.droppedBytes;
        return dropped > 0 || peer.bytes > 0;
      }, { deadlineMs: 10_000, everyMs: 1 });
      pattern += dropped > 0 ? "x" : ".";
    }
    return pattern;
  }

  it("is the seed's: the same connections are hit again, others with another seed", async () => {
    const [first, again, other] = [await swallowed("seven"), await swallowed("seven"), await swallowed("eight")];

    expect(again).toBe(first);
    expect(other).not.toBe(first);
    expect(first).toMatch(/x/);
    expect(first).toMatch(/\./);
  });
});

describe("settings that Toxiproxy itself does not survive", () => {
  it("a slicer of nothing cuts into bytes, a negative bandwidth blocks", async () => {
    const cx = await context();
    const { client, server } = await cx.joined();
    await cx.toxic("slicer", {});
    server.send("abcdef");
    await client.got("abcdef");

    await cx.toxic("bandwidth", { rate: -1 });
    server.send("blocked");
    await until("it is held", async () => (await cx.client.links("p"))!.downstream.heldBytes > 0, { deadlineMs: 10_000, everyMs: 5 });

    expect(client.text()).toBe("abcdef");
  });
});

describe("counters", () => {
  it("tell what came, passed, was dropped, is held, and by which toxic", async () => {
    const cx = await context();
    const { client, server } = await cx.joined();
    server.send("12345");
    await client.got("12345");
    await cx.toxic("timeout", { timeout: 0 });
    server.send("678");
    await until("dropped", async () => (await cx.client.links("p"))!.downstream.droppedBytes === 3, { deadlineMs: 10_000, everyMs: 5 });

    const counters = (await cx.client.links("p"))!;

    expect(counters).toEqual({
      enabled: true,
      open: 1,
      accepted: 1,
      dialFailed: 0,
      upstream: { receivedBytes: 1, receivedChunks: 1, passedBytes: 1, passedChunks: 1, droppedBytes: 0, droppedChunks: 0, heldBytes: 0 },
      downstream: { receivedBytes: 8, receivedChunks: 2, passedBytes: 5, passedChunks: 1, droppedBytes: 3, droppedChunks: 1, heldBytes: 0 },
      toxics: { timeout: { type: "timeout", stream: "downstream", connections: 1, affectedChunks: 1, affectedBytes: 3, droppedBytes: 3, ended: 0 } },
    });
    expect((await cx.request("GET", "/rashomon/links")).json).toEqual({ p: counters });
    expect((await cx.request("GET", "/rashomon/links/q")).status).toBe(404);
  });

  it("tell of dials that failed", async () => {
    const cx = await context();
    const listen = await cx.proxy("127.0.0.1:1");

    expect(await (await cx.dial(listen)).ended()).toBe("fin");

    expect(await cx.client.links("p")).toMatchObject({ open: 0, accepted: 1, dialFailed: 1 });
  });
});
