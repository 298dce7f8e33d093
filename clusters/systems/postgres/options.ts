import type { Claim } from "../../../harness/claim.ts";
import { numberOf, type OptionSpec, type Settings, textOf } from "../../../harness/options.ts";
import type { PostgresConnections } from "./session.ts";

/** What every PostgreSQL lets its clients choose, whoever made it their primary. */
export const clientOptions: readonly OptionSpec[] = [
  {
    name: "isolation",
    kind: "choice",
    choices: ["read-committed", "repeatable-read", "serializable"],
    default: "read-committed",
    reason: "PostgreSQL's own default; repeatable-read is snapshot isolation there",
  },
  {
    name: "cancel-after",
    kind: "integer",
    unit: "ms",
    default: 0,
    min: 0,
    max: 600_000,
    reason: "0: nobody cancels, as with libpq; drivers' query timeouts and impatient users ask the server to cancel what takes longer, and so a COMMIT that has taken effect and waits for a standby",
  },
  {
    name: "cancelled-waits",
    kind: "choice",
    choices: ["doubted", "trusted"],
    default: "doubted",
    reason: "a COMMIT whose wait for a standby was cancelled is answered COMMIT with a warning; doubted heeds it, trusted takes it for a commit, as applications do whose driver does not raise warnings",
  },
];

/** The model that the documents promise for the isolation level, as the transactional checker names it. */
export function claimedModel(settings: Settings): string {
  const isolation = textOf(settings, "isolation");
  return isolation === "repeatable-read" ? "snapshot-isolation" : isolation;
}

export function isolationClaim(settings: Settings): Claim {
  const isolation = textOf(settings, "isolation");
  const texts: { readonly [isolation: string]: string } = {
    "read-committed": "a transaction sees only what was committed, and each statement a snapshot of its own",
    "repeatable-read": "a transaction sees one snapshot, and of two that change the same row only one commits",
    serializable: "transactions that commit have the effect of some order of one after the other",
  };
  return {
    text: texts[isolation]!,
    model: claimedModel(settings),
    lattice: "serializable implies snapshot isolation, which implies read committed; none of them speaks of real time",
    source: "PostgreSQL's documents, 13.2 Transaction Isolation",
  };
}

/** A client's connections, as `clientOptions` say. */
export function connectionsOf(settings: Settings): PostgresConnections {
  return {
    parameters: () => ({ default_transaction_isolation: textOf(settings, "isolation").replaceAll("-", " ") }),
    cancelAfterMs: numberOf(settings, "cancel-after"),
    cancelledWaits: textOf(settings, "cancelled-waits") === "trusted" ? "trusted" : "doubted",
  };
}
