import { monitors } from "../checkers/linearizability/monitors.ts";
import { partsOf } from "../checkers/linearizability/parts.ts";
import { randomHistory } from "../checkers/linearizability/testing/random-history.ts";
import { seed } from "../harness/ids.ts";
import { addNumber, counter, fetchAdd, fetchAddCounter, readCounter } from "../harness/objects/counter.ts";
import { acquire, mutex, release } from "../harness/objects/mutex.ts";
import { deleteMin, dequeue, enqueue, insert, pop, priorityQueue, push, queue, stack } from "../harness/objects/queue.ts";
import type { Call } from "../harness/op.ts";
import { Random } from "../harness/random.ts";
import type { SequentialSpec } from "../harness/spec.ts";
import { cpuMs } from "../harness/time.ts";

/**
 * The monitors alone on long histories, concurrency 10, none crashed: linearizable ones, and ones with two lies in the
 * last tenth. `npx node bench/monitors.ts [operations]`; least CPU time of three runs, encoding left out.
 */
interface Watched {
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
];

const operations = Number(process.argv[2] ?? 1_000_000);
console.log(`node ${process.version}, seed bench/monitors, ${operations} operations`);
for (const { spec, call } of objects) {
  for (const lies of [0, 2]) {
    const history = randomHistory({ spec, call, operations, clients: 10, crashRatio: 0, lies, liesFrom: 0.9, busy: true }, new Random(seed("bench/monitors")));
    const [part] = partsOf(history, spec);
    const runs = [1, 2, 3].map(() => {
      const cpu = cpuMs();
      const asked = monitors.map((monitor) => ({ name: monitor.name, answer: monitor.judge(part!) })).find(({ answer }) => answer !== undefined);
      return { ms: cpuMs() - cpu, told: asked === undefined ? "no monitor answers" : `${asked.name}: ${asked.answer!.linearizable ? "linearizable" : "not linearizable"}` };
    });
    console.log(`${spec.name.padEnd(16)} ${lies === 0 ? "true " : "lying"}  ${Math.min(...runs.map(({ ms }) => ms)).toFixed(0).padStart(6)} ms  ${runs[0]!.told}`);
  }
}
