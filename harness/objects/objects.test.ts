import { describe, expect, it } from "vitest";
import { canonicalJson, deepFreeze, equalJson, type Json } from "../json.ts";
import type { Call } from "../op.ts";
import { agrees, statesAfter } from "../spec.ts";
import { lease } from "./lease.ts";
import { fencedMutex } from "./locks.ts";
import { idGenerator } from "./counter.ts";
import { casRegister } from "./register.ts";
import { kv } from "./kv.ts";
import { specNamed, specs } from "./registry.ts";

/** Calls that reach every function of an object by its own description. */
const sample: { readonly [name: string]: readonly Call[] } = {
  register: [c("read"), c("write", 1), c("read")],
  "cas-register": [c("write", 1), c("cas", [1, 2]), c("cas", [1, 3]), c("read")],
  kv: [c("get", "k"), c("put", ["k", "a"]), c("append", ["k", "b"]), c("cas", ["k", "ab", "c"]), c("get", "k"), c("delete", "k"), c("get", "k")],
  mutex: [c("acquire"), c("release"), c("acquire")],
  "multi-register": [c("txn", [["write", "x", 1], ["read", "x", null]]), c("txn", [["read", "y", null]])],
  "list-append": [c("txn", [["append", 0, 1], ["r", 0, null]]), c("txn", [["append", 0, 2]]), c("txn", [["r", 0, null], ["r", 1, null]])],
  "rw-register": [c("txn", [["r", 0, null], ["w", 0, 1]]), c("txn", [["w", 0, 2], ["r", 0, null]])],
  set: [c("add", 1), c("contains", 1), c("remove", 1), c("contains", 1)],
  "grow-only-set": [c("add", 2), c("add", 1), c("read")],
  "full-set": [c("add", 2), c("add", 1), c("remove", 2), c("contains", 2), c("read")],
  bag: [c("add", 1), c("add", 1), c("take"), c("take"), c("take")],
  queue: [c("dequeue"), c("enqueue", 1), c("enqueue", 2), c("dequeue")],
  stack: [c("push", 1), c("push", 2), c("pop")],
  "priority-queue": [c("insert", 2), c("insert", 1), c("delete-min")],
  "append-list": [c("append", 1), c("append", 2), c("read")],
  counter: [c("add", 2), c("add", -1), c("read")],
  "fetch-add": [c("fetch-add", 2), c("fetch-add", 3), c("read")],
  "eventual-counter": [c("add", 2), c("add", -1), c("read")],
  "eventual-set": [c("add", 2), c("add", 1), c("remove", 1), c("read")],
  "eventual-map": [c("get", "k"), c("put", ["k", 1]), c("put", ["k", 2]), c("get", "k")],
  "idempotent-counter": [c("submit", ["k", 5]), c("submit", ["k", 5]), c("submit", ["l", 2]), c("read")],
  consensus: [c("propose", null), c("propose", 2)],
  decision: [c("finish"), c("finish")],
  "id-generator": [c("generate")],
  "owned-mutex": [c("acquire", 1), c("release", 1)],
  "reentrant-mutex": [c("acquire", 1), c("acquire", 1), c("release", 1), c("release", 1)],
  "fenced-mutex": [c("acquire", 1), c("release", 1)],
  lease: [c("acquire"), c("held")],
  semaphore: [c("acquire", 1), c("acquire", 2), c("release", 1)],
  bank: [c("transfer", { from: "a", to: "b", amount: 3 }), c("read")],
};

/** What those calls answer, one after the other. */
const answers: { readonly [name: string]: readonly Json[] } = {
  register: [null, null, 1],
  "cas-register": [null, true, false, 2],
  kv: [null, null, null, true, "c", null, null],
  mutex: [null, null, null],
  "multi-register": [[["write", "x", 1], ["read", "x", 1]], [["read", "y", null]]],
  "list-append": [[["append", 0, 1], ["r", 0, [1]]], [["append", 0, 2]], [["r", 0, [1, 2]], ["r", 1, null]]],
  "rw-register": [[["r", 0, null], ["w", 0, 1]], [["w", 0, 2], ["r", 0, 2]]],
  set: [null, true, null, false],
  "grow-only-set": [null, null, [1, 2]],
  "full-set": [null, null, null, false, [1]],
  bag: [null, null, 1, 1, null],
  queue: [null, null, null, 1],
  stack: [null, null, 2],
  "priority-queue": [null, null, 1],
  "append-list": [null, null, [1, 2]],
  counter: [0, 2, 1],
  "fetch-add": [0, 2, 5],
  "eventual-counter": [null, null, 1],
  "eventual-set": [null, null, null, [1, 2]],
  "eventual-map": [null, null, null, 2],
  "idempotent-counter": [5, 5, 7, 7],
  consensus: [null, null],
  decision: ["commit", "commit"],
  "id-generator": ["a new id"],
  "owned-mutex": [null, null],
  "reentrant-mutex": [null, null, null, null],
  "fenced-mutex": [0, null],
  lease: [null, null],
  semaphore: [null, null, null],
  bank: [true, { a: 7, b: 13 }],
};

function c(f: string, value: Json = null): Call {
  return { f, value };
}

describe("reference objects", () => {
  it.each(specs)("$name answers as its documentation says, purely, and says so in words", ({ name, make }) => {
    const spec = make();
    let state = deepFreeze(spec.initial);
    const given: Json[] = [];
    for (const call of sample[name]!.map((one) => deepFreeze(one))) {
      const first = spec.apply(state, call);
      expect(canonicalJson(spec.apply(state, call) as unknown as Json)).toBe(canonicalJson(first as unknown as Json));
      expect(first.length).toBeGreaterThan(0);
      const { state: next, ret } = first[0]!;
      expect(agrees(spec, call, ret, ret)).toBe(true);
      if (spec.readOnly?.(call, ret) === true) expect(equalJson(next, state)).toBe(true);
      expect(spec.describe!(call, ret).length).toBeGreaterThan(2);
      expect(spec.describeState!(next).length).toBeGreaterThan(2);
      given.push(ret);
      state = deepFreeze(next);
    }
    expect(given).toEqual(answers[name]);
  });

  it.each(specs)("$name refuses a function that it does not have, and names those it has", ({ make }) => {
    const spec = make();
    expect(() => spec.apply(spec.initial, c("frobnicate"))).toThrow(/has no function "frobnicate" \(it has /);
  });

  it("a kv judged by its parts answers as the whole", () => {
    const whole = kv({ absent: "" });
    const calls = [c("put", ["a", "1"]), c("append", ["b", "2"]), c("append", ["a", "3"]), c("get", "a"), c("get", "b"), c("get", "c")];
    let state = whole.initial;
    const parts = new Map<string, Json>();
    for (const call of calls) {
      const { state: next, ret } = whole.apply(state, call)[0]!;
      const { key, call: local } = whole.partition!(call);
      const part = whole.part!(key);
      const result = part.apply(parts.get(key) ?? part.initial, local)[0]!;
      expect(result.ret).toEqual(ret);
      parts.set(key, result.state);
      state = next;
    }
  });

  it("a read of null tells nothing only where the caller says so and null is not the initial value", () => {
    const tells = (initial: Json, nullReads: "observed" | "unknown"): boolean => !agrees(casRegister(initial, { nullReads }), c("read"), 7, null);

    expect([tells(0, "observed"), tells(0, "unknown"), tells(null, "unknown")]).toEqual([true, false, true]);
  });

  it("a lease may be given on at any time, and is not held by who had it before", () => {
    const spec = lease();
    const after = (state: Json, f: string, recorded: Json): Json[] => statesAfter(spec, state, { call: c(f), recorded });

    expect([after("n2", "acquire", "n3"), after("n2", "acquire", null), after("n2", "held", "n2"), after("n2", "held", null)]).toEqual([["n3"], ["n2"], ["n2"], ["n2"]]);
    expect([after("n3", "held", "n2"), after(null, "held", "n2")]).toEqual([[], []]);
  });

  it("an id given twice and a token that does not grow are impossible", () => {
    const ids = idGenerator();
    const lock = fencedMutex();
    const after = statesAfter(ids, ids.initial, { call: c("generate"), recorded: 5 });

    expect(statesAfter(ids, after[0]!, { call: c("generate"), recorded: 5 })).toEqual([]);
    expect(statesAfter(ids, after[0]!, { call: c("generate"), recorded: 3 })).toEqual([[3, 5]]);
    expect(statesAfter(lock, [null, 4], { call: c("acquire", "x"), recorded: 4 })).toEqual([]);
    expect(statesAfter(lock, [null, 4], { call: c("acquire", "x"), recorded: 9 })).toEqual([["x", 9]]);
  });

  it("an unknown object is refused with the names of those that exist", () => {
    expect(() => specNamed("registre")).toThrow(/there is no object "registre"/);
  });
});
