import { GroupOrder, contradiction, type Monitor, type MonitorAnswer } from "../monitor.ts";
import { NEVER, type Part } from "../parts.ts";
import { CAS, NOTHING, READ, REFUSED, registerForms, type RegisterForms, WRITE } from "../register-forms.ts";
import { registerOrder } from "./register-order.ts";

/**
 * A register in which every value comes about once, by a write or a cas, and no cas was refused (Gibbons and Korach,
 * 1997, extended by cas).
 *
 * All operations on a value take effect while the register holds it, in one stretch of time; so do the values of a
 * chain write a, cas a → b, cas b → c. Such a chain is a block, and inside it the order is forced: write a, reads of a,
 * the cas, reads of b, … Between its first return f and its last call s a block certainly holds the register:
 *
 *     f < s   forward zone:  held during [f, s]          |---- f ######## s ----|
 *     f ≥ s   backward zone: some moment within [s, f]   |---- s ........ f ----|
 *
 * The part is linearizable exactly if every block is in order, no two forward zones overlap, and no backward zone lies
 * inside a forward one. O(operations), on event numbers, without sorting. Blocks may then follow each other as their
 * zones begin to matter: forward ones at f, backward ones at s, or after the forward zone that covers s, which ends
 * before f.
 */
export const registerZones: Monitor = {
  name: "zones",
  summary: "register, every value written once, no refused cas: O(n)",
  judge(part) {
    if (part.spec.behavesAs !== "register" || registerForms(part).kinds.includes(REFUSED)) return undefined;
    return judgeRegister(byOperation(part));
  },
};

/** Operations on a register as integers, by operation: what its class says in `RegisterForms`. */
export interface RegisterOperations extends Pick<Part, "count" | "eventCount" | "calls" | "returns">, RegisterForms {}

function byOperation(part: Part): RegisterOperations {
  const forms = registerForms(part);
  const { count, eventCount, calls, returns, classes } = part;
  const kinds = new Uint8Array(count);
  const froms = new Int32Array(count);
  const tos = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const id = classes[i]!;
    kinds[i] = forms.kinds[id]!;
    froms[i] = forms.froms[id]!;
    tos[i] = forms.tos[id]!;
  }
  return { count, eventCount, calls, returns, kinds, froms, tos, valueCount: forms.valueCount, initial: forms.initial };
}

/** The same for operations that were put as those of a register; undefined where a value comes about twice. */
export function judgeRegister(operations: RegisterOperations): MonitorAnswer | undefined {
  const values = valuesOf(operations);
  return values === undefined ? undefined : judgeBlocks(operations, values);
}

/** Who makes and who uses each value; operations by number, -1 none. */
interface Values {
  readonly count: number;
  readonly initial: number;
  readonly producer: Int32Array;
  /** The cas that takes the value away. */
  readonly consumer: Int32Array;
  readonly firstReturn: Int32Array;
  readonly firstReturned: Int32Array;
  readonly lastCall: Int32Array;
  readonly lastCalled: Int32Array;
  /** A second cas that takes the same value away, if any. */
  readonly rival: readonly [number, number] | undefined;
}

function valuesOf(operations: RegisterOperations): Values | undefined {
  const { kinds, froms, tos, calls, returns, initial, valueCount: count } = operations;
  const producer = new Int32Array(count).fill(-1);
  const consumer = new Int32Array(count).fill(-1);
  const firstReturn = new Int32Array(count).fill(NEVER);
  const firstReturned = new Int32Array(count).fill(-1);
  const lastCall = new Int32Array(count).fill(-1);
  const lastCalled = new Int32Array(count).fill(-1);
  let crashed = false;
  let rival: readonly [number, number] | undefined;
  for (let i = 0; i < operations.count; i++) {
    const kind = kinds[i]!;
    if (kind === REFUSED) return undefined;
    if (kind === WRITE || kind === CAS) {
      const to = tos[i]!;
      if (to === initial || producer[to] !== -1 || to === froms[i]) return undefined;
      producer[to] = i;
    }
    if (kind === READ) {
      const value = froms[i]!;
      if (returns[i]! < firstReturn[value]!) {
        firstReturn[value] = returns[i]!;
        firstReturned[value] = i;
      }
      if (calls[i]! > lastCall[value]!) {
        lastCall[value] = calls[i]!;
        lastCalled[value] = i;
      }
    }
    if (returns[i] === NEVER) crashed = true;
  }
  // Crashed operations count only if something that surely happened needs their value.
  const keep = new Uint8Array(count);
  const needed: number[] = [];
  for (let i = 0; crashed && i < operations.count; i++) {
    if (kinds[i] === READ || (kinds[i] === CAS && returns[i] !== NEVER)) needed.push(froms[i]!);
  }
  for (let value = needed.pop(); value !== undefined; value = needed.pop()) {
    if (keep[value] === 1) continue;
    keep[value] = 1;
    const maker = producer[value]!;
    if (maker >= 0 && returns[maker] === NEVER && kinds[maker] === CAS) needed.push(froms[maker]!);
  }
  for (let i = 0; i < operations.count; i++) {
    if (kinds[i] === NOTHING || kinds[i] === READ) continue;
    if (returns[i] === NEVER && keep[tos[i]!] === 0) producer[tos[i]!] = -1;
    else if (kinds[i] === CAS) {
      if (consumer[froms[i]!] !== -1) rival = [consumer[froms[i]!]!, i];
      consumer[froms[i]!] = i;
    }
  }
  return {
    count,
    initial,
    producer,
    consumer,
    firstReturn,
    firstReturned,
    lastCall,
    lastCalled,
    rival,
  };
}

function judgeBlocks(operations: RegisterOperations, values: Values): MonitorAnswer {
  if (values.rival !== undefined) return contradiction(...values.rival);
  const { calls, returns, froms, tos, eventCount } = operations;
  // Zones by the event at which they begin to matter: forward ones (root + 1) at their first return, backward ones
  // (-1 - root) at their last call.
  const zoneAt = new Int32Array(eventCount + 1);
  /** By block root: where its zone ends. */
  const ends = new Int32Array(values.count);
  /** By block root: the operations that make its zone. */
  const firsts = new Int32Array(values.count).fill(-1);
  const lasts = new Int32Array(values.count).fill(-1);
  const visited = new Uint8Array(values.count);
  let initialEnd = -1;
  const enter = (root: number, first: number, last: number): void => {
    if (root === values.initial) initialEnd = last;
    else if (first < last) {
      zoneAt[first] = root + 1;
      ends[root] = last;
    } else if (first !== NEVER) {
      zoneAt[last] = -1 - root;
      ends[root] = first;
    }
  };
  for (let root = 0; root < values.count; root++) {
    const maker = values.producer[root]!;
    const used = values.firstReturned[root]! >= 0 || values.consumer[root]! >= 0;
    if (root !== values.initial && maker < 0) {
      // Nobody made it, and yet it was read or expected.
      if (used) return contradiction(values.firstReturned[root]!, values.firstReturned[root]! < 0 ? values.consumer[root]! : -1);
      continue;
    }
    if (root !== values.initial && froms[maker]! >= 0) continue;
    let first = root === values.initial ? -1 : returns[maker]!;
    let last = root === values.initial ? -1 : calls[maker]!;
    firsts[root] = maker;
    lasts[root] = maker;
    if (values.consumer[root] === -1) {
      // The usual block: one value.
      visited[root] = 1;
      if (values.firstReturned[root] !== -1) {
        if (values.firstReturn[root]! < last) return contradiction(maker, values.firstReturned[root]!);
        if (values.firstReturn[root]! < first) {
          first = values.firstReturn[root]!;
          firsts[root] = values.firstReturned[root]!;
        }
        if (values.lastCall[root]! > last) {
          last = values.lastCall[root]!;
          lasts[root] = values.lastCalled[root]!;
        }
      }
      enter(root, first, last);
      continue;
    }
    const order = new GroupOrder();
    const take = (operation: number, call: number, ret: number, returned: number): number => {
      if (ret < first) {
        first = ret;
        firsts[root] = returned;
      }
      if (call > last) {
        last = call;
        lasts[root] = operation;
      }
      return order.add(operation, call, ret);
    };
    if (maker >= 0) take(maker, calls[maker]!, returns[maker]!, maker);
    for (let value = root; ; ) {
      visited[value] = 1;
      order.next();
      if (values.firstReturned[value]! >= 0) {
        const reader = values.firstReturned[value]!;
        const before = take(values.lastCalled[value]!, values.lastCall[value]!, values.firstReturn[value]!, reader);
        if (before >= 0) return contradiction(reader, before);
      }
      const next = values.consumer[value]!;
      if (next < 0) break;
      order.next();
      const before = take(next, calls[next]!, returns[next]!, next);
      if (before >= 0) return contradiction(next, before);
      value = tos[next]!;
    }
    enter(root, first, last);
  }
  for (let value = 0; value < values.count; value++) {
    // What no chain reaches hangs on a cycle of cas.
    if (visited[value] === 0 && values.producer[value]! >= 0) return contradiction(values.producer[value]!, values.consumer[value]!);
  }
  let end = initialEnd;
  let holder = values.initial;
  for (let event = 0; event < eventCount; event++) {
    const zone = zoneAt[event]!;
    if (zone === 0) continue;
    const root = Math.abs(zone) - 1;
    if (zone > 0 ? end > event : ends[root]! < end) return contradiction(firsts[holder]!, lasts[holder]!, firsts[root]!, lasts[root]!);
    if (zone > 0) {
      end = ends[root]!;
      holder = root;
    }
  }
  return {
    linearizable: true,
    linearization: () => registerOrder({ operations, producer: values.producer, consumer: values.consumer, roots: rootsBy(zoneAt, values.initial) }),
  };
}

/** The roots of blocks in the order of their zones, the initial value's first. */
function* rootsBy(zoneAt: Int32Array, initial: number): Generator<number> {
  yield initial;
  for (const zone of zoneAt) if (zone !== 0) yield Math.abs(zone) - 1;
}
