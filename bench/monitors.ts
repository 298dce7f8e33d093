import { decide } from "../checkers/linearizability/decide.ts";
import { type Part, partsOf } from "../checkers/linearizability/parts.ts";
import { randomHistory } from "../checkers/linearizability/testing/random-history.ts";
import { steps } from "../harness/budget.ts";
import { seed } from "../harness/ids.ts";
import { addNumber, counter, fetchAdd, fetchAddCounter, readCounter } from "../harness/objects/counter.ts";
import { acquire, mutex, release } from "../harness/objects/mutex.ts";
import { deleteMin, dequeue, enqueue, insert, pop, priorityQueue, push, queue, stack } from "../harness/objects/queue.ts";
import { add, contains, remove, set } from "../harness/objects/set.ts";
import type { Call } from "../harness/op.ts";
import { Random } from "../harness/random.ts";
import type { SequentialSpec } from "../harness/spec.ts";
import { cpuMs } from "../harness/time.ts";

/**
 * Objects that monitors decide, and the set, whose elements are searched one by one, on long histories, concurrency 10,
 * none crashed: linearizable ones, and ones with as many lies in the last tenth as make them wrong (from two on, doubled).
 * `npx node bench/monitors.ts [operations]`; least CPU time of three runs, encoding left out.
 */
interface Watched {
  readonly name?: string;
  readonly spec: SequentialSpec;
  readonly call: (random: Random, serial: number) => Call;
}

const objects: readonly Watched[] = [
  { spec: queue(), call: (random, serial) => (random.chance(0.5) ? enqueue(serial) : dequeue()) },
  { spec: stack(), call: (random, serial) => (random.chance(0.5) ? push(serial) : pop()) },
  { spec: priorityQueue(), call: (random, serial) => (random.chance(0.5) ? insert((serial * 7919) % 1_000_003) : deleteMin()) },
  { spec: counter(), call: (random) => (random.chance(0.5) ? addNumber(1) : readCounter()) },
  { spec: fetchAddCounter(), call: () => fetchAdd(1) },
  { spec: mutex(), call: (random) => (random.chance(0.5) ? acquire() : release()) },
  ...[1, 10, 1000].map((elements): Watched => ({ name: `set of ${elements}`, spec: set(), call: (random) => random.pick([add, remove, contains, contains])(random.int(elements)) })),
];

/** Configurations that a history may cost. */
const stepsMax = 50_000_000;

const operations = Number(process.argv[2] ?? 1_000_000);
console.log(`node ${process.version}, seed bench/monitors, ${operations} operations`);
for (const watched of objects) {
  measure(watched, 0);
  for (let lies = 2; lies < operations && measure(watched, lies) === "linearizable"; lies *= 2);
}

/** Prints a line unless lies changed nothing; the answer. */
function measure({ name, spec, call }: Watched, lies: number): string {
  const history = randomHistory({ spec, call, operations, clients: 10, crashRatio: 0, lies, liesFrom: 0.9, busy: true }, new Random(seed("bench/monitors")));
  const parts = partsOf(history, spec);
  const runs = [1, 2, 3].map(() => {
    const cpu = cpuMs();
    return { told: judge(parts), ms: cpuMs() - cpu };
  });
  const { told } = runs[0]!;
  if (lies > 0 && told.outcome === "linearizable") return told.outcome;
  const ms = Math.min(...runs.map((run) => run.ms)).toFixed(0);
  console.log(`${(name ?? spec.name).padEnd(16)} ${(lies === 0 ? "true" : `${lies} lies`).padEnd(9)} ${ms.padStart(6)} ms  ${told.method}: ${told.outcome}`);
  return told.outcome;
}

/** The first part that is not linearizable ends it. */
function judge(parts: readonly Part[]): { readonly outcome: string; readonly method: string } {
  let last = { outcome: "linearizable", method: "" };
  for (const part of parts) {
    last = decide(part, steps(stepsMax));
    if (last.outcome !== "linearizable") break;
  }
  return last;
}
