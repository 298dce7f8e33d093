import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { etcd } from "../clusters/systems/etcd/etcd.ts";
import { mariadb } from "../clusters/systems/mariadb/mariadb.ts";
import { nats } from "../clusters/systems/nats/nats.ts";
import { postgres } from "../clusters/systems/postgres/postgres.ts";
import { rabbitmq } from "../clusters/systems/rabbitmq/rabbitmq.ts";
import { redis } from "../clusters/systems/redis/redis.ts";
import { tarantool } from "../clusters/systems/tarantool/tarantool.ts";
import type { BareDriver } from "../clusters/systems/testing/bare-driver.ts";
import { bareDrivers } from "../clusters/systems/testing/bare-drivers.ts";
import { singleNode } from "../clusters/systems/testing/single-node.ts";
import { zookeeper } from "../clusters/systems/zookeeper/zookeeper.ts";
import type { Client, Connection } from "../harness/client.ts";
import type { Endpoint, RunningCluster } from "../harness/cluster.ts";
import type { OpGenerator } from "../harness/generator.ts";
import { calls } from "../harness/generator/calls.ts";
import { mix } from "../harness/generator/mix.ts";
import { openHistoryFile } from "../harness/history-file.ts";
import { seed } from "../harness/ids.ts";
import { Random } from "../harness/random.ts";
import { run } from "../harness/runner.ts";
import { cpuMs, monotonicMs } from "../harness/time.ts";

/**
 * What a client costs through the harness (deadlines, classes of errors, generators, the history in memory and on disk)
 * against a plain loop over the same driver: half gets and half puts of 100 keys (of a queue: half dequeues, half
 * enqueues), one node, the same link through Toxiproxy. The two take turns in short rounds, each begins every other pair,
 * and every pair gives a ratio: a machine that is busy for some seconds is busy for both. The median of the ratios is
 * told, and between which of them half of the pairs lie. Prints the table of `docs/clients-bench.md`.
 *
 *     npm run bench -- clients            RASHOMON_BENCH_SECONDS    how long a round lasts, default 1
 *                                         RASHOMON_BENCH_PAIRS      how many pairs of rounds count, default 8
 *                                         RASHOMON_BENCH_DATABASES  names, comma between; default: all
 */
const databases = [etcd, postgres, mariadb, redis, rabbitmq, nats, zookeeper, tarantool];
const concurrencies = [10, 50];
const keys = 100;
const roundMs = Number(process.env["RASHOMON_BENCH_SECONDS"] ?? 1) * 1000;
/** Before any counts: the harness has more code than a loop, so the compiler knows it later (twice the CPU in its first seconds). */
const warmUpPairs = 4;
const pairs = Number(process.env["RASHOMON_BENCH_PAIRS"] ?? 8);
const asked = process.env["RASHOMON_BENCH_DATABASES"]?.split(",") ?? databases.map(({ name }) => name);

const storeCalls = mix("operations", [
  [1, calls("get", (index) => ({ f: "get", value: index % keys }))],
  [1, calls("put", (index) => ({ f: "put", value: [index % keys, index] }))],
]);
const queueCalls = mix("operations", [
  [1, calls("dequeue", () => ({ f: "dequeue", value: null }))],
  [1, calls("enqueue", (index) => ({ f: "enqueue", value: index }))],
]);

interface Figures {
  readonly opsPerSecond: number;
  /** Of this process, user and system. */
  readonly cpuUsPerOp: number;
}

async function measured(work: () => Promise<number>): Promise<Figures> {
  const cpuBefore = cpuMs();
  const wallBefore = monotonicMs();
  const operations = await work();
  return { opsPerSecond: (operations / (monotonicMs() - wallBefore)) * 1000, cpuUsPerOp: ((cpuMs() - cpuBefore) / operations) * 1000 };
}

/** Get or put: drawn, as the harness draws. Clients that took turns in step would share their servers' syncs. */
const drawing = new Random(seed("bench/lots"));
const lots = Uint8Array.from({ length: 1 << 16 }, () => drawing.int(2));

async function bareLoop(driver: BareDriver, { endpoint, concurrency }: { readonly endpoint: Endpoint; readonly concurrency: number }): Promise<Figures> {
  const connections = await Promise.all(Array.from({ length: concurrency }, () => driver(endpoint)));
  try {
    return await measured(async () => {
      const end = monotonicMs() + roundMs;
      let operations = 0;
      await Promise.all(
        connections.map(async (connection, thread) => {
          for (let index = thread; monotonicMs() < end; index += concurrency) {
            await (lots[index % lots.length] === 0 ? connection.get(`bare-${index % keys}`) : connection.put(`bare-${index % keys}`, index));
            operations++;
          }
        }),
      );
      return operations;
    });
  } finally {
    for (const connection of connections) connection.close();
  }
}

async function harnessRun(client: Client, { cluster, generator, concurrency }: { readonly cluster: RunningCluster; readonly generator: OpGenerator; readonly concurrency: number }): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), "rashomon-bench-"));
  const opened = await openedBefore(client, { cluster, concurrency });
  try {
    await using file = await openHistoryFile(join(folder, "history.jsonl"));
    return await measured(async () => {
      const result = await run({
        concurrency,
        nodes: cluster.nodes,
        client: opened,
        endpoint: (node, thread) => cluster.endpoint(node, thread),
        generator,
        timeLimitMs: roundMs,
        random: new Random(seed("bench")),
        file,
      });
      if (result.counts.fail + result.counts.info > 0) console.log(`  (${result.counts.fail} fail, ${result.counts.info} info)`);
      return result.counts.ok;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The client with every thread's first connection open already, as the bare loop has them: opening is not measured. */
async function openedBefore(client: Client, { cluster, concurrency }: { readonly cluster: RunningCluster; readonly concurrency: number }): Promise<Client> {
  const node = cluster.nodes[0]!;
  const signal = new AbortController().signal;
  const open = async (thread: number): Promise<[number, Connection]> => [thread, await client.connect({ node, thread, endpoint: await cluster.endpoint(node, thread), signal })];
  const connections = new Map(await Promise.all(Array.from({ length: concurrency }, (_, thread) => open(thread))));
  return {
    connect(target) {
      const first = connections.get(target.thread);
      connections.delete(target.thread);
      return first === undefined ? client.connect(target) : Promise.resolve(first);
    },
  };
}

/** Linear between the two that are next to it; `values` is not empty. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)]!;
  return below + (sorted[Math.ceil(place)]! - below) * (place - Math.floor(place));
}

interface Pair {
  readonly bare: Figures;
  readonly harness: Figures;
}

/** `| bare | harness | what the harness makes of it (half of the pairs) |` */
function columns(figures: readonly Pair[], part: keyof Figures): string {
  const typical = (side: keyof Pair): string => quantile(figures.map((pair) => pair[side][part]), 0.5).toFixed(0);
  const change = (share: number): string => ((quantile(figures.map(({ bare, harness }) => harness[part] / bare[part]), share) - 1) * 100).toFixed(0);
  return `${typical("bare")} | ${typical("harness")} | ${change(0.5)} % (${change(0.25)} to ${change(0.75)})`;
}

console.log(`clients: one node each, ${pairs} pairs of rounds of ${roundMs / 1000} s, seed bench, Node ${process.version}\n`);
console.log("| database | clients | bare ops/s | harness ops/s | rate | bare CPU µs/op | harness CPU µs/op | CPU |\n|---|---|---|---|---|---|---|---|");
for (const definition of databases.filter(({ name }) => asked.includes(name))) {
  await using node = await singleNode(definition);
  const { cluster, settings } = node;
  const endpoint = await cluster.endpoint(cluster.nodes[0]!, 0);
  const object = definition === rabbitmq ? "queue" : "kv";
  const generator = object === "queue" ? queueCalls : storeCalls;
  for (const concurrency of concurrencies) {
    const bareRound = (): Promise<Figures> => bareLoop(bareDrivers[definition.name]!, { endpoint, concurrency });
    const harnessRound = (): Promise<Figures> => harnessRun(definition.client(settings, object), { cluster, generator, concurrency });
    const figures: Pair[] = [];
    while (figures.length < warmUpPairs + pairs) {
      if (figures.length % 2 === 0) figures.push({ bare: await bareRound(), harness: await harnessRound() });
      else figures.push({ harness: await harnessRound(), bare: await bareRound() });
    }
    const counted = figures.slice(warmUpPairs);
    console.log(`| ${definition.name} | ${concurrency} | ${columns(counted, "opsPerSecond")} | ${columns(counted, "cpuUsPerOp")} |`);
  }
}
