import { fileURLToPath } from "node:url";
import { checkElle, type Workload } from "../checkers/elle/elle.ts";
import { simulate } from "../checkers/elle/testing/simulate.ts";
import { checkWeak, weakLevels } from "../checkers/elle/weak.ts";
import { seed } from "../harness/ids.ts";
import { Random } from "../harness/random.ts";
import { cpuMs, monotonicMs } from "../harness/time.ts";

/**
 * The transactional checker on simulated strict-serializable histories: concurrency 20, 1 to 4 operations, 10 keys at a
 * time of 64 writes each, 2 % fail, 0.5 % info. `npx node bench/elle.ts [transactions …]`; three runs each, the same seed.
 */
export interface ElleFigures {
  readonly workload: Workload;
  readonly transactions: number;
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly valid: boolean | "unknown";
  readonly residentMB: number;
}

/** One simulated history, checked `rounds` times. */
export function benchElle(workload: "list-append" | "rw-register", transactions: number, rounds: number): ElleFigures[] {
  const history = simulate({ workload, level: "strict-serializable", transactions, concurrency: 20, keys: 10, writesPerKey: 64, lengthMax: 4, failRatio: 0.02, infoRatio: 0.005, random: new Random(seed("bench")) });
  const figures: ElleFigures[] = [];
  for (let round = 0; round < rounds; round++) {
    const [cpu, wall] = [cpuMs(), monotonicMs()];
    const { valid } = checkElle(history, workload, { models: ["strict-serializable"] });
    figures.push({ workload, transactions, cpuMs: cpuMs() - cpu, wallMs: monotonicMs() - wall, valid, residentMB: process.memoryUsage().rss / 1e6 });
  }
  return figures;
}

/** Read committed, read atomic and causal consistency of one history of registers. */
function benchWeak(transactions: number): void {
  const history = simulate({ workload: "rw-register", level: "strict-serializable", transactions, concurrency: 20, keys: 10, writesPerKey: 64, lengthMax: 4, failRatio: 0.02, infoRatio: 0.005, random: new Random(seed("bench")) });
  for (const level of weakLevels) {
    const times = [1, 2, 3].map(() => {
      const cpu = cpuMs();
      const { valid } = checkWeak(history, level);
      return `${((cpuMs() - cpu) / 1000).toFixed(2)} s${valid ? "" : " (not valid)"}`;
    });
    console.log(`${level.padEnd(14)} ${transactions.toLocaleString("en").padStart(9)} transactions: CPU ${times.join(", ")}`);
  }
}

/** Prints the figures as they come. */
export function main(sizes: readonly number[]): void {
  console.log(`elle: strict-serializable histories, seed bench, Node ${process.version}`);
  for (const workload of ["list-append", "rw-register"] as const) {
    for (const size of sizes) {
      for (const { transactions, cpuMs: cpu, wallMs, valid, residentMB } of benchElle(workload, size, 3)) {
        const perTransaction = ((cpu * 1000) / transactions).toFixed(2);
        console.log(`${workload.padEnd(12)} ${transactions.toLocaleString("en").padStart(9)} transactions: CPU ${(cpu / 1000).toFixed(2)} s, wall ${(wallMs / 1000).toFixed(2)} s, ${perTransaction} µs CPU each, ${residentMB.toFixed(0)} MB, valid: ${valid}`);
      }
    }
  }
  for (const size of sizes) benchWeak(size);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.length > 2 ? process.argv.slice(2).map(Number) : [5_000, 50_000, 500_000]);
