import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bareDrivers, type BareDriver } from "../clusters/systems/testing/bare-drivers.ts";
import { singleNode } from "../clusters/systems/testing/single-node.ts";
import { etcd } from "../clusters/systems/etcd/etcd.ts";
import { mariadb } from "../clusters/systems/mariadb/mariadb.ts";
import { postgres } from "../clusters/systems/postgres/postgres.ts";
import type { Client } from "../harness/client.ts";
import type { Endpoint, RunningCluster } from "../harness/cluster.ts";
import { calls } from "../harness/generator/calls.ts";
import { mix } from "../harness/generator/mix.ts";
import { openHistoryFile } from "../harness/history-file.ts";
import { seed } from "../harness/ids.ts";
import { Random } from "../harness/random.ts";
import { run } from "../harness/runner.ts";
import { cpuMs, monotonicMs } from "../harness/time.ts";

/**
 * What a client costs through the harness (deadlines, classes of errors, generators, the history in memory and on disk)
 * against a plain loop over the same driver: half gets and half puts of 100 keys, one node, the same link through
 * Toxiproxy. The two take turns, so that a busy machine is busy for both; medians of the rounds are compared.
 * `npm run bench -- clients`; RASHOMON_BENCH_SECONDS (default 4) is how long a round lasts.
 */
const databases = [etcd, postgres, mariadb];
const concurrencies = [10, 50];
const rounds = 3;
const keys = 100;
const roundMs = Number(process.env["RASHOMON_BENCH_SECONDS"] ?? 4) * 1000;

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

async function bareLoop(driver: BareDriver, { endpoint, concurrency }: { readonly endpoint: Endpoint; readonly concurrency: number }): Promise<Figures> {
  const connections = await Promise.all(Array.from({ length: concurrency }, () => driver(endpoint)));
  try {
    return await measured(async () => {
      const end = monotonicMs() + roundMs;
      let operations = 0;
      await Promise.all(
        connections.map(async (connection, thread) => {
          for (let index = thread, turn = thread; monotonicMs() < end; index += concurrency, turn++) {
            await (turn % 2 === 0 ? connection.get(`kv/${index % keys}`) : connection.put(`kv/${index % keys}`, index));
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

async function harnessRun(client: Client, { cluster, concurrency }: { readonly cluster: RunningCluster; readonly concurrency: number }): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), "rashomon-bench-"));
  try {
    await using file = await openHistoryFile(join(folder, "history.jsonl"));
    return await measured(async () => {
      const result = await run({
        concurrency,
        nodes: cluster.nodes,
        client,
        endpoint: (node, thread) => cluster.endpoint(node, thread),
        generator: mix("operations", [
          [1, calls("get", (index) => ({ f: "get", value: index % keys }))],
          [1, calls("put", (index) => ({ f: "put", value: [index % keys, index] }))],
        ]),
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

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

console.log(`clients: one node each, ${rounds} rounds of ${roundMs / 1000} s taking turns, seed bench, Node ${process.version}`);
console.log("| database | clients | bare ops/s | harness ops/s | rate | bare CPU µs/op | harness CPU µs/op | CPU |\n|---|---|---|---|---|---|---|---|");
for (const definition of databases) {
  await using node = await singleNode(definition);
  const endpoint = await node.cluster.endpoint(node.cluster.nodes[0]!, 0);
  for (const concurrency of concurrencies) {
    const bare: Figures[] = [];
    const harness: Figures[] = [];
    // The first of each warms up the server and the compiler.
    for (let round = 0; round <= rounds; round++) {
      const [a, b] = [await bareLoop(bareDrivers[definition.name]!, { endpoint, concurrency }), await harnessRun(definition.client(node.settings, "kv"), { cluster: node.cluster, concurrency })];
      if (round > 0) {
        bare.push(a);
        harness.push(b);
      }
    }
    const of = (figures: readonly Figures[], part: keyof Figures): number => median(figures.map((one) => one[part]));
    const percent = (part: keyof Figures): string => `${((of(harness, part) / of(bare, part) - 1) * 100).toFixed(0)} %`;
    console.log(
      `| ${definition.name} | ${concurrency} | ${of(bare, "opsPerSecond").toFixed(0)} | ${of(harness, "opsPerSecond").toFixed(0)} | ${percent("opsPerSecond")} | ${of(bare, "cpuUsPerOp").toFixed(0)} | ${of(harness, "cpuUsPerOp").toFixed(0)} | ${percent("cpuUsPerOp")} |`,
    );
  }
}
