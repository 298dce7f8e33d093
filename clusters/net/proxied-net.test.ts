import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import type { NodeId } from "../../harness/ids.ts";
import { nodeNames } from "../../harness/ids.ts";
import { performUndo } from "../../harness/ledger/undo.ts";
import { until } from "../../harness/time.ts";
import { goVersion } from "./go-program.ts";
import { tcpProbe } from "./effect.ts";
import { linkName, LinkTable, type ProxyLink } from "./links.ts";
import { proxiedNet, type ProxiedNetOptions } from "./proxied-net.ts";
import { dial, listens, type Peer, Upstream } from "./testing/peers.ts";
import { inProcess, realServer, scratch, type TestServer } from "./testing/servers.ts";
import { ToxiproxyClient } from "./toxiproxy-client.ts";

const never = new AbortController().signal;
const go = await goVersion();
const [n1, n2, n3] = nodeNames(3) as [NodeId, NodeId, NodeId];

let disposables = new AsyncDisposableStack();
afterEach(async () => {
  await disposables.disposeAsync();
  disposables = new AsyncDisposableStack();
});

interface Bench {
  readonly links: LinkTable;
  readonly server: TestServer;
  readonly client: ToxiproxyClient;
  readonly ledgerPath: string;
  net(options?: Partial<ProxiedNetOptions>): ReturnType<typeof proxiedNet>;
  /** A connection over the link: the dialler's end and the dialled end. */
  connect(from: NodeId | "clients", to: NodeId, thread?: number): Promise<{ dialler: Peer; dialled: Peer }>;
  clientLink(thread: number, to: NodeId): Promise<ProxyLink>;
}

/** Three nodes, every directed link between them, one client link to n1, on one proxy server. */
async function bench(start: () => Promise<TestServer> = inProcess): Promise<Bench> {
  const place = disposables.use(scratch());
  const server = disposables.use(await start());
  const client = new ToxiproxyClient({ url: server.url });
  const links = new LinkTable({ serverOf: () => client, ledger: place.ledger });
  const nodes = new Map<NodeId, Upstream>();
  for (const node of [n1, n2, n3]) nodes.set(node, disposables.use(await Upstream.listen()));
  const clientLink = (thread: number, to: NodeId): Promise<ProxyLink> =>
    links.ensureLink({ name: linkName(thread, to), from: "clients", to, listen: "127.0.0.1:0", upstream: nodes.get(to)!.address });
  const pairs = [n1, n2, n3].flatMap((from) => [n1, n2, n3].filter((to) => to !== from).map((to) => ({ from, to })));
  await links.ensureLinks(pairs.map(({ from, to }) => ({ name: linkName(from, to), from, to, listen: "127.0.0.1:0", upstream: nodes.get(to)!.address })));
  await clientLink(0, n1);
  return {
    links,
    server,
    client,
    ledgerPath: place.ledger.path,
    clientLink,
    net: (options = {}) => proxiedNet({ links, evidenceMsMax: 100, ...options }),
    connect: async (from, to, thread = 0) => {
      const { listen } = links.links().find((link) => link.name === linkName(from === "clients" ? thread : from, to))!;
      const index = nodes.get(to)!.peers.length;
      const dialler = await dial(listen);
      disposables.defer(() => dialler.close());
      return { dialler, dialled: await nodes.get(to)!.peer(index) };
    },
  };
}

/** Sends a word on each side; which arrive before a word sent on an undisturbed link has gone there and back? */
async function heard(pair: { dialler: Peer; dialled: Peer }): Promise<{ byDialled: boolean; byDialler: boolean }> {
  pair.dialler.send("question");
  pair.dialled.send("answer");
  const arrived = (): { byDialled: boolean; byDialler: boolean } => ({ byDialled: pair.dialled.text().includes("question"), byDialler: pair.dialler.text().includes("answer") });
  await until("something, or long silence", () => arrived().byDialled && arrived().byDialler, { deadlineMs: 250, everyMs: 5 }).catch(() => undefined);
  return arrived();
}

const both = { byDialled: true, byDialler: true };
const none = { byDialled: false, byDialler: false };

describe("a cut", () => {
  it("of one flow silences that direction, whoever dialled, and no other", async () => {
    const { net, connect } = await bench();
    const dialledByN1 = await connect(n1, n2);
    const dialledByN2 = await connect(n2, n1);

    await net().cut([{ from: n1, to: n2 }]).apply(never);

    expect(await heard(dialledByN1)).toEqual({ byDialled: false, byDialler: true });
    expect(await heard(dialledByN2)).toEqual({ byDialled: true, byDialler: false });
    expect(await heard(await connect(n1, n3))).toEqual(both);
    expect(await heard(await connect(n1, n2))).toEqual({ byDialled: false, byDialler: true });
  });

  it("has no effect by being made, and says what it would do", async () => {
    const { net, connect, client } = await bench();

    const cut = net().cut([
      { from: n1, to: n2 },
      { from: n2, to: n1 },
      { from: n1, to: n3 },
    ]);

    expect(cut.description).toBe("cut n1 ↔ n2, n1 → n3");
    expect(await heard(await connect(n1, n2))).toEqual(both);
    expect((await client.toxics("n1-n2")).length).toBe(0);
  });

  it("ends at its revert: connections that met it die, new ones live, nothing of it is left", async () => {
    const { net, connect, client } = await bench();
    const pair = await connect(n1, n2);
    const cut = net().cut([
      { from: n1, to: n2 },
      { from: n2, to: n1 },
    ]);
    await cut.apply(never);
    expect(await heard(pair)).toEqual(none);

    await cut.revert(never);
    await cut.revert(never);

    expect(await pair.dialler.ended()).toBe("fin");
    expect(await heard(await connect(n1, n2))).toEqual(both);
    for (const { toxics } of (await client.proxies()).values()) expect(toxics).toEqual([]);
  });

  it("has evidence only when something was sent into it", async () => {
    const { net, connect } = await bench();
    const pair = await connect(n1, n2);
    const cut = net().cut([{ from: n1, to: n2 }]);
    await cut.apply(never);

    const before = await cut.evidence(never);
    pair.dialler.send("12345");
    const after = await cut.evidence(never);

    expect(before).toMatchObject({ effective: false, seen: "nothing was sent on n1-n2, n2-n1 in 100 ms (1 connections open)" });
    expect(after).toMatchObject({ effective: true, seen: "1 chunks (5 bytes) dropped on 1 of 2 links" });
    expect(after.data).toMatchObject({ measured: "counters", links: { "n1-n2 upstream": { connections: 1, affectedChunks: 1, droppedBytes: 5 } } });
  });

  it("that overlaps another is undone without touching it", async () => {
    const { net, connect } = await bench();
    const first = net().cut([{ from: n1, to: n2 }]);
    const second = net().cut([{ from: n1, to: n2 }]);
    await first.apply(never);
    await second.apply(never);

    await first.revert(never);
    expect(await heard(await connect(n1, n2))).toEqual({ byDialled: false, byDialler: true });

    await second.revert(never);
    expect(await heard(await connect(n1, n2))).toEqual(both);
  });

  it("of parties that are no two parties is refused", async () => {
    const { net } = await bench();

    expect(() => net().cut([{ from: "clients", to: "clients" }])).toThrow("no link carries a flow from clients to clients");
  });

  it("where no link is has no effect and says so", async () => {
    const { net } = await bench();
    const cut = net().cut([{ from: "clients", to: n3 }]);
    await cut.apply(never);

    expect(await cut.evidence(never)).toEqual({ effective: false, seen: "no link carries clients → n3" });
  });
});

describe("the undo in the ledger", () => {
  it("takes off exactly its own fault, once or twice, by a process that knows nothing of the run", async () => {
    const { net, client, server, connect } = await bench();
    const kept = net().delay([{ from: n1, to: n2 }], { latencyMs: 1, jitterMs: 0 });
    const cut = net().cut([{ from: n1, to: n2 }]);
    await kept.apply(never);
    await cut.apply(never);

    for (let round = 0; round < 2; round++) {
      for (const undo of cut.undo) expect(await performUndo(undo, { runFolder: "/nowhere", addresses: new Set(), signal: never })).toMatchObject({ ok: true });
    }

    expect((await client.toxics("n1-n2")).map((toxic) => toxic.type)).toEqual(["latency"]);
    expect(await heard(await connect(n1, n2))).toEqual(both);
    await server[Symbol.asyncDispose]();
    for (const undo of cut.undo) expect(await performUndo(undo, { runFolder: "/nowhere", addresses: new Set(), signal: never })).toMatchObject({ ok: true });
  });

  it("enables again what a cut had disabled", async () => {
    const { net, links } = await bench();
    const cut = net({ cut: "disable" }).cut([{ from: n1, to: n2 }]);
    await cut.apply(never);
    const { listen } = links.links().find((link) => link.name === "n1-n2")!;
    expect(await listens(listen)).toBe(false);

    for (const undo of cut.undo) expect(await performUndo(undo, { runFolder: "/nowhere", addresses: new Set(), signal: never })).toMatchObject({ ok: true });

    expect(await listens(listen)).toBe(true);
  });
});

describe("a cut by disabling", () => {
  it("ends what was dialled, refuses what is dialled, and leaves the other direction of dialling", async () => {
    const { net, connect, links } = await bench();
    const forth = await connect(n1, n2);
    const back = await connect(n2, n1);
    const cut = net({ cut: "disable" }).cut([{ from: n1, to: n2 }]);

    await cut.apply(never);

    expect([await forth.dialler.ended(), await forth.dialled.ended()]).toEqual(["fin", "fin"]);
    expect(await listens(links.links().find((link) => link.name === "n1-n2")!.listen)).toBe(false);
    expect(await heard(back)).toEqual(both);
    expect(await cut.evidence(never)).toMatchObject({ effective: true, seen: "connect refused on 1 of 1 links" });
  });

  it("lasts until the last of those that overlap is reverted", async () => {
    const { net, links } = await bench();
    const disabling = net({ cut: "disable" });
    const [first, second] = [disabling.cut([{ from: n1, to: n2 }]), disabling.cut([{ from: n1, to: n2 }])];
    const { listen } = links.links().find((link) => link.name === "n1-n2")!;
    await first.apply(never);
    await second.apply(never);

    await first.revert(never);
    expect(await listens(listen)).toBe(false);
    await second.revert(never);
    expect(await listens(listen)).toBe(true);
  });
});

describe("clients", () => {
  it("stand for every client's link, in either direction of flow", async () => {
    const { net, connect, clientLink } = await bench();
    await clientLink(1, n1);
    await clientLink(1, n2);
    const cut = net().cut([{ from: n1, to: "clients" }]);

    await cut.apply(never);

    for (const thread of [0, 1]) expect(await heard(await connect("clients", n1, thread))).toEqual({ byDialled: true, byDialler: false });
    expect(await heard(await connect("clients", n2, 1))).toEqual(both);
    expect(await heard(await connect(n2, n1))).toEqual(both);
  });

  it("that come while a fault is on are born with it, written down, and healed with it", async () => {
    const { net, connect, clientLink, ledgerPath, client } = await bench();
    const cut = net().cut([{ from: "clients", to: n1 }]);
    await cut.apply(never);

    await clientLink(7, n1);

    expect(await heard(await connect("clients", n1, 7))).toEqual({ byDialled: false, byDialler: true });
    const entries = (): { id: string; event: string; what?: string }[] => readFileSync(ledgerPath, "utf8").trim().split("\n").map((line) => JSON.parse(line));
    const intent = entries().find((entry) => entry.event === "intent" && entry.what?.includes("c7-n1") === true);
    assert.ok(intent !== undefined);
    expect(entries().some((entry) => entry.id === intent.id && entry.event === "healed")).toBe(false);

    await cut.revert(never);

    expect(entries().some((entry) => entry.id === intent.id && entry.event === "healed")).toBe(true);
    expect((await client.proxy("c7-n1")).toxics).toEqual([]);
    expect(await heard(await connect("clients", n1, 7))).toEqual(both);
  });

  it("that come while they are disabled are refused, and let in after the heal", async () => {
    const { net, clientLink } = await bench();
    const cut = net({ cut: "disable" }).cut([{ from: "clients", to: n1 }]);
    await cut.apply(never);

    const { listen } = await clientLink(7, n1);
    expect(await listens(listen)).toBe(false);

    await cut.revert(never);
    expect(await listens(listen)).toBe(true);
  });

  it("that are being made while the fault is applied get it once", async () => {
    const { net, clientLink, client } = await bench();
    const cut = net().cut([{ from: "clients", to: n1 }]);

    await Promise.all([clientLink(8, n1), cut.apply(never), clientLink(9, n1)]);

    for (const name of ["c8-n1", "c9-n1"]) expect((await client.toxics(name)).length).toBe(1);
    await cut.revert(never);
    for (const name of ["c8-n1", "c9-n1"]) expect((await client.toxics(name)).length).toBe(0);
  });
});

describe("other faults", () => {
  it("a delay holds each message back and has evidence of it", async () => {
    const { net, connect } = await bench();
    const { dialler, dialled } = await connect(n1, n2);
    const delay = net().delay([{ from: n1, to: n2 }], { latencyMs: 100, jitterMs: 10 });
    await delay.apply(never);

    dialler.send("late");
    const evidence = await delay.evidence(never);
    await dialled.got("late");

    expect(delay.description).toBe("delay by 100 ± 10 ms n1 → n2");
    expect(evidence).toMatchObject({ effective: true, seen: "1 chunks (4 bytes) held back on 1 of 2 links" });
  });

  it("any toxic can be laid on flows: reset_peer resets what is open", async () => {
    const { net, connect } = await bench();
    const { dialler, dialled } = await connect(n1, n2);
    const reset = net().toxic([{ from: n1, to: n2 }], { type: "reset_peer", attributes: { timeout: 0 } });
    await reset.apply(never);

    dialler.send("x");

    expect([await dialler.ended(), await dialled.ended()]).toEqual(["rst", "rst"]);
    expect(await reset.evidence(never)).toMatchObject({ effective: true, seen: "1 chunks (1 bytes) affected and 1 connections ended on 1 of 2 links" });
  });

  it("one that the server refuses fails with its words, and its revert cleans up what had come about", async () => {
    const { net, client } = await bench();
    await client.removeProxy("n2-n1");
    const cut = net().cut([{ from: n1, to: n2 }]);

    const error = await cut.apply(never).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: "FAULT_FAILED", message: "1 of 2 links could not be changed" });
    expect(String((error as Error).cause)).toContain("404 proxy not found");
    await cut.revert(never);
    expect(await client.toxics("n1-n2")).toEqual([]);
  });

  it("are healed by the death of their server", async () => {
    const { net, server } = await bench();
    const cut = net().cut([{ from: n1, to: n2 }]);
    await cut.apply(never);

    await server[Symbol.asyncDispose]();

    await cut.revert(never);
  });
});

describe("links", () => {
  it("are made all or none", async () => {
    const { links, client } = await bench();
    const taken = links.links()[0]!.listen;
    const make = links.ensureLinks([
      { name: "a", from: n1, to: n2, listen: "127.0.0.1:0", upstream: "127.0.0.1:1" },
      { name: "b", from: n1, to: n2, listen: taken, upstream: "127.0.0.1:1" },
    ]);

    await expect(make).rejects.toMatchObject({ code: "PROXY_FAILED", message: expect.stringContaining(`listen tcp ${taken}: bind: address already in use`) });

    expect([...(await client.proxies()).keys()].filter((name) => name === "a" || name === "b")).toEqual([]);
    expect(links.links().some((link) => link.name === "a")).toBe(false);
  });

  it("asked for again are the same, or lead to another upstream", async () => {
    const { links } = await bench();
    const link = links.links().find(({ name }) => name === "n1-n2")!;

    expect(await links.ensureLink(link)).toEqual(link);
    const moved = await links.ensureLink({ ...link, upstream: "127.0.0.1:9" });

    expect(moved).toEqual({ ...link, upstream: "127.0.0.1:9" });
    expect(await link.client.proxy("n1-n2")).toMatchObject({ upstream: "127.0.0.1:9", listen: link.listen, enabled: true });
  });
});

describe.skipIf(go === undefined)(`with the real Toxiproxy (${go ?? "skipped: Go is not installed"})`, () => {
  it("a cut works the same and its evidence says that it was only read back", async () => {
    const { net, connect } = await bench(realServer);
    const pair = await connect(n1, n2);
    const cut = net().cut([{ from: n1, to: n2 }]);

    await cut.apply(never);

    expect(await heard(pair)).toEqual({ byDialled: false, byDialler: true });
    const evidence = await cut.evidence(never);
    expect(evidence).toMatchObject({ effective: true, data: { measured: "read back", set: ["n1-n2", "n2-n1"] } });
    expect(evidence.seen).toContain("was not measured");
    await cut.revert(never);
    expect(await heard(await connect(n1, n2))).toEqual(both);
  });

  it("a probe tells before from after", async () => {
    const { net, links, clientLink } = await bench(realServer);
    const echo = disposables.use(await Upstream.echo());
    await links.ensureLink({ ...(await clientLink(0, n1)), upstream: echo.address });
    const probing = net({ probe: tcpProbe({ payload: "?", deadlineMs: 500 }) });
    const cut = probing.cut([{ from: "clients", to: n1 }]);
    const delay = probing.delay([{ from: n1, to: "clients" }], { latencyMs: 200, jitterMs: 0 });

    await cut.apply(never);
    expect(await cut.evidence(never)).toMatchObject({ effective: true, seen: "1 of 1 links that answered a probe before now answer nothing" });
    await cut.revert(never);
    await delay.apply(never);
    expect(await delay.evidence(never)).toMatchObject({ effective: true, seen: "1 of 1 links that answered a probe before now answer later or not at all" });
    await delay.revert(never);
  });

  it.each([
    [8, "probe", "1 of 1 links that answered a probe before now answer later or not at all"],
    [1000, "read back", "was not measured"],
  ])("slices of %i bytes under a probe of 100: %s", async (size, measured, seen) => {
    const { net, links, clientLink } = await bench(realServer);
    const answering = disposables.use(
      await Upstream.listen(({ socket }) => {
        let heard = 0;
        socket.on("data", (data: Buffer) => void ((heard += data.length) === 100 && socket.write("!")));
      }),
    );
    await links.ensureLink({ ...(await clientLink(0, n1)), upstream: answering.address });
    const probing = net({ probe: tcpProbe({ payload: "?".repeat(100), deadlineMs: 500 }) });
    const slices = probing.toxic!([{ from: "clients", to: n1 }], { type: "slicer", attributes: { average_size: size, size_variation: 0, delay: 50_000 } });

    await slices.apply(never);

    const evidence = await slices.evidence(never);
    expect(evidence).toMatchObject({ effective: true, data: { measured } });
    expect(evidence.seen).toContain(seen);
    await slices.revert(never);
  });
});
