import type { Call } from "../../../harness/op.ts";
import { append, casKey, deleteKey, get, kv, put } from "../../../harness/objects/kv.ts";
import { acquire, mutex, release } from "../../../harness/objects/mutex.ts";
import { cas, casRegister, read, register, write } from "../../../harness/objects/register.ts";
import { appendItem, appendList, readList } from "../../../harness/objects/append-list.ts";
import { bank, readBalances, transfer } from "../../../harness/objects/bank.ts";
import { addNumber, counter, fetchAdd, fetchAddCounter, generate, idGenerator, readCounter } from "../../../harness/objects/counter.ts";
import { consensus, propose } from "../../../harness/objects/consensus.ts";
import { decision, finish } from "../../../harness/objects/decision.ts";
import { eventualCounter } from "../../../harness/objects/eventual-counter.ts";
import { eventualMap } from "../../../harness/objects/eventual-map.ts";
import { eventualSet } from "../../../harness/objects/eventual-set.ts";
import { idempotentCounter, submit } from "../../../harness/objects/idempotent-counter.ts";
import { acquireAs, fencedMutex, ownedMutex, reentrantMutex, releaseAs, semaphore } from "../../../harness/objects/locks.ts";
import { multiRegister, txn } from "../../../harness/objects/multi-register.ts";
import { addToBag, bag, deleteMin, dequeue, enqueue, insert, pop, priorityQueue, push, queue, stack, take } from "../../../harness/objects/queue.ts";
import { add, contains, fullSet, growOnlySet, readAll, remove, set } from "../../../harness/objects/set.ts";
import { listTransactions, type MicroOperation, registerTransactions, transaction, type WriteName } from "../../../harness/objects/transactions.ts";
import { isArray } from "../../../harness/json.ts";
import type { Random } from "../../../harness/random.ts";
import type { SequentialSpec } from "../../../harness/spec.ts";

/** An object with the calls that a fuzzer makes on it. */
export interface Fuzzed {
  readonly name: string;
  readonly spec: SequentialSpec;
  readonly call: (random: Random, serial: number) => Call;
  /** What histories are made with, where the spec itself only judges answers and cannot foretell them. */
  readonly made?: SequentialSpec;
}

/** Every object, in variants that reach its checkers' special cases: few values, unique values, no cas, … */
export const fuzzed: readonly Fuzzed[] = [
  { name: "register, three values", spec: register(0), call: (random) => (random.chance(0.5) ? read() : write(random.int(3))) },
  { name: "register, unique values", spec: register(0), call: (random, serial) => (random.chance(0.6) ? read() : write(serial + 1)) },
  {
    name: "cas-register, three values",
    spec: casRegister(0),
    call: (random) => [read(), write(random.int(3)), cas(random.int(3), random.int(3))][random.int(3)]!,
  },
  {
    name: "cas-register, unique new values",
    spec: casRegister(0),
    call: (random, serial) => [read(), write(serial + 1), cas(random.int(serial + 1), serial + 1)][random.int(3)]!,
  },
  {
    name: "kv, two keys",
    spec: kv(),
    call: (random) => {
      const key = `k${random.int(2)}`;
      const text = random.pick(["a", "b", ""]);
      return random.pick([get(key), get(key), put(key, text), append(key, text), casKey(key, random.pick(["a", "ab", null]), text), deleteKey(key)]);
    },
  },
  {
    name: "kv without append",
    spec: kv(),
    call: (random) => {
      const key = `k${random.int(2)}`;
      const value = random.int(3);
      return random.pick([get(key), get(key), put(key, value), casKey(key, random.pick([0, 1, null]), value), deleteKey(key)]);
    },
  },
  {
    name: "kv of unique values",
    spec: kv({ absent: "" }),
    call: (random, serial) => (random.chance(0.6) ? get(`k${random.int(2)}`) : put(`k${random.int(2)}`, serial)),
  },
  {
    name: "kv with append, absent reads as empty",
    spec: kv({ absent: "" }),
    call: (random, serial) => {
      const key = `k${random.int(2)}`;
      return random.pick([get(key), append(key, `${serial}.`), append(key, "x"), random.chance(0.3) ? put(key, `${serial}`) : get(key)]);
    },
  },
  {
    name: "kv of texts that end alike, some written twice",
    spec: kv({ absent: "" }),
    call: (random, serial) => {
      const text = `${random.chance(0.8) ? serial : serial >> 1}.`;
      return random.pick([get("k"), get("k"), append("k", text), append("k", text), put("k", text)]);
    },
  },
  {
    name: "kv of appended texts that begin alike",
    spec: kv(),
    call: (random, serial) => random.pick([get("k"), get("k"), append("k", `,${random.chance(0.8) ? serial : random.int(3)}`), put("k", random.pick([`${serial}`, `,${serial}`]))]),
  },
  {
    name: "set by element",
    spec: set(),
    call: (random) => random.pick([add, remove, contains, contains])(random.int(2)),
  },
  { name: "grow-only set", spec: growOnlySet(), call: (random, serial) => (random.chance(0.5) ? add(serial) : readAll()) },
  { name: "full set", spec: fullSet(), call: (random) => (random.chance(0.3) ? readAll() : random.pick([add, remove, contains])(random.int(3))) },
  { name: "bag", spec: bag(), call: (random) => (random.chance(0.5) ? addToBag(random.int(2)) : take()) },
  { name: "queue, distinct values", spec: queue(), call: (random, serial) => (random.chance(0.55) ? enqueue(serial) : dequeue()) },
  { name: "queue, two values", spec: queue(), call: (random) => (random.chance(0.55) ? enqueue(random.int(2)) : dequeue()) },
  { name: "stack, distinct values", spec: stack(), call: (random, serial) => (random.chance(0.55) ? push(serial) : pop()) },
  { name: "priority queue, distinct values", spec: priorityQueue(), call: (random, serial) => (random.chance(0.55) ? insert((serial * 7) % 11) : deleteMin()) },
  { name: "append list", spec: appendList(), call: (random, serial) => (random.chance(0.5) ? appendItem(serial) : readList()) },
  { name: "counter", spec: counter(), call: (random) => (random.chance(0.5) ? addNumber(1) : readCounter()) },
  { name: "counter, up and down", spec: counter(), call: (random) => (random.chance(0.5) ? addNumber(random.pick([-1, 0, 2])) : readCounter()) },
  { name: "fetch-add", spec: fetchAddCounter(), call: (random) => (random.chance(0.7) ? fetchAdd(random.pick([1, 1, 2])) : readCounter()) },
  { name: "owned mutex", spec: ownedMutex(), call: (random) => random.pick([acquireAs, releaseAs])(random.int(2)) },
  { name: "reentrant mutex", spec: reentrantMutex(2), call: (random) => random.pick([acquireAs, releaseAs])(random.int(2)) },
  { name: "semaphore", spec: semaphore(2), call: (random) => random.pick([acquireAs, releaseAs])(random.int(3)) },
  { name: "bank", spec: bank({ a: 2, b: 2 }), call: (random) => (random.chance(0.4) ? readBalances() : (random.chance(0.5) ? transfer("a", "b", 1 + random.int(2)) : transfer("b", "a", 1 + random.int(2)))) },
  {
    name: "multi-register",
    spec: multiRegister({ x: 0, y: 0 }),
    call: (random) => {
      const micro = (): readonly ["read" | "write", string, number | null] => (random.chance(0.5) ? ["read", random.pick(["x", "y"]), null] : ["write", random.pick(["x", "y"]), random.int(3)]);
      return txn(micro(), micro());
    },
  },
  { name: "register whose reads of null tell nothing", spec: register(null, { nullReads: "unknown" }), call: (random) => (random.chance(0.5) ? read() : write(random.pick([null, 1]))) },
  { name: "stack, two values", spec: stack(), call: (random) => (random.chance(0.55) ? push(random.int(2)) : pop()) },
  { name: "priority queue, three values", spec: priorityQueue(), call: (random) => (random.chance(0.55) ? insert(random.int(3)) : deleteMin()) },
  { name: "consensus", spec: consensus(), call: (random) => propose(random.pick([0, 1, null])) },
  { name: "decision", spec: decision(), call: () => finish() },
  { name: "eventual counter", spec: eventualCounter(), call: (random) => (random.chance(0.5) ? addNumber(random.pick([1, 2])) : readCounter()) },
  { name: "eventual set", spec: eventualSet(), call: (random) => (random.chance(0.5) ? readAll() : random.pick([add, add, remove])(random.int(3))) },
  { name: "eventual map", spec: eventualMap(), call: (random) => (random.chance(0.5) ? get(`k${random.int(2)}`) : put(`k${random.int(2)}`, random.int(2))) },
  { name: "transactions on lists", spec: listTransactions(), call: (random, serial) => transactionOf("append", random, serial) },
  { name: "transactions on registers", spec: registerTransactions(), call: (random, serial) => transactionOf("w", random, serial) },
  { name: "idempotent counter", spec: idempotentCounter(), call: (random) => (random.chance(0.5) ? submit(`k${random.int(2)}`, random.pick([1, 2])) : readCounter()) },
  { name: "id generator", spec: idGenerator(), made: countingIds(), call: () => generate() },
  { name: "fenced mutex", spec: fencedMutex(), made: risingTokens(), call: (random) => random.pick([acquireAs, releaseAs])(random.int(2)) },
  { name: "mutex", spec: mutex(), call: (random) => (random.chance(0.5) ? acquire() : release()) },
];

/** Two micro-operations on two keys; each value is written once. */
function transactionOf(write: WriteName, random: Random, serial: number): Call {
  const micro = (value: number): MicroOperation => (random.chance(0.5) ? ["r", random.int(2), null] : [write, random.int(2), value]);
  return transaction([micro(2 * serial + 1), micro(2 * serial + 2)]);
}

/** An id generator that gives the numbers. */
function countingIds(): SequentialSpec {
  return { ...idGenerator(), apply: (state) => [{ state: Number(state) + 1, ret: Number(state) }], initial: 0 };
}

/** A fenced lock whose tokens rise by one. */
function risingTokens(): SequentialSpec {
  const fenced = fencedMutex();
  return {
    ...fenced,
    apply: (state, call) => fenced.apply(state, call).map((result) => (call.f === "acquire" && isArray(result.state) ? { state: [call.value, Number(result.ret) + 1], ret: Number(result.ret) + 1 } : result)),
  };
}
