/** One large history in a process of its own, for `bench/linearizability.ts`: `large.ts NAME` prints a `LargeFigure`. */
import { checkLinearizable } from "../../checkers/linearizability/linearizability.ts";
import { unlimited } from "../../harness/budget.ts";
import { cpuMs } from "../../harness/time.ts";
import { contendedMutex, distinctQueue, fiveValueRegister, growingList, type Recorded, repeatedQueue, uniqueRegister } from "./large-histories.ts";

/** Histories that Porcupine cannot take (its memo grows with the square of the operations). */
export interface LargeCase {
  readonly goalMs: number;
  readonly goalMb?: number;
  readonly make: () => Recorded;
}

export interface LargeFigure {
  readonly verdict: string;
  readonly method: string;
  readonly firstMs: number;
  readonly warmMs: number;
  /** Resident memory at its peak, and what of it the history itself took. */
  readonly peakMb: number;
  readonly historyMb: number;
}

const million = 1_000_000;
const casRegister = (operations: number, clients: number, more: { readonly crashRatio: number; readonly seed?: string }): Recorded =>
  fiveValueRegister({ operations, clients, lies: 0, seed: "1", ...more });
const open = (clients: number, crashRatio: number): [string, LargeCase][] =>
  ["1", "2", "3"].map((seed) => [
    `open problem: cas-register, 100,000, ${clients} clients, ${crashRatio * 100} % crashed, seed ${seed}`,
    { goalMs: 10_000, make: () => casRegister(100_000, clients, { crashRatio, seed }) },
  ]);

export const largeCases: ReadonlyMap<string, LargeCase> = new Map<string, LargeCase>([
  ["register, unique values, 1,000,000, 10 clients", { goalMs: 100, make: () => uniqueRegister(million, 10) }],
  ["queue, distinct values, 1,000,000, 10 clients", { goalMs: 1000, make: () => distinctQueue(million, 10) }],
  ["queue, three values, 500, 5 clients", { goalMs: 2000, make: () => repeatedQueue(500, 5) }],
  ["queue, three values, 1,000, 10 clients", { goalMs: 2000, make: () => repeatedQueue(1000, 10) }],
  ["append list, 1,000,000, 10 clients, 50 whole reads", { goalMs: 1000, make: () => growingList(million, 10, million / 50) }],
  ["mutex, 1,000,000, 10 clients", { goalMs: 1000, make: () => contendedMutex(million, 10) }],
  ["cas-register, 100,000, 20 clients", { goalMs: 2000, make: () => casRegister(100_000, 20, { crashRatio: 0 }) }],
  ["cas-register, 100,000, 20 clients, 1 % crashed", { goalMs: 2000, make: () => casRegister(100_000, 20, { crashRatio: 0.01 }) }],
  ["cas-register, 1,000,000, 10 clients", { goalMs: 5000, goalMb: 1000, make: () => casRegister(million, 10, { crashRatio: 0 }) }],
  ...open(20, 0.05),
  ...open(50, 0.01),
]);

const rounds = 5;

function measure({ make }: LargeCase): LargeFigure {
  const { history, spec } = make();
  globalThis.gc?.();
  const historyMb = process.memoryUsage.rss() / 1e6;
  const times: number[] = [];
  let verdict = "";
  let method = "";
  for (let round = 0; round < rounds && times.reduce((sum, ms) => sum + ms, 0) < 10_000; round++) {
    const start = cpuMs();
    const result = checkLinearizable(history, spec, { budget: unlimited(), explain: false });
    times.push(cpuMs() - start);
    verdict = result.verdict;
    method = result.checker.replace("linearizability/", "");
  }
  return { verdict, method, firstMs: times[0]!, warmMs: Math.min(...times), peakMb: process.resourceUsage().maxRSS / 1e3, historyMb };
}

if (import.meta.main) {
  const wanted = largeCases.get(process.argv[2] ?? "");
  if (wanted === undefined) throw new Error(`no large case ${String(process.argv[2])}`);
  console.log(JSON.stringify(measure(wanted)));
}
