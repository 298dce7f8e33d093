import { isArray, type Json } from "../json.ts";
import type { Call } from "../op.ts";
import type { SequentialSpec } from "../spec.ts";
import { unknownFunction } from "./register.ts";

/**
 * Locks that know who holds them. The owner is the call's value; a refused attempt is a `fail`.
 *
 *     owned-mutex      acquire c, release c: only the holder releases
 *     reentrant-mutex  the holder may acquire again, up to `depthMax` times, and releases as often
 *     fenced-mutex     acquire c → a token greater than every token before
 *     semaphore        acquire c, release c: up to `permits` held at a time, each by its holder
 */
export const acquireAs = (owner: Json): Call => ({ f: "acquire", value: owner });
export const releaseAs = (owner: Json): Call => ({ f: "release", value: owner });

export function ownedMutex(): SequentialSpec {
  return { ...reentrantMutex(1), name: "owned-mutex" };
}

/** State: how often the holder holds it, and who: `[]`, `["c", 2]`. */
export function reentrantMutex(depthMax = 2): SequentialSpec {
  return {
    name: "reentrant-mutex",
    initial: [],
    apply(state, call) {
      const [holder, depth] = isArray(state) && state.length === 2 ? [JSON.stringify(state[0]), Number(state[1])] : [undefined, 0];
      const mine = holder === JSON.stringify(call.value);
      if (call.f === "acquire") return holder === undefined || (mine && depth < depthMax) ? [{ state: [call.value, depth + 1], ret: null }] : [];
      if (call.f === "release") return mine ? [{ state: depth === 1 ? [] : [call.value, depth - 1], ret: null }] : [];
      throw unknownFunction("reentrant-mutex", call.f, "acquire, release");
    },
    observes: () => false,
    describe: (call) => `${call.f} by ${JSON.stringify(call.value)}`,
    describeState: (state) => (isArray(state) && state.length === 2 ? `the lock is held by ${JSON.stringify(state[0])}, ${JSON.stringify(state[1])} deep` : "the lock is free"),
  };
}

/** State: `[holder or null, last token]`. Any greater token may come next, so the answer is judged, not foretold. */
export function fencedMutex(): SequentialSpec {
  const held = (state: Json): { holder: Json; token: number } => (isArray(state) ? { holder: state[0] ?? null, token: Number(state[1] ?? 0) } : { holder: null, token: 0 });
  const released = (state: Json, call: Call): Json[] => {
    const { holder, token } = held(state);
    return holder !== null && JSON.stringify(holder) === JSON.stringify(call.value) ? [[null, token]] : [];
  };
  return {
    name: "fenced-mutex",
    initial: [null, 0],
    apply(state, call) {
      const { holder, token } = held(state);
      // A crashed acquire got some token: one that no later token can contradict is the least.
      if (call.f === "acquire") return holder === null ? [{ state: [call.value, token], ret: token }] : [];
      if (call.f === "release") return released(state, call).map((next) => ({ state: next, ret: null }));
      throw unknownFunction("fenced-mutex", call.f, "acquire, release");
    },
    accept(state, call, recorded) {
      if (call.f === "release") return released(state, call);
      const { holder, token } = held(state);
      return holder === null && typeof recorded === "number" && recorded > token ? [[call.value, recorded]] : [];
    },
    observes: (call) => call.f === "acquire",
    describe: (call, ret) => `${call.f} by ${JSON.stringify(call.value)}${ret === undefined || call.f === "release" ? "" : ` → token ${JSON.stringify(ret)}`}`,
    describeState: (state) => {
      const { holder, token } = held(state);
      return `${holder === null ? "the lock is free" : `the lock is held by ${JSON.stringify(holder)}`}, last token ${token}`;
    },
  };
}

/** State: the holders, sorted, one entry per permit. */
export function semaphore(permits = 2): SequentialSpec {
  return {
    name: "semaphore",
    initial: [],
    apply(state, call) {
      const holders = isArray(state) ? state : [];
      const text = JSON.stringify(call.value);
      if (call.f === "acquire") {
        return holders.length < permits ? [{ state: [...holders, call.value].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)), ret: null }] : [];
      }
      if (call.f === "release") {
        const at = holders.findIndex((holder) => JSON.stringify(holder) === text);
        return at < 0 ? [] : [{ state: [...holders.slice(0, at), ...holders.slice(at + 1)], ret: null }];
      }
      throw unknownFunction("semaphore", call.f, "acquire, release");
    },
    observes: () => false,
    describe: (call) => `${call.f} by ${JSON.stringify(call.value)}`,
    describeState: (state) => `the permits are held by ${JSON.stringify(state)}`,
  };
}
