import { expect } from "vitest";
import { steps } from "../../../harness/budget.ts";
import { seed } from "../../../harness/ids.ts";
import { appendItem, appendList, readList } from "../../../harness/objects/append-list.ts";
import { fetchAdd, fetchAddCounter, readCounter } from "../../../harness/objects/counter.ts";
import { append, get, kv, put } from "../../../harness/objects/kv.ts";
import { dequeue, enqueue, queue } from "../../../harness/objects/queue.ts";
import { read, register, write } from "../../../harness/objects/register.ts";
import { add, growOnlySet, readAll } from "../../../harness/objects/set.ts";
import type { Call } from "../../../harness/op.ts";
import { Random } from "../../../harness/random.ts";
import { certify, verifyCertificate } from "../certificate.ts";
import { asRegister } from "../kv-as-register.ts";
import { monitors } from "../monitors.ts";
import { partsOf } from "../parts.ts";
import { randomHistory } from "./random-history.ts";
import type { Fuzzed } from "./shapes.ts";

export interface Monitored extends Fuzzed {
  /** The monitor that decides those calls. */
  readonly monitor: string;
}

/** Objects with a monitor, and calls for which its precondition holds. */
export const monitored: readonly Monitored[] = [
  { monitor: "zones", name: "register, unique values", spec: register(0), call: (random, serial) => (random.chance(0.6) ? read() : write(serial + 1)) },
  {
    monitor: "zones",
    name: "register, unique values, reads of null tell nothing",
    spec: register(null, { nullReads: "unknown" }),
    call: (random, serial) => (random.chance(0.6) ? read() : write(serial)),
  },
  { monitor: "zones", name: "kv, unique values", spec: kv(), call: (random, serial) => (random.chance(0.6) ? get("k") : put("k", serial)) },
  {
    monitor: "appended-texts",
    name: "kv, unique texts appended",
    spec: kv(),
    call: (random, serial) => (random.chance(0.5) ? get("k") : random.pick([append, append, put])("k", `${serial}.`)),
  },
  { monitor: "queue-patterns", name: "queue, distinct values", spec: queue(), call: (random, serial) => (random.chance(0.5) ? enqueue(serial) : dequeue()) },
  { monitor: "list-order", name: "append-list", spec: appendList(), call: (random, serial) => (random.chance(0.5) ? appendItem(serial) : readList()) },
  { monitor: "set-order", name: "grow-only set", spec: growOnlySet(), call: (random, serial) => (random.chance(0.5) ? add(serial) : readAll()) },
  { monitor: "fetch-add-chain", name: "fetch-add", spec: fetchAddCounter(), call: (random) => (random.chance(0.6) ? fetchAdd(random.pick([1, 3])) : readCounter()) },
];

/**
 * Orders of that many small linearizable histories verify, with crashed operations. Some of those a monitor leaves to the
 * search: these are passed over, and must be less than half.
 */
export function expectSmallOrders({ name, monitor, spec, call }: Monitored, run: { readonly base: string; readonly count: number }): void {
  const { judge } = monitors.find((known) => known.name === monitor)!;
  let decided = 0;
  for (let i = 0; i < run.count; i++) {
    const random = new Random(seed(`${run.base}/orders/${name}/${i}`));
    const shape = { spec, call, operations: 3 + random.int(25), clients: 2 + random.int(5), crashRatio: random.pick([0, 0, 0.1, 0.4]), lies: 0, busy: random.chance(0.5) };
    const history = randomHistory(shape, random);
    if (!partsOf(history, spec).every((part) => judge(asRegister(part) ?? part) !== undefined)) continue;
    const flaw = verifyCertificate(history, spec, certify(history, spec, steps(1000))!);
    if (flaw !== undefined) expect(flaw, `history ${i}`).toBeUndefined();
    decided++;
  }
  expect(decided).toBeGreaterThan(run.count / 2);
}

/** The order of one long history verifies; the budget is what a monitor spends. */
export function expectLongOrder({ name, spec, call }: Monitored, operations: number): void {
  // Whole answers are long: what grows and is read whole grows seldom.
  const seldom = (random: Random, serial: number): Call => (serial % 500 === 0 ? call(random, serial) : { f: "read", value: null });
  const grows = spec.behavesAs === "append-list" || spec.behavesAs === "grow-only-set";
  const shape = { spec, call: grows ? seldom : call, operations, clients: 10, crashRatio: 0, lies: 0, busy: true };
  const history = randomHistory(shape, new Random(seed(`orders/large/${name}`)));

  const certificate = certify(history, spec, steps(operations));

  expect(verifyCertificate(history, spec, certificate!)).toBeUndefined();
}
