import type { ClientScript, SystemDefinition } from "../../../harness/actor.ts";
import { HarnessError } from "../../../harness/errors.ts";
import { casRegister, read, write } from "../../../harness/objects/register.ts";
import { numberOf, type Settings, textOf } from "../../../harness/options.ts";
import { defineSystem, plainActor, type SystemParts } from "../bounds.ts";
import { raftInvariants } from "./invariants.ts";
import type { Entry } from "./log.ts";
import { raftActor, type RaftVariant } from "./raft.ts";
import type { RaftDurable } from "./state.ts";

/**
 * Raft (Ongaro and Ousterhout, USENIX ATC 2014, §5 and §8): a register with compare-and-set as the state machine behind a
 * replicated log. It promises that clients' operations are linearizable and that the paper's properties of figure 3 hold,
 * whatever crashes (term, vote and log are on disk), is lost or comes late; an operation whose message was lost may stay
 * open. The default bounds are two clients with one call each, two timers that fire (two elections, or one and a
 * heartbeat) and one crash with its recovery: four million states, in which two of the twins fail too. `raft-vote-amnesia`
 * does not save its vote (§5.2) and votes twice in a term after a restart; `raft-local-read` answers reads without asking
 * a majority (§8), so a leader that was replaced and does not know it shows an old value; `raft-truncates` deletes what
 * follows the entries of every message, not only of those that conflict (§5.3), so a message that was overtaken takes
 * back what was committed: only where links keep no order; `raft-commits-old-terms` counts replicas of an older term's
 * entry (§5.4.2), which needs the paper's figure 8 and so begins in the middle of it.
 */
type Rules = Pick<RaftVariant, "savesVote" | "commitsOwnTermOnly" | "logsReads" | "keepsMatching">;

function definition(about: SystemParts["about"], broken: Partial<Rules> = {}, defaults: Settings = {}): SystemDefinition {
  return defineSystem({
    about,
    defaults: { timers: 2, crashes: 1, ...defaults },
    // A request that is repeated would be another write.
    without: ["duplicates"],
    options: [
      { name: "electionMs", kind: "integer", unit: "ms", default: 150, min: 1, reason: "the paper's: far above a round trip; each server waits up to twice as long, at random" },
      { name: "heartbeatMs", kind: "integer", unit: "ms", default: 60, min: 1, reason: "two are sent before the shortest election timeout" },
      { name: "begin", kind: "choice", choices: ["empty", "figure-8"], default: "empty", reason: "what is on disk before the first start; figure-8: as the paper's figure, after two leaders of three have failed" },
    ],
    spec: casRegister(null),
    actor(settings) {
      const election = numberOf(settings, "electionMs");
      const rules: Rules = { savesVote: true, commitsOwnTermOnly: true, logsReads: true, keepsMatching: true, ...broken };
      return plainActor(
        raftActor({ ...rules, opensTerm: false, kind: about.name, machine: casRegister(null), begin: beginning(settings), electionMs: [election, election * 2], heartbeatMs: numberOf(settings, "heartbeatMs") }),
      );
    },
    scripts: writersAndReaders,
    properties: raftInvariants,
  });
}

/** One call each: the elections make the states, and every call multiplies them. Client 0 writes at n2, client 1 reads at n1, and so on. */
function writersAndReaders(servers: number, clients: number): ClientScript[] {
  return Array.from({ length: clients }, (_, k) => [k % 2 === 0 ? { node: (k + 1) % servers, call: write(k + 1) } : { node: (k - 1) % servers, call: read() }]);
}

/** The entry that the leader of `term` took from its own client, and nobody committed. A read, so that nothing follows from it. */
function forgotten(term: number, leader: number): Entry {
  return { term, request: { operation: `earlier.${term}`, door: leader, call: read() } };
}

/** Figure 8 (c) on three servers: n1 led term 1 and n3 term 2, by n2's vote, and neither's entry has reached anybody. */
export const figure8: readonly RaftDurable[] = [
  { term: 2, votedFor: null, log: [forgotten(1, 0)] },
  { term: 2, votedFor: 2, log: [] },
  { term: 2, votedFor: 2, log: [forgotten(2, 2)] },
];

function beginning(settings: Settings): readonly RaftDurable[] {
  if (textOf(settings, "begin") === "empty") return [];
  if (numberOf(settings, "servers") === figure8.length) return figure8;
  throw new HarnessError("BAD_OPTION", `figure 8 is drawn for ${figure8.length} servers, not ${numberOf(settings, "servers")}`, { nextStep: "leave out servers, or begin=figure-8" });
}

/** The name leaves `raft` to the model of the literature, whose state counts are known. */
export const raftRegister: SystemDefinition = definition({ name: "raft-register", summary: "a register with compare-and-set on a log replicated by Raft (Ongaro and Ousterhout)", role: "product" });

/** Votes twice. */
export const raftVoteAmnesia: SystemDefinition = definition(
  {
    name: "raft-vote-amnesia",
    summary: "raft-register that does not save its votes",
    role: "twin",
    twinOf: "raft-register",
    bug: "a restarted server votes again in the same term, and two leaders are elected",
  },
  { savesVote: false },
  { clients: 1 },
);

/** Trusts its office. */
export const raftLocalRead: SystemDefinition = definition(
  {
    name: "raft-local-read",
    summary: "raft-register whose leader answers reads itself",
    role: "twin",
    twinOf: "raft-register",
    bug: "a leader that was replaced, and does not know it, shows a value that was overwritten",
  },
  { logsReads: false },
  { crashes: 0 },
);

/** Deletes what does not conflict. */
export const raftTruncates: SystemDefinition = definition(
  {
    name: "raft-truncates",
    summary: "raft-register that cuts its log at the end of every message of the leader",
    role: "twin",
    twinOf: "raft-register",
    bug: "a message that was overtaken takes back entries that a majority was counted on for",
  },
  { keepsMatching: false },
  { clients: 1, crashes: 0, order: "any" },
);

/** Counts what may still be overwritten. */
export const raftCommitsOldTerms: SystemDefinition = definition(
  {
    name: "raft-commits-old-terms",
    summary: "raft-register that commits entries of older terms by counting replicas",
    role: "twin",
    twinOf: "raft-register",
    bug: "an older term's entry that a majority holds is committed, and overwritten by the next leader (figure 8)",
  },
  { commitsOwnTermOnly: false },
  { clients: 1, crashes: 0, begin: "figure-8" },
);
