import type { Claim } from "../../../harness/claim.ts";
import { type OptionSpec, type Settings, textOf } from "../../../harness/options.ts";
import { appendsOption } from "../sql/appends.ts";
import { snapshotsByItself } from "./versions.ts";

/** What both a single server and a cluster can be asked for, besides their version. */
export const mariadbOptions: readonly OptionSpec[] = [
  {
    name: "isolation",
    kind: "choice",
    choices: ["read-committed", "repeatable-read", "serializable"],
    default: "repeatable-read",
    reason: "MariaDB's own default",
  },
  {
    name: "snapshot-isolation",
    kind: "choice",
    choices: ["as-version", "true", "false"],
    default: "as-version",
    reason: "the version's own default of innodb_snapshot_isolation: off in 10.11, on in 11.8; true makes repeatable-read refuse to overwrite what it has not seen",
  },
  appendsOption("read-then-write", "as an application that reads, computes and writes back; one statement locks the row before it reads it"),
  { name: "flush-log-at-commit", kind: "choice", choices: ["1", "2", "0"], default: "1", reason: "MariaDB's own default of innodb_flush_log_at_trx_commit: COMMIT is on disk; 2 writes at once and syncs once a second, 0 does both once a second, which Galera's documents call safe there, as a node can recover from another" },
];

/** Statements that set up a client's connection. */
export function sessionStatements(settings: Settings): string[] {
  const chosen = textOf(settings, "snapshot-isolation");
  return [
    `set session transaction isolation level ${textOf(settings, "isolation").replaceAll("-", " ")}`,
    ...(chosen === "as-version" ? [] : [`set session innodb_snapshot_isolation = ${chosen === "true" ? "on" : "off"}`]),
  ];
}

function snapshotIsolation(settings: Settings): boolean {
  const chosen = textOf(settings, "snapshot-isolation");
  return chosen === "as-version" ? snapshotsByItself(settings) : chosen === "true";
}

/** The model that the documents' words come to, as the transactional checker names it. */
export function claimedModel(settings: Settings): string {
  const isolation = textOf(settings, "isolation");
  if (isolation === "repeatable-read" && snapshotIsolation(settings)) return "snapshot-isolation";
  return isolation;
}

export function mariadbClaim(settings: Settings, source: string): Claim {
  const texts: { readonly [model: string]: string } = {
    "read-committed": "a transaction sees only what was committed",
    "repeatable-read": "a transaction that reads a row again sees what it saw before, and no update that it made is lost",
    "snapshot-isolation": "a transaction sees one snapshot, and of two that change the same row only one commits",
    serializable: "transactions that commit have the effect of some order of one after the other",
  };
  const model = claimedModel(settings);
  return { text: texts[model]!, model, lattice: "serializable implies snapshot isolation and repeatable read; each implies read committed", source };
}
