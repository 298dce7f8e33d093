import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { checkLinearizable } from "../../checkers/linearizability/linearizability.ts";
import { unlimited } from "../../harness/budget.ts";
import type { History } from "../../harness/history.ts";
import { specNamed } from "../../harness/objects/registry.ts";
import type { SequentialSpec } from "../../harness/spec.ts";
import { readHistory } from "../../results/formats/formats.ts";
import { fiveValueRegister } from "./large-histories.ts";

/** Histories that Porcupine can take, in groups with one goal each. */
export interface Case {
  readonly group: Group;
  readonly name: string;
  readonly history: History;
  readonly spec: SequentialSpec;
  /** Form for Porcupine. */
  readonly model: "register" | "kv";
}

export interface Group {
  readonly title: string;
  readonly engine: "rashomon" | "rashomon, opaque spec";
  /** How many times less CPU than Porcupine it should take, warm; undefined: no goal. */
  readonly timesLess?: number;
  /** Warm time that one history may take. */
  readonly msMax?: number;
}

export interface Figure {
  readonly engine: Group["engine"] | "porcupine";
  readonly verdict: "valid" | "invalid" | "unknown";
  readonly firstMs: number;
  readonly warmMs: number;
}

const root = process.env["RASHOMON_CONFORMANCE"] ?? join(import.meta.dirname, "../../../shared/conformance");

/** Recorded and generated ones; seeds are `bench/1`, `bench/2`, … */
export async function allCases(): Promise<Case[]> {
  const etcd = await recorded("etcd", { title: "etcd files", engine: "rashomon", timesLess: 100 });
  const opaqueGroup: Group = { title: "etcd files", engine: "rashomon, opaque spec", timesLess: 1 };
  return [
    ...etcd,
    ...etcd.map((one) => ({ ...one, group: opaqueGroup, spec: opaque(one.spec) })),
    ...(await recorded("kv", { title: "kv files", engine: "rashomon", timesLess: 10 })),
    ...generated({ operations: 10_000, crashRatio: 0, lies: 0 }, { title: "valid, 10,000 operations, 10 clients", engine: "rashomon" }),
    ...generated({ operations: 10_000, crashRatio: 0.01, lies: 0 }, { title: "valid, 10,000 operations, 10 clients, 1 % crashed", engine: "rashomon" }),
    ...generated({ operations: 1000, crashRatio: 0, lies: 20 }, { title: "invalid, 1,000 operations, 10 clients", engine: "rashomon", timesLess: 10 }),
    ...generated({ operations: 2000, crashRatio: 0, lies: 20 }, { title: "invalid, 2,000 operations, 10 clients", engine: "rashomon", timesLess: 10 }),
    ...generated({ operations: 500, crashRatio: 0.02, lies: 20 }, { title: "invalid, 500 operations, 10 clients, 2 % crashed", engine: "rashomon", msMax: 2000 }),
  ];
}

async function recorded(kind: "etcd" | "kv", group: Group): Promise<Case[]> {
  const folder = join(root, "linearizability/porcupine", kind);
  if (!existsSync(folder)) return [];
  const cases: Case[] = [];
  for (const file of readdirSync(folder).sort()) {
    const result = await readHistory(join(folder, file));
    cases.push({ group, name: file, history: result.history, spec: specNamed(kind === "kv" ? "kv" : "cas-register", { recorded: result }), model: kind === "kv" ? "kv" : "register" });
  }
  return cases;
}

/** The first three seeds whose history is wrong where lies are told (a lie may be harmless), or right where not. */
function generated(shape: { readonly operations: number; readonly crashRatio: number; readonly lies: number }, group: Group): Case[] {
  const cases: Case[] = [];
  for (let seed = 1; cases.length < 3; seed++) {
    const { history, spec } = fiveValueRegister({ ...shape, clients: 10, seed: String(seed) });
    const { verdict } = checkLinearizable(history, spec, { budget: unlimited(), explain: false });
    if ((verdict === "invalid") === shape.lies > 0) cases.push({ group, name: `seed ${seed}`, history, spec, model: "register" });
  }
  return cases;
}

/** The same object, but nothing is known of it: the search has only the spec to ask. */
function opaque(spec: SequentialSpec): SequentialSpec {
  const { behavesAs: _, readOnly: __, ...rest } = spec;
  return rest;
}
