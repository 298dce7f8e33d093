import { type History, HistoryBuilder } from "../../../harness/history.ts";
import type { Json } from "../../../harness/json.ts";
import type { Random } from "../../../harness/random.ts";

/**
 * Anomalies put into a healthy history, each at a random place and on keys of its own, so that nothing else goes wrong:
 * a few transactions that show it and nothing worse. They overlap, unless one has to follow another.
 */
export interface Injection {
  readonly name: string;
  /** What the checker must name; a set, for some anomalies show as others too. */
  readonly finds: readonly string[];
  readonly transactions: readonly Injected[];
  /** All that do not overlap are of one process; else each has its own. */
  readonly oneProcess?: boolean;
}

/** `after`: begins when the transactions before it have ended, except one that `spans` all. */
interface Injected {
  readonly txn: readonly Json[];
  readonly type?: "fail";
  readonly after?: true;
  readonly spans?: true;
}

/** Those in real time as anomalies of sessions: whatever follows, follows in its process. */
export function inSession(injections: readonly Injection[]): readonly Injection[] {
  return injections
    .filter(({ name }) => name.endsWith("in real time"))
    .map(({ name, finds, transactions }) => ({ name: name.replace("in real time", "in a session"), finds: finds.map((type) => type.replace("-realtime", "-process")), transactions, oneProcess: true }));
}

const a = (key: string, value: number): Json => ["append", key, value];
const w = (key: string, value: number): Json => ["w", key, value];
const r = (key: string, value: Json): Json => ["r", key, value];

export const listInjections: readonly Injection[] = [
  { name: "G0", finds: ["G0"], transactions: [{ txn: [a("x", 1), a("y", 2)] }, { txn: [a("x", 2), a("y", 1)] }, { txn: [r("x", [1, 2]), r("y", [1, 2])], after: true }] },
  { name: "G1a", finds: ["G1a"], transactions: [{ txn: [a("x", 1)], type: "fail" }, { txn: [r("x", [1])] }] },
  { name: "G1b", finds: ["G1b"], transactions: [{ txn: [a("x", 1), a("x", 2)] }, { txn: [r("x", [1])] }] },
  { name: "G1c", finds: ["G1c"], transactions: [{ txn: [a("x", 1), r("y", [1])] }, { txn: [a("y", 1), r("x", [1])] }] },
  { name: "G-single", finds: ["G-single-item"], transactions: [{ txn: [a("x", 1), a("y", 1)] }, { txn: [r("x", []), r("y", [1])] }, { txn: [r("x", [1])], after: true }] },
  { name: "G-nonadjacent", finds: ["G-nonadjacent-item"], transactions: [{ txn: [a("x", 1)] }, { txn: [r("x", [1]), r("y", [])] }, { txn: [a("y", 1)] }, { txn: [r("y", [1]), r("x", [])] }] },
  { name: "G2", finds: ["G2-item"], transactions: [{ txn: [r("x", []), a("y", 1)] }, { txn: [r("y", []), a("x", 1)] }] },
  { name: "lost update", finds: ["lost-update"], transactions: [{ txn: [r("x", []), a("x", 1)] }, { txn: [r("x", []), a("x", 2)] }, { txn: [r("x", [1, 2])], after: true }] },
  { name: "internal", finds: ["internal"], transactions: [{ txn: [a("x", 1), r("x", [])] }] },
  { name: "future read", finds: ["future-read"], transactions: [{ txn: [r("x", [1]), a("x", 1)] }] },
  { name: "dirty update", finds: ["dirty-update", "G1a"], transactions: [{ txn: [a("x", 1)], type: "fail" }, { txn: [a("x", 2)] }, { txn: [r("x", [1, 2])] }] },
  { name: "duplicate elements", finds: ["duplicate-elements"], transactions: [{ txn: [a("x", 1)] }, { txn: [r("x", [1, 1])] }] },
  { name: "incompatible order", finds: ["incompatible-order"], transactions: [{ txn: [a("x", 1)] }, { txn: [a("x", 2)] }, { txn: [r("x", [1, 2])] }, { txn: [r("x", [2, 1])] }] },
  { name: "G0 in real time", finds: ["G0-realtime"], transactions: [{ txn: [a("x", 2)] }, { txn: [a("x", 1)], after: true }, { txn: [r("x", [1, 2])], after: true }] },
  { name: "G1c in real time", finds: ["G1c-realtime"], transactions: [{ txn: [r("x", [1])] }, { txn: [a("x", 1)], after: true }] },
  { name: "stale read in real time", finds: ["G-single-item-realtime"], transactions: [{ txn: [a("x", 1)] }, { txn: [r("x", [])], after: true }, { txn: [r("x", [1])], after: true }] },
  { name: "G2 in real time", finds: ["G2-item-realtime"], transactions: [{ txn: [a("x", 1), r("y", [])], spans: true }, { txn: [a("y", 1)] }, { txn: [r("x", [])], after: true }] },
];

export const registerInjections: readonly Injection[] = [
  { name: "G1a", finds: ["G1a"], transactions: [{ txn: [w("x", 1)], type: "fail" }, { txn: [r("x", 1)] }] },
  { name: "G1b", finds: ["G1b"], transactions: [{ txn: [w("x", 1), w("x", 2)] }, { txn: [r("x", 1)] }] },
  { name: "G1c", finds: ["G1c"], transactions: [{ txn: [w("x", 1), r("y", 1)] }, { txn: [w("y", 1), r("x", 1)] }] },
  { name: "G-single", finds: ["G-single-item"], transactions: [{ txn: [w("x", 1), w("y", 1)] }, { txn: [r("x", null), r("y", 1)] }] },
  { name: "G-nonadjacent", finds: ["G-nonadjacent-item"], transactions: [{ txn: [w("x", 1)] }, { txn: [r("x", 1), r("y", null)] }, { txn: [w("y", 1)] }, { txn: [r("y", 1), r("x", null)] }] },
  { name: "G2", finds: ["G2-item"], transactions: [{ txn: [r("x", null), w("y", 1)] }, { txn: [r("y", null), w("x", 1)] }] },
  { name: "lost update", finds: ["lost-update"], transactions: [{ txn: [r("x", null), w("x", 1)] }, { txn: [r("x", null), w("x", 2)] }] },
  { name: "internal", finds: ["internal"], transactions: [{ txn: [w("x", 1), r("x", 2)] }, { txn: [w("x", 2)] }] },
  { name: "G1c in real time", finds: ["G1c-realtime"], transactions: [{ txn: [r("x", 1)] }, { txn: [w("x", 1)], after: true }] },
  { name: "stale read in real time", finds: ["G-single-item-realtime"], transactions: [{ txn: [w("x", 1)] }, { txn: [r("x", null)], after: true }] },
  { name: "versions in a circle", finds: ["cyclic-versions"], transactions: [{ txn: [r("x", 1), w("x", 2)] }, { txn: [r("x", 2), w("x", 1)] }] },
];

/** The history with the injection after a random one of its ops; its processes are new ones. */
export function inject(given: History, injection: Injection, random: Random): History {
  const builder = new HistoryBuilder();
  builder.endAtInfo = false;
  const place = random.int(given.length + 1);
  const fresh = 1 + given.processes.reduce((most, process) => Math.max(most, process), 0);
  for (let i = 0; i <= given.length; i++) {
    if (i === place) push(builder, injection, fresh);
    if (i < given.length) builder.push(given.at(i));
  }
  return builder.build();
}

function push(builder: HistoryBuilder, { transactions, oneProcess = false }: Injection, fresh: number): void {
  let open: { readonly process: number; readonly injected: Injected }[] = [];
  const close = (which: (injected: Injected) => boolean): void => {
    for (const { process, injected } of open) if (which(injected)) builder.push({ process, type: injected.type ?? "ok", f: "txn", value: injected.txn });
    open = open.filter(({ injected }) => !which(injected));
  };
  for (const [i, injected] of transactions.entries()) {
    if (injected.after === true) close(({ spans }) => spans !== true);
    const process = fresh + (oneProcess && injected.spans !== true ? transactions.length : i);
    builder.push({ process, type: "invoke", f: "txn", value: injected.txn });
    open.push({ process, injected });
  }
  close(() => true);
}
