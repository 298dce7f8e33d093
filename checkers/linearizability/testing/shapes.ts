import type { Call } from "../../../harness/op.ts";
import { append, casKey, deleteKey, get, kv, put } from "../../../harness/objects/kv.ts";
import { acquire, mutex, release } from "../../../harness/objects/mutex.ts";
import { cas, casRegister, read, register, write } from "../../../harness/objects/register.ts";
import type { Random } from "../../../harness/random.ts";
import type { SequentialSpec } from "../../../harness/spec.ts";

/** An object with the calls that a fuzzer makes on it. */
export interface Fuzzed {
  readonly name: string;
  readonly spec: SequentialSpec;
  readonly call: (random: Random, serial: number) => Call;
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
    name: "kv with append, absent reads as empty",
    spec: kv({ absent: "" }),
    call: (random, serial) => {
      const key = `k${random.int(2)}`;
      return random.pick([get(key), append(key, `${serial}.`), append(key, "x"), random.chance(0.3) ? put(key, `${serial}`) : get(key)]);
    },
  },
  { name: "mutex", spec: mutex(), call: (random) => (random.chance(0.5) ? acquire() : release()) },
];
