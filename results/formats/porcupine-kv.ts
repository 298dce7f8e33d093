import type { Json } from "../../harness/json.ts";
import { guessKind, type HistoryFormat, type RecordedHistory, RecordedOps } from "./format.ts";
import { eachEdnOp, firstMap, pushOp } from "./jepsen-edn.ts";

/**
 * The key-value logs of Porcupine's tests: EDN maps with a `:key`, without times.
 *
 *     {:process 0, :type :invoke, :f :append, :key "0", :value "x 0 0 y"}
 *     {:process 0, :type :ok, :f :get, :key "7", :value ""}
 *
 * The key joins the value as our kv object has it: `get` of the key, `put` and `append` of `[key, value]`;
 * a completed get holds what it read. An absent key reads as "".
 */
export const porcupineKv: HistoryFormat = {
  name: "porcupine-kv",
  summary: "Porcupine's kv logs: one EDN map per op with :key, get, put and append of strings",
  detect: (head) => /^\s*[[(]?\s*\{\s*:/.test(head) && /:key[\s,]/.test(firstMap(head)),
  parse(bytes, options): RecordedHistory {
    const ops = new RecordedOps(options, { strict: false });
    eachEdnOp(bytes, ops, options, (map, line) => {
      const key = map["key"];
      if (map["process"] !== "nemesis" && (key === undefined || key === null)) throw ops.malformed(line(), "the op has no :key");
      const get = map["f"] === "get";
      pushOp(
        ops,
        map,
        (value, type): Json => {
          if (key === undefined) return value;
          if (get) return type === "ok" ? value : key;
          return [key, value];
        },
        line,
      );
    });
    const history = ops.finish();
    return { history, format: "porcupine-kv", kind: guessKind(history), nullReads: "observed", absent: "", notes: ops.notes };
  },
};
