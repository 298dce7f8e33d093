import { type History, historyOf, type OpInput } from "../../../harness/history.ts";
import { seed } from "../../../harness/ids.ts";
import type { Json } from "../../../harness/json.ts";
import { Random } from "../../../harness/random.ts";
import type { ElleResult } from "../check.ts";
import { checkElle } from "../elle.ts";
import { type Certificate, certificateOf, verifyCycle } from "../verify.ts";
import { areRegistersSerializable, areRegistersSnapshotIsolated } from "./register-brute-force.ts";

export type Mops = readonly (readonly [f: "r" | "w", key: string, value: number | null])[];

/** Transactions of a process each, all at once; `info` ones keep what they asked. */
export function concurrent(...transactions: readonly (readonly [type: "ok" | "info", mops: Mops])[]): History {
  const asked = (mops: Mops): Json => mops.map(([f, key, value]) => [f, key, f === "r" ? null : value]);
  return historyOf([
    ...transactions.map(([, mops], process): OpInput => ({ process, type: "invoke", f: "txn", value: asked(mops) })),
    ...transactions.map(([type, mops], process): OpInput => ({ process, type, f: "txn", value: type === "ok" ? (mops as Json) : asked(mops) })),
  ]);
}

/** What came of random histories, held against all orders. */
export interface Agreement {
  /** One line each: seed and what was said wrongly. */
  readonly disagreements: readonly string[];
  /** Histories whose order of versions was known whole, and how many of these broke what. */
  readonly complete: number;
  readonly notSerializable: number;
  readonly notSnapshotIsolated: number;
  /** Snapshot isolated, but not serializable. */
  readonly skewed: number;
  /** Not serializable, and valid to Elle with writes that follow reads. */
  readonly missedByElle: number;
  /** Cycles that were re-checked against the history alone, and those with a version that has one place only. */
  readonly certificates: number;
  readonly forcedCertificates: number;
}

/** Judges random small histories by read-modify-write and by brute force: what is invalid must be, and what is complete and valid too. */
export function agreement(options: { readonly histories: number; readonly label: string }): Agreement {
  const counts = { complete: 0, notSerializable: 0, notSnapshotIsolated: 0, skewed: 0, missedByElle: 0, certificates: 0, forcedCertificates: 0 };
  const disagreements: string[] = [];
  for (let i = 0; i < options.histories; i++) {
    const name = `${options.label}-${i}`;
    const history = arbitrary(new Random(seed(name)));
    const [serializable, snapshot] = (["serializable", "snapshot-isolation"] as const).map((model) => checkElle(history, "rw-register", { models: [model], readModifyWrite: true })) as [ReturnType<typeof checkElle>, ReturnType<typeof checkElle>];
    const truth = { serializable: areRegistersSerializable(history), snapshot: areRegistersSnapshotIsolated(history) };
    const complete = serializable.orders?.complete === true;
    for (const [model, valid, holds] of [["serializable", serializable.valid, truth.serializable], ["snapshot isolation", snapshot.valid, truth.snapshot]] as const) {
      if (valid === false && holds) disagreements.push(`${name}: ${model} holds and was called broken`);
      if (valid !== false && !holds && complete) disagreements.push(`${name}: ${model} is broken and was called kept`);
    }
    for (const certificate of certificates(serializable)) {
      counts.certificates++;
      if (certificate.steps.some((step) => step["only-place"] === true)) counts.forcedCertificates++;
      disagreements.push(...verifyCycle(history, "rw-register", certificate).map((problem) => `${name}: ${problem}`));
    }
    if (!complete) continue;
    counts.complete++;
    if (!truth.serializable) counts.notSerializable++;
    if (!truth.snapshot) counts.notSnapshotIsolated++;
    if (truth.snapshot && !truth.serializable) counts.skewed++;
    if (!truth.serializable && checkElle(history, "rw-register", { models: ["serializable"], wfrKeys: true }).valid !== false) counts.missedByElle++;
  }
  return { disagreements, ...counts };
}

function certificates(result: ElleResult): readonly Certificate[] {
  return result.types.flatMap((type) => result.findings.kept(type).flatMap(({ details }) => certificateOf(details) ?? []));
}

/** Up to six transactions on two registers, most of which read what they write, from two states at most; a third ends in info. */
function arbitrary(random: Random): History {
  const state = new Map<string, number>();
  let old = new Map(state);
  let next = 1;
  const made = Array.from({ length: random.between(3, 6) }, (): readonly ["ok" | "info", Mops] => {
    const from = random.chance(0.3) ? old : state;
    const keys = random.shuffle(["x", "y"]).slice(0, random.between(1, 2));
    const seen = new Map(from);
    old = new Map(state);
    const mops = keys.flatMap((key): Mops => {
      const read = ["r", key, seen.get(key) ?? null] as const;
      if (random.chance(0.35)) return [read];
      state.set(key, next);
      const write = ["w", key, next++] as const;
      return random.chance(0.1) ? [write] : [read, write];
    });
    return [random.chance(0.2) ? "info" : "ok", mops];
  });
  return concurrent(...made);
}
