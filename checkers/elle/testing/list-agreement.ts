import { type History, HistoryBuilder } from "../../../harness/history.ts";
import { seed } from "../../../harness/ids.ts";
import { isArray, type Json } from "../../../harness/json.ts";
import { Random } from "../../../harness/random.ts";
import { checkElle } from "../elle.ts";
import { isSerializable, isSnapshotIsolated } from "./brute-force.ts";
import { levels, simulate } from "./simulate.ts";

type OracleModel = "serializable" | "snapshot-isolation";
const oracles: { readonly [model in OracleModel]: (history: History) => boolean } = { serializable: isSerializable, "snapshot-isolation": isSnapshotIsolated };

/** What came of random histories of lists, held against all orders. */
export interface ListAgreement {
  /** One line each: the seed, what was said wrongly, and the history. */
  readonly disagreements: readonly string[];
  readonly holds: number;
  readonly broken: number;
}

/** Judges histories of six transactions and a last read of everything by the checker and by brute force. */
export function listAgreement(model: OracleModel, options: { readonly histories: number; readonly label: string }): ListAgreement {
  const counts = { holds: 0, broken: 0 };
  const disagreements: string[] = [];
  for (let i = 0; i < options.histories; i++) {
    const name = `${options.label}-${model}-${i}`;
    const history = tiny(new Random(seed(name)), 6);
    const types = checkElle(history, "list-append", { models: [model] }).types.filter((type) => type !== "empty-transaction-graph");
    const holds = oracles[model](history);
    counts[holds ? "holds" : "broken"]++;
    const values = [...history].filter(({ type }) => type === "ok").map(({ value }) => value);
    if ((types.length === 0) !== holds) disagreements.push(`seed ${name}: ${model} ${holds ? "holds" : "is broken"}, and the checker found ${types.join(", ") || "nothing"}: ${JSON.stringify(values)}`);
  }
  return { disagreements, ...counts };
}

/** A tiny history, some of its reads shortened, and at the end a read of every key: then all versions are known. */
function tiny(random: Random, transactions: number): History {
  const level = random.pick(levels);
  const base = simulate({ workload: "list-append", level, transactions, concurrency: 3, keys: 2, writesPerKey: 50, lengthMax: 3, failRatio: 0, infoRatio: 0, random });
  const builder = new HistoryBuilder();
  const last = new Map<string, Json>();
  for (const { completion } of base.operations()) {
    if (completion?.type !== "ok" || !isArray(completion.value)) continue;
    for (const mop of completion.value) if (isArray(mop) && mop[0] !== "r") last.set(String(mop[1]), mop[1]!);
  }
  const appended = new Map<string, Json[]>();
  let process = 0;
  for (const { completion } of base.operations()) {
    if (completion?.type !== "ok" || !isArray(completion.value)) continue;
    const value = completion.value.map((mop): Json => {
      if (!isArray(mop)) return mop;
      if (mop[0] !== "r") appended.set(String(mop[1]), [...(appended.get(String(mop[1])) ?? []), mop[2]!]);
      return mop[0] === "r" && isArray(mop[2]!) && random.chance(0.15) ? ["r", mop[1]!, mop[2].slice(0, random.int(mop[2].length + 1))] : mop;
    });
    builder.push({ process, type: "invoke", f: "txn", value: null });
    builder.push({ process: process++, type: "ok", f: "txn", value });
  }
  const longest = (key: string): Json => {
    let best: readonly Json[] = [];
    for (const { completion } of base.operations()) {
      if (completion?.type !== "ok" || !isArray(completion.value)) continue;
      for (const mop of completion.value) if (isArray(mop) && mop[0] === "r" && String(mop[1]) === key && isArray(mop[2]!) && mop[2].length > best.length) best = mop[2];
    }
    return [...best, ...(appended.get(key) ?? []).filter((element) => !best.includes(element))];
  };
  builder.push({ process, type: "invoke", f: "txn", value: null });
  builder.push({ process, type: "ok", f: "txn", value: [...last].map(([name, key]) => ["r", key, longest(name)]) });
  return builder.build();
}
