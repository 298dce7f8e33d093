import { canonicalJson, equalJson, isArray, isObject, type Json } from "../json.ts";
import type { Call } from "../op.ts";
import type { SequentialSpec } from "../spec.ts";
import { badArgument, unknownFunction } from "./register.ts";

/**
 * A map from keys to values. Keys are independent, so a history is judged key by key (`partition`), each key as a
 * `kv-key` object of its own.
 *
 *     get k           → the value, or what an absent key reads as
 *     put [k, v]      stores v
 *     append [k, v]   joins text v to the end of the text held (an absent key counts as "")
 *     cas [k, a, b]   → true and stores b when the key holds a, otherwise false
 *     delete k        makes the key absent
 */
export const get = (key: Json): Call => ({ f: "get", value: key });
export const put = (key: Json, value: Json): Call => ({ f: "put", value: [key, value] });
export const append = (key: Json, text: string): Call => ({ f: "append", value: [key, text] });
export const casKey = (key: Json, from: Json, to: Json): Call => ({ f: "cas", value: [key, from, to] });
export const deleteKey = (key: Json): Call => ({ f: "delete", value: key });

export interface KvOptions {
  /** What a get of an absent key returns: null (default), or "" as in Porcupine's logs. */
  readonly absent?: Json;
}

export function kv(options: KvOptions = {}): SequentialSpec {
  const absent = options.absent ?? null;
  const part = kvKey(absent);
  const texts = new Map<Json, string>();
  const partition = (call: Call): { key: string; call: Call } => {
    const { key, value } = keyAndValue(call);
    let text = texts.get(key);
    if (text === undefined) texts.set(key, (text = canonicalJson(key)));
    return { key: text, call: { f: call.f, value } };
  };
  // Searches ask for the same call again and again.
  const splits = new WeakMap<Call, { key: string; call: Call }>();
  const split = (call: Call): { key: string; call: Call } => {
    let found = splits.get(call);
    if (found === undefined) splits.set(call, (found = partition(call)));
    return found;
  };
  return {
    name: "kv",
    initial: {},
    apply(state, call) {
      const { key, call: local } = split(call);
      const map = isObject(state) ? state : {};
      return part.apply(Object.hasOwn(map, key) ? map[key]! : absent, local).map(({ state: value, ret }) => {
        const { [key]: _, ...others } = map;
        return { state: equalJson(value, absent) ? others : { ...others, [key]: value }, ret };
      });
    },
    observes: (call) => call.f === "get" || call.f === "cas",
    agrees: (call, ret, recorded) => (call.f === "cas" ? ret === (recorded !== false) : equalJson(ret, recorded)),
    readOnly: (call, recorded) => part.readOnly!(split(call).call, recorded),
    partition,
    part: () => part,
    describe: (call, ret) => {
      const { key, call: local } = split(call);
      return `${part.describe!(local, ret)} at ${key}`;
    },
    describeState: (state) => `the map holds ${canonicalJson(state)}`,
  };
}

/** One key of a kv: the same functions without the key (`get` of null, `put v`, `append v`, `cas [a, b]`, `delete` of null). */
export function kvKey(absent: Json = null): SequentialSpec {
  return {
    name: "kv-key",
    initial: absent,
    behavesAs: "kv-key",
    apply(state, call) {
      switch (call.f) {
        case "get":
          return [{ state, ret: state }];
        case "put":
          return [{ state: call.value, ret: null }];
        case "append":
          return [{ state: appended(state, call), ret: null }];
        case "cas": {
          if (!isArray(call.value) || call.value.length !== 2) throw badArgument("cas", "[key, from, to]", call.value);
          return equalJson(state, call.value[0]!) ? [{ state: call.value[1]!, ret: true }] : [{ state, ret: false }];
        }
        case "delete":
          return [{ state: absent, ret: null }];
        default:
          throw unknownFunction("kv", call.f, "get, put, append, cas, delete");
      }
    },
    observes: (call) => call.f === "get" || call.f === "cas",
    agrees: (call, ret, recorded) => (call.f === "cas" ? ret === (recorded !== false) : equalJson(ret, recorded)),
    readOnly: (call, recorded) =>
      call.f === "get" ||
      (call.f === "cas" && (recorded === false || (isArray(call.value) && equalJson(call.value[0]!, call.value[1]!)))),
    describe: (call, ret) => {
      const shown = ret === undefined ? "" : call.f === "get" ? ` → ${JSON.stringify(ret)}` : ret === false ? " (refused)" : "";
      if (call.f === "get" || call.f === "delete") return `${call.f}${shown}`;
      return `${call.f} ${JSON.stringify(call.value)}${shown}`;
    },
    describeState: (state) => `the key holds ${JSON.stringify(state)}`,
  };
}

function appended(state: Json, call: Call): string {
  if (typeof call.value !== "string") throw badArgument("append", "[key, text]", call.value);
  if (state === null) return call.value;
  // Numbers and other values count as their text, so that every sequence of calls has an answer.
  return (typeof state === "string" ? state : canonicalJson(state)) + call.value;
}

function keyAndValue(call: Call): { key: Json; value: Json } {
  const arguments_ = isArray(call.value) ? call.value : [];
  switch (call.f) {
    case "get":
    case "delete":
      return { key: call.value, value: null };
    case "put":
    case "append":
      if (arguments_.length !== 2) throw badArgument(call.f, "[key, value]", call.value);
      return { key: arguments_[0]!, value: arguments_[1]! };
    case "cas":
      if (arguments_.length !== 3) throw badArgument(call.f, "[key, from, to]", call.value);
      return { key: arguments_[0]!, value: [arguments_[1]!, arguments_[2]!] };
    default:
      throw unknownFunction("kv", call.f, "get, put, append, cas, delete");
  }
}
