import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Connection } from "../../harness/client.ts";
import type { Flow, RunningCluster } from "../../harness/cluster.ts";
import type { Disturbance } from "../../harness/disturbance.ts";
import { seed, type NodeId } from "../../harness/ids.ts";
import { openLedger, type FileLedger } from "../../harness/ledger/file-ledger.ts";
import { performUndo } from "../../harness/ledger/undo.ts";
import { parseSettings, type Settings } from "../../harness/options.ts";
import { Random } from "../../harness/random.ts";
import { deadlineSignal, monotonicMs, until } from "../../harness/time.ts";
import { etcd } from "../systems/etcd/etcd.ts";
import { etcdSystem } from "../systems/etcd/system.ts";
import { dockerCluster } from "./docker-cluster.ts";
import type { DockerSystem } from "./docker-system.ts";
import { labelledObjects } from "./sweep.ts";
import { engineFor, expectNothingLeft, testRunId } from "./testing/engine.ts";

const folder = mkdtempSync(join(tmpdir(), "rashomon-docker-"));
const settings = parseSettings([], etcd.options, "etcd");
const patience = { deadlineMs: 60_000, everyMs: 50 };
let shared: Started | undefined;

expectNothingLeft();
afterAll(async () => {
  await shared?.cluster[Symbol.asyncDispose]();
  shared?.ledger.end();
  rmSync(folder, { recursive: true, force: true });
});

interface Started {
  readonly runId: string;
  readonly cluster: RunningCluster;
  readonly ledger: FileLedger;
  readonly progress: readonly string[];
}

async function start(name: string, options: { readonly system?: DockerSystem; readonly nodes?: number; readonly signal?: AbortSignal; readonly onProgress?: (line: string) => void; readonly reach?: "address" } = {}): Promise<Started> {
  const runId = testRunId(name);
  const ledger = openLedger(join(folder, runId));
  const progress: string[] = [];
  const reach = options.reach === undefined ? {} : { reach: options.reach };
  const cluster = await dockerCluster({ system: options.system ?? etcdSystem(settings), nodes: options.nodes ?? 3, runId, ...reach }).start({
    signal: options.signal ?? new AbortController().signal,
    ledger,
    logsFolder: join(folder, runId, "logs"),
    random: new Random(seed(name)),
    progress: (line) => {
      progress.push(line);
      options.onProgress?.(line);
    },
  });
  return { runId, cluster, ledger, progress };
}

/** The cluster that the tests of faults share; started by the first that needs it, whole again after each. */
async function sharedCluster(): Promise<RunningCluster> {
  shared ??= await start("shared");
  await shared.cluster.converged(deadlineSignal(60_000));
  return shared.cluster;
}

async function connect(cluster: RunningCluster, node: NodeId, with_: Settings = settings): Promise<Connection> {
  return await etcd.client(with_, "register").connect({ node, thread: 0, endpoint: await cluster.endpoint(node, 0), signal: deadlineSignal(20_000) });
}

async function leaderOf(cluster: RunningCluster): Promise<NodeId> {
  let leader: NodeId | undefined;
  await until("a leader", async () => (leader = (await cluster.roles!("leader", deadlineSignal(20_000)))[0]) !== undefined, patience);
  return leader!;
}

/** Another leader than `old`, seen by the nodes that are not cut off. */
async function newLeader(cluster: RunningCluster, old: NodeId): Promise<NodeId> {
  let leader = old;
  await until(`a leader other than ${old}`, async () => (leader = (await cluster.roles!("leader", deadlineSignal(20_000)))[0] ?? old) !== old, patience);
  return leader;
}

function others(cluster: RunningCluster, ...nodes: readonly NodeId[]): NodeId[] {
  return cluster.nodes.filter((node) => !nodes.includes(node));
}

function bothWays(node: NodeId, peers: readonly NodeId[]): Flow[] {
  return peers.flatMap((peer) => [{ from: node, to: peer }, { from: peer, to: node }]);
}

/** Applies, checks that it is seen to act, does what is asked, reverts, and waits until all agree. */
async function under<T>(cluster: RunningCluster, disturbance: Disturbance, act: () => Promise<T>): Promise<T> {
  const signal = deadlineSignal(120_000);
  await disturbance.apply(signal);
  let result: T;
  try {
    result = await act();
    expect(await disturbance.evidence(signal)).toMatchObject({ effective: true });
  } finally {
    await disturbance.revert(signal);
  }
  await cluster.converged(signal);
  return result;
}

const op = (f: string, value: number | null = null): { f: string; value: number | null } => ({ f, value });

describe("etcd in Docker", () => {
  it("starts three nodes with one leader, all healthy, and says of what it is made", async (context) => {
    await engineFor(context);
    const cluster = await sharedCluster();

    expect(cluster.nodes).toEqual(["n1", "n2", "n3"]);
    expect(await cluster.roles!("leader", deadlineSignal(20_000))).toHaveLength(1);
    for (const node of cluster.nodes) expect(await cluster.healthy(node, deadlineSignal(20_000))).toBe(true);
    expect(cluster.describe()).toMatchObject({
      cluster: "docker",
      system: "etcd",
      versions: { etcd: expect.stringMatching(/^3\.\d+\.\d+$/), toxiproxy: "2.12.0" },
      images: { etcd: expect.stringMatching(/@sha256:/), pod: expect.stringMatching(/@sha256:/), toxiproxy: expect.stringMatching(/@sha256:/) },
    });
    expect(shared!.progress.at(-1)).toMatch(/etcd on 3 nodes: all agree/);
  });

  it("gives no container more than NET_ADMIN, publishes on loopback only and labels everything", async (context) => {
    const engine = await engineFor(context);
    const { runId } = (await sharedCluster(), shared!);

    const containers = await engine.api.listContainers({ filters: { label: [`rashomon.run=${runId}`] } });

    expect(containers).toHaveLength(6);
    expect(await labelledObjects(engine, runId)).toHaveLength(7);
    for (const { Id } of containers) {
      const { HostConfig, NetworkSettings } = await engine.api.getContainer(Id).inspect();
      expect(HostConfig.Privileged).toBe(false);
      expect((HostConfig.CapAdd ?? []).every((capability: string) => /^(CAP_)?NET_ADMIN$/.test(capability))).toBe(true);
      const bindings = Object.values(NetworkSettings.Ports ?? {}).flatMap((binding) => binding ?? []);
      expect(bindings.every(({ HostIp }) => HostIp === "127.0.0.1")).toBe(true);
    }
  });

  it("what is written through one node's proxy is read through another's", async (context) => {
    await engineFor(context);
    const cluster = await sharedCluster();
    await using writer = await connect(cluster, cluster.nodes[0]!);
    await using reader = await connect(cluster, cluster.nodes[1]!);

    expect(await writer.invoke(op("write", 1), deadlineSignal(20_000))).toEqual({ type: "ok", value: 1 });
    expect(await reader.invoke(op("read"), deadlineSignal(20_000))).toEqual({ type: "ok", value: 1 });
    expect(await reader.invoke({ f: "cas", value: [1, 2] }, deadlineSignal(20_000))).toEqual({ type: "ok", value: true });
    expect(await writer.invoke({ f: "cas", value: [1, 3] }, deadlineSignal(20_000))).toEqual({ type: "ok", value: false });
    expect(await writer.invoke(op("read"), deadlineSignal(20_000))).toEqual({ type: "ok", value: 2 });
  });

  it("an isolated leader is replaced: it serves no linearizable read, but a stale serializable one", async (context) => {
    await engineFor(context);
    const cluster = await sharedCluster();
    const old = await leaderOf(cluster);
    await using before = await connect(cluster, old);
    await before.invoke(op("write", 10), deadlineSignal(20_000));

    await under(cluster, cluster.net!.cut(bothWays(old, others(cluster, old))), async () => {
      const next = await newLeader(cluster, old);
      await using atNew = await connect(cluster, next);
      await using stale = await connect(cluster, old, { ...settings, reads: "serializable" });
      expect(await atNew.invoke(op("write", 11), deadlineSignal(20_000))).toMatchObject({ type: "ok" });

      expect(await before.invoke(op("read"), deadlineSignal(1_000))).toMatchObject({ type: "fail" });
      expect(await before.invoke(op("write", 12), deadlineSignal(1_000))).toMatchObject({ type: "info" });
      expect(await stale.invoke(op("read"), deadlineSignal(20_000))).toEqual({ type: "ok", value: 10 });
      expect(await cluster.healthy(old, deadlineSignal(20_000))).toBe(false);
    });

    await using after = await connect(cluster, old);
    expect((await after.invoke(op("read"), deadlineSignal(20_000))).type).toBe("ok");
  });

  it.for([
    ["send", (leader: NodeId, peer: NodeId): Flow => ({ from: leader, to: peer })],
    ["hear", (leader: NodeId, peer: NodeId): Flow => ({ from: peer, to: leader })],
  ] as const)("a leader that cannot %s is replaced: a cut has a direction", async ([, flow], context) => {
    await engineFor(context);
    const cluster = await sharedCluster();
    const old = await leaderOf(cluster);

    const cut = cluster.net!.cut(others(cluster, old).map((peer) => flow(old, peer)));

    expect(await under(cluster, cut, () => newLeader(cluster, old))).not.toBe(old);
  });

  it("a link that is slow one way makes a write slow, and loses nothing", async (context) => {
    await engineFor(context);
    const cluster = await sharedCluster();
    const leader = await leaderOf(cluster);
    await using connection = await connect(cluster, leader);
    const slow = cluster.net!.delay(others(cluster, leader).map((peer) => ({ from: leader, to: peer })), { latencyMs: 300, jitterMs: 0 });

    const tookMs = await under(cluster, slow, async () => {
      const began = monotonicMs();
      expect(await connection.invoke(op("write", 20), deadlineSignal(20_000))).toMatchObject({ type: "ok" });
      return monotonicMs() - began;
    });

    // The delay is a lower bound that holds on any machine.
    expect(tookMs).toBeGreaterThan(290);
    expect(await connection.invoke(op("read"), deadlineSignal(20_000))).toEqual({ type: "ok", value: 20 });
  });

  it("clients cut off from their node get no answer from it, while the nodes go on", async (context) => {
    await engineFor(context);
    const cluster = await sharedCluster();
    const node = cluster.nodes[2]!;
    await using cutOff = await connect(cluster, node);
    await using elsewhere = await connect(cluster, cluster.nodes[0]!);

    await under(cluster, cluster.net!.cut([{ from: "clients", to: node }, { from: node, to: "clients" }]), async () => {
      expect(await cutOff.invoke(op("write", 30), deadlineSignal(1_000))).toMatchObject({ type: "info" });
      expect(await elsewhere.invoke(op("write", 31), deadlineSignal(20_000))).toMatchObject({ type: "ok" });
      expect(await cluster.healthy(node, deadlineSignal(20_000))).toBe(true);
    });
  });

  it("a killed leader is replaced, and comes back with what it had on disk", async (context) => {
    await engineFor(context);
    const cluster = await sharedCluster();
    const old = await leaderOf(cluster);
    await using connection = await connect(cluster, old);
    await connection.invoke(op("write", 40), deadlineSignal(20_000));

    await under(cluster, cluster.processes!.kill(old), async () => {
      expect(await newLeader(cluster, old)).not.toBe(old);
      await connection.invoke(op("write", 41), deadlineSignal(5_000));
      expect(await connection.invoke(op("write", 42), deadlineSignal(5_000))).toMatchObject({ type: "fail", error: ["not-connected", expect.any(String)] });
    });

    expect(await connection.invoke(op("read"), deadlineSignal(20_000))).toEqual({ type: "ok", value: 40 });
  });

  it("a fault on one process is told it by name, and refuses a name that no node has", async (context) => {
    await engineFor(context);
    const cluster = await sharedCluster();
    const [node] = cluster.nodes as [NodeId];

    expect(cluster.processes!.names).toEqual(["etcd"]);
    expect(() => cluster.processes!.kill(node, "sentinel")).toThrow(/n1 has no process "sentinel" \(it has etcd\)/);
    await under(cluster, cluster.processes!.kill(node, "etcd"), async () => expect(await cluster.healthy(node, deadlineSignal(20_000))).toBe(false));
  });

  it("a paused leader is replaced, and goes on as a follower", async (context) => {
    await engineFor(context);
    const cluster = await sharedCluster();
    const old = await leaderOf(cluster);

    const next = await under(cluster, cluster.processes!.pause(old), () => newLeader(cluster, old));

    expect(next).not.toBe(old);
    expect(await cluster.healthy(old, deadlineSignal(20_000))).toBe(true);
  });

  it("a leader that leaves the cluster is replaced, and joins again as a new member that has what was written meanwhile", async (context) => {
    await engineFor(context);
    const cluster = await sharedCluster();
    const signal = deadlineSignal(120_000);
    const old = await leaderOf(cluster);
    const staying = others(cluster, old);
    await using elsewhere = await connect(cluster, staying[0]!);

    await under(cluster, cluster.membership!.remove(old), async () => {
      expect(await cluster.membership!.members(signal)).toEqual(staying);
      expect(await newLeader(cluster, old)).not.toBe(old);
      expect(await elsewhere.invoke(op("write", 60), signal)).toMatchObject({ type: "ok" });
    });

    expect(await cluster.membership!.members(signal)).toEqual(cluster.nodes);
    await using own = await connect(cluster, old);
    expect(await own.invoke(op("read"), signal)).toEqual({ type: "ok", value: 60 });
  });

  it("a node that a dead run had taken out joins again by what the ledger says alone", async (context) => {
    await engineFor(context);
    const cluster = await sharedCluster();
    const signal = deadlineSignal(120_000);
    const removal = cluster.membership!.remove(cluster.nodes[1]!);
    await removal.apply(signal);

    for (const step of removal.undo) expect(await performUndo(step, { runFolder: folder, addresses: new Set(), signal })).toMatchObject({ ok: true });

    await cluster.converged(signal);
    expect(await cluster.membership!.members(signal)).toEqual(cluster.nodes);
  });

  it("ends with its logs fetched, the ledger closed and nothing labelled left", async (context) => {
    const engine = await engineFor(context);
    const { runId, cluster, ledger } = (await sharedCluster(), shared!);

    await cluster[Symbol.asyncDispose]();

    expect(await labelledObjects(engine, runId)).toEqual([]);
    expect(ledger.open()).toEqual([]);
    for (const node of cluster.nodes) {
      const [own] = cluster.logs(node);
      expect(existsSync(own!)).toBe(true);
      expect(/elected leader/.test(readFileSync(own!, "utf8"))).toBe(true);
    }
  });
});

describe("peers that dial addresses", () => {
  it("go through the proxies as those that dial names do: an isolated leader is replaced", async (context) => {
    await engineFor(context);
    const etcdByName = etcdSystem(settings);
    const { cluster, ledger } = await start("by-address", { system: { ...etcdByName, peers: { ...etcdByName.peers, reachedBy: "address" } } });
    await using ended = cluster;
    const leader = await leaderOf(cluster);

    const cut = cluster.net!.cut(bothWays(leader, others(cluster, leader)));
    expect(await under(cluster, cut, () => newLeader(cluster, leader))).not.toBe(leader);

    await ended[Symbol.asyncDispose]();
    ledger.end();
  });
});

describe("a start that fails", () => {
  it("because the database ends at once names the node and its last words, and leaves nothing", async (context) => {
    const engine = await engineFor(context);
    const system: DockerSystem = { ...etcdSystem(settings), daemons: () => [{ name: "etcd", user: "root", program: "/usr/bin/etcd", args: ["--heartbeat-interval=1000", "--election-timeout=1000"] }] };

    await expect(start("bad-option", { system, nodes: 1 })).rejects.toMatchObject({ code: "NODE_EXITED", message: expect.stringMatching(/^n1: .*election-timeout/s), nextStep: expect.stringContaining("logs") });

    expect((await labelledObjects(engine)).filter((what) => what.includes("bad-option"))).toEqual([]);
  });

  it("because it is interrupted in the middle leaves nothing", async (context) => {
    const engine = await engineFor(context);
    const stop = new AbortController();

    const starting = start("interrupted", { signal: stop.signal, onProgress: (line) => line.includes("pods with Toxiproxy run") && stop.abort(new Error("Ctrl-C")) });

    await expect(starting).rejects.toMatchObject({ code: "INTERRUPTED" });
    expect((await labelledObjects(engine)).filter((what) => what.includes("interrupted"))).toEqual([]);
  });

  it("because its run's name is taken leaves the other run alone", async (context) => {
    const engine = await engineFor(context);
    const first = await start("twice", { nodes: 1 });
    try {
      const before = await labelledObjects(engine, first.runId);
      const again = dockerCluster({ system: etcdSystem(settings), nodes: 1, runId: first.runId });

      const second = again.start({ signal: new AbortController().signal, ledger: first.ledger, logsFolder: folder, random: new Random(seed(1)), progress: () => {} });

      await expect(second).rejects.toMatchObject({ code: "CLUSTER_START", nextStep: expect.stringContaining("heal") });
      expect(await labelledObjects(engine, first.runId)).toEqual(before);
      expect(await first.cluster.healthy(first.cluster.nodes[0]!, deadlineSignal(20_000))).toBe(true);
    } finally {
      await first.cluster[Symbol.asyncDispose]();
    }
  });
});

describe("a pod", () => {
  it.runIf(process.platform === "linux")("is reached by its address too, without published ports", async (context) => {
    await engineFor(context);
    const { cluster } = await start("address", { nodes: 1, reach: "address" });
    try {
      const node = cluster.nodes[0]!;
      await using connection = await connect(cluster, node);

      expect((await cluster.endpoint(node, 0)).host).toMatch(/^10\.213\./);
      expect(await connection.invoke(op("write", 1), deadlineSignal(20_000))).toEqual({ type: "ok", value: 1 });
    } finally {
      await cluster[Symbol.asyncDispose]();
    }
  });
});
