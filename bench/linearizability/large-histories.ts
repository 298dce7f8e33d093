import { type History, HistoryBuilder } from "../../harness/history.ts";
import { seed } from "../../harness/ids.ts";
import type { Json } from "../../harness/json.ts";
import { appendItem, appendList, readList } from "../../harness/objects/append-list.ts";
import { acquire, mutex, release } from "../../harness/objects/mutex.ts";
import { dequeue, enqueue, queue } from "../../harness/objects/queue.ts";
import { cas, casRegister, read, register, write } from "../../harness/objects/register.ts";
import type { Call } from "../../harness/op.ts";
import { Random } from "../../harness/random.ts";
import type { SequentialSpec } from "../../harness/spec.ts";
import { randomHistory } from "../../checkers/linearizability/testing/random-history.ts";

/** A history that is linearizable by construction, and the object that it was recorded on. */
export interface Recorded {
  readonly history: History;
  readonly spec: SequentialSpec;
}

/** A call and what it does when its moment comes; `undefined`: not yet (a held lock). */
interface Step {
  readonly call: Call;
  readonly effect: () => Json | undefined;
}

/** Clients that are always busy; every call takes effect at a moment between its call and its return. O(operations). */
function simulate(shape: { readonly operations: number; readonly clients: number; readonly next: (random: Random, client: number) => Step }): History {
  const random = new Random(seed("bench/large"));
  const builder = new HistoryBuilder();
  const running: ({ readonly step: Step; answer: Json | undefined; done: boolean } | undefined)[] = new Array(shape.clients).fill(undefined);
  let started = 0;
  let open = 0;
  // What is still open at the end may never return.
  for (let idle = 0; (started < shape.operations || open > 0) && idle < 1000 * shape.clients; idle++) {
    const process = random.int(shape.clients);
    const operation = running[process];
    if (operation === undefined) {
      if (started >= shape.operations) continue;
      const step = shape.next(random, process);
      running[process] = { step, answer: undefined, done: false };
      builder.push({ process, type: "invoke", f: step.call.f, value: step.call.value });
      started++;
      open++;
    } else if (!operation.done) {
      operation.answer = operation.step.effect();
      operation.done = operation.answer !== undefined;
      if (!operation.done) continue;
    } else {
      builder.push({ process, type: "ok", f: operation.step.call.f, value: operation.answer! });
      running[process] = undefined;
      open--;
    }
    idle = 0;
  }
  return builder.build();
}

/** Every write another value; 60 % reads. */
export function uniqueRegister(operations: number, clients: number): Recorded {
  let held = 0;
  let serial = 0;
  const next = (random: Random): Step => {
    if (random.chance(0.6)) return { call: read(), effect: () => held };
    const value = ++serial;
    return { call: write(value), effect: () => ((held = value), null) };
  };
  return { history: simulate({ operations, clients, next }), spec: register(0) };
}

/** Distinct values, as many enqueues as dequeues; some find nothing. */
export function distinctQueue(operations: number, clients: number): Recorded {
  const held: number[] = [];
  let head = 0;
  let serial = 0;
  const next = (random: Random): Step => {
    if (random.chance(0.5)) return { call: dequeue(), effect: () => (head < held.length ? held[head++]! : null) };
    const value = ++serial;
    return { call: enqueue(value), effect: () => (held.push(value), null) };
  };
  return { history: simulate({ operations, clients, next }), spec: queue() };
}

/** Three values, put in again and again; clients always busy. */
export function repeatedQueue(operations: number, clients: number): Recorded {
  const spec = queue();
  const call = (random: Random): Call => (random.chance(0.5) ? enqueue(random.int(3)) : dequeue());
  return { history: randomHistory({ spec, call, operations, clients, crashRatio: 0, lies: 0, busy: true }, new Random(seed("bench/large"))), spec };
}

/** Appends, and a read of the whole list every `readEvery` operations. */
export function growingList(operations: number, clients: number, readEvery: number): Recorded {
  const held: number[] = [];
  let serial = 0;
  const next = (): Step => {
    const value = ++serial;
    if (value % readEvery === 0) return { call: readList(), effect: () => [...held] };
    return { call: appendItem(value), effect: () => (held.push(value), null) };
  };
  return { history: simulate({ operations, clients, next }), spec: appendList() };
}

/** Every client takes the lock and gives it back in turn. */
export function contendedMutex(operations: number, clients: number): Recorded {
  let held = false;
  const holds = new Array<boolean>(clients).fill(false);
  const next = (_: Random, client: number): Step => {
    holds[client] = !holds[client];
    if (holds[client]) return { call: acquire(), effect: () => (held ? undefined : ((held = true), null)) };
    return { call: release(), effect: () => ((held = false), null) };
  };
  return { history: simulate({ operations, clients, next }), spec: mutex() };
}

/** One third each of reads, writes and cas on five values; `lies` answers are made wrong after 90 % of the history. */
export function fiveValueRegister(shape: { readonly operations: number; readonly clients: number; readonly crashRatio: number; readonly lies: number; readonly seed: string }): Recorded {
  const spec = casRegister(0);
  const call = (random: Random): Call => [read(), write(random.int(5)), cas(random.int(5), random.int(5))][random.int(3)]!;
  return { history: randomHistory({ ...shape, spec, call, liesFrom: 0.9, busy: true }, new Random(seed(`bench/${shape.seed}`))), spec };
}
