import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Client } from "../harness/client.ts";
import { calls } from "../harness/generator/calls.ts";
import { mix } from "../harness/generator/mix.ts";
import { openHistoryFile } from "../harness/history-file.ts";
import { nodeNames, seed } from "../harness/ids.ts";
import { Random } from "../harness/random.ts";
import { run } from "../harness/runner.ts";
import { cpuMs, monotonicMs } from "../harness/time.ts";

/**
 * What the harness itself costs: the runner with everything it has in a run (generators, indexed draws, deadlines, the
 * history in memory and on disk), and a client that answers at once. `npx node bench/harness.ts [seconds]`.
 */
const noopClient: Client = {
  connect: () =>
    Promise.resolve({
      invoke: (call) => Promise.resolve({ type: "ok", value: call.value }),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
};

export interface HarnessFigures {
  readonly concurrency: number;
  readonly operations: number;
  readonly opsPerSecond: number;
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly historyBytes: number;
}

/** One run of `ms` at `concurrency`, recorded to a temporary file. */
export async function benchHarness(options: { readonly concurrency: number; readonly ms: number; readonly seed: string }): Promise<HarnessFigures> {
  const folder = await mkdtemp(join(tmpdir(), "rashomon-bench-"));
  const path = join(folder, "history.jsonl");
  try {
    await using file = await openHistoryFile(path);
    const writes = calls("write", (index) => ({ f: "write", value: index }));
    const reads = calls("read", () => ({ f: "read", value: null }));
    const cpuBefore = cpuMs();
    const wallBefore = monotonicMs();
    const result = await run({
      concurrency: options.concurrency,
      nodes: nodeNames(3),
      client: noopClient,
      endpoint: () => Promise.resolve({ host: "127.0.0.1", port: 1 }),
      generator: mix("operations", [[1, reads], [1, writes]]),
      timeLimitMs: options.ms,
      random: new Random(seed(options.seed)),
      file,
    });
    const wallMs = monotonicMs() - wallBefore;
    const operations = result.counts.ok;
    return { concurrency: options.concurrency, operations, opsPerSecond: (operations / wallMs) * 1000, cpuMs: cpuMs() - cpuBefore, wallMs, historyBytes: (await stat(path)).size };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Three runs at each concurrency, printed as they end. */
export async function main(seconds: number): Promise<void> {
  console.log(`harness: no-op client, history on disk, seed bench, Node ${process.version}, ${seconds} s a run`);
  for (const concurrency of [64, 1024]) {
    for (let round = 1; round <= 3; round++) {
      const figures = await benchHarness({ concurrency, ms: seconds * 1000, seed: "bench" });
      const perOp = (figures.cpuMs * 1000) / figures.operations;
      console.log(
        `concurrency ${String(concurrency).padStart(4)}, run ${round}: ${Math.round(figures.opsPerSecond).toLocaleString("en")} ops/s ` +
          `(${figures.operations.toLocaleString("en")} ops in ${(figures.wallMs / 1000).toFixed(2)} s, CPU ${(figures.cpuMs / 1000).toFixed(2)} s, ` +
          `${perOp.toFixed(2)} µs CPU/op, ${(figures.historyBytes / 1e6).toFixed(0)} MB of history)`,
      );
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(Number(process.argv[2] ?? 5));
