import type { ClientScript, SystemDefinition, SystemProperty } from "../../../harness/actor.ts";
import type { Json } from "../../../harness/json.ts";
import { casRegister, read, write } from "../../../harness/objects/register.ts";
import { numberOf, type Settings, textOf } from "../../../harness/options.ts";
import { defineSystem, plainActor, type SystemParts } from "../bounds.ts";
import { raftInvariants } from "../raft/invariants.ts";
import { opening } from "../raft/log.ts";
import type { RaftBeginning } from "../raft/state.ts";
import { readIndexActor, type ReadIndexState, type ReadRules } from "./read-index.ts";

/**
 * Raft with reads by read index, as in etcd. It promises what `raft-register` promises. The default bounds are one client
 * that reads at n2, writes at n3 and reads at n1, two timers that fire and a beginning with n1 in office: a million and a
 * half states, in which etcd's stale read (#20418) happens to a twin, and the client does not see its own write. It takes a
 * request that is repeated and an election, 22 steps; with the election of n1 before them (`begin=empty`, three timers) it
 * is 35 steps, after ten million states.
 *
 * The door's `names` and the leader's `rounds` are options of the product too, for etcd has removed the bug at both ends:
 * either is enough within these bounds, and only doors that name rounds, the same way again, are wrong.
 *
 * A door takes a read index from a leader of which it knows that it was replaced, too. etcd forbids that since 3.4.42 and
 * 3.6.9 (#21375, "race between read index and leader change"), first as the cause of #20418. It is not: the round shows that
 * the index was new enough when the read had begun, and that stays true.
 */
function definition(about: SystemParts["about"], broken: Partial<ReadRules> = {}, defaults: Settings = {}): SystemDefinition {
  return defineSystem({
    about,
    defaults: { clients: 1, timers: 2, ...defaults },
    // A request that is repeated would be another write.
    without: ["duplicates"],
    options: [
      { name: "electionMs", kind: "integer", unit: "ms", default: 150, min: 1, reason: "as raft-register's" },
      { name: "heartbeatMs", kind: "integer", unit: "ms", default: 60, min: 1, reason: "as raft-register's" },
      { name: "retryMs", kind: "integer", unit: "ms", default: 500, min: 1, reason: "etcd's" },
      { name: "rounds", kind: "choice", choices: ["leader", "door"], default: "leader", reason: "who names the rounds that confirm a read; leader: as etcd since raft #397" },
      { name: "names", kind: "choice", choices: ["same", "fresh"], default: "same", reason: "of a request that is repeated; fresh: as etcd since #21399. Of no consequence where leaders name rounds" },
      { name: "earlierReads", kind: "integer", unit: "reads of each client before it writes", default: 1, min: 0, max: 3, reason: "a late answer to one confirms a later one in a twin" },
      { name: "begin", kind: "choice", choices: ["empty", "led"], default: "led", reason: "led: n1 leads term 1, and all have committed its opening; an election less" },
    ],
    spec: casRegister(null),
    actor(settings) {
      const election = numberOf(settings, "electionMs");
      const begin = textOf(settings, "begin") === "led" ? led(numberOf(settings, "servers")) : [];
      const raft = { savesVote: true, commitsOwnTermOnly: true, keepsMatching: true, kind: about.name, machine: casRegister(null), begin };
      const names = { rounds: textOf(settings, "rounds") === "door" ? "door" : "leader", freshNames: textOf(settings, "names") === "fresh" } as const;
      return plainActor(
        readIndexActor({
          raft: { ...raft, electionMs: [election, election * 2], heartbeatMs: numberOf(settings, "heartbeatMs") },
          reads: { ...names, looksAtRounds: true, awaitsOwnCommit: true, ...broken },
          retryMs: numberOf(settings, "retryMs"),
        }),
      );
    },
    scripts: (servers, clients, settings) => readersWhoWrite({ servers, clients, earlierReads: numberOf(settings, "earlierReads") }),
    properties: raftInvariants.map(ofRaft),
  });
}

/** Client 0 reads at n2, writes at n3 and reads at n1; client 1 a server further, and so on. */
function readersWhoWrite(bounds: { readonly servers: number; readonly clients: number; readonly earlierReads: number }): ClientScript[] {
  const { servers, clients, earlierReads } = bounds;
  return Array.from({ length: clients }, (_, k) => [
    ...Array.from({ length: earlierReads }, () => ({ node: (k + 1) % servers, call: read() })),
    { node: (k + 2) % servers, call: write(k + 1) },
    { node: k % servers, call: read() },
  ]);
}

/** n1 was elected in term 1 by all, and has told all that its opening is committed. */
export function led(servers: number): readonly RaftBeginning[] {
  const atPeers = (own: number, index: number): number[] => Array.from({ length: servers }, (_, id) => (id === 0 ? own : index));
  const held = { term: 1, votedFor: 0, log: [{ term: 1, request: opening(1, 0) }], commitIndex: 1 };
  const leader: RaftBeginning = { ...held, role: { name: "leader", nextIndex: atPeers(1, 2), matchIndex: atPeers(0, 1) } };
  return [leader, ...Array.from({ length: servers - 1 }, (): RaftBeginning => ({ ...held, role: { name: "follower", leader: 0 } }))];
}

/** A property of Raft, over what these servers have of it. */
function ofRaft(property: SystemProperty): SystemProperty {
  return { ...property, test: (states: readonly Json[]) => property.test(states.map((state) => (state === null ? null : (state as unknown as ReadIndexState).raft))) };
}

export const raftReadIndex: SystemDefinition = definition({
  name: "raft-read-index",
  summary: "raft-register whose reads ask the leader for an index and leave the log alone, as etcd's do (Ongaro's dissertation, §6.4)",
  role: "product",
});

/** Confirms a read by an answer to another. */
export const raftReadIndexSameName: SystemDefinition = definition(
  {
    name: "raft-read-index-same-name",
    summary: "raft-read-index whose rounds have the name of the request, which is repeated under the same name (etcd #20418)",
    role: "twin",
    twinOf: "raft-read-index",
    bug: "a late answer to a read's first request confirms its repetition, and all reads before that, at a leader that was replaced (etcd #20418)",
  },
  {},
  { rounds: "door" },
);

/** Confirms a read by an answer to an earlier round. */
export const raftReadIndexAnyRound: SystemDefinition = definition(
  {
    name: "raft-read-index-any-round",
    summary: "raft-read-index whose leader takes every answer for one to the newest round",
    role: "twin",
    twinOf: "raft-read-index",
    bug: "an answer to the round of an earlier read confirms a later one, at a leader that was replaced in between",
  },
  { looksAtRounds: false },
  { timers: 1 },
);

/** Does not know yet what is committed. */
export const raftReadIndexEarly: SystemDefinition = definition(
  {
    name: "raft-read-index-early",
    summary: "raft-read-index whose leader gives read indices before anything of its own term is committed (etcd #7331)",
    role: "twin",
    twinOf: "raft-read-index",
    bug: "a new leader that has not heard what its predecessor committed gives an index that is too small (etcd #7331)",
  },
  { awaitsOwnCommit: false },
  { begin: "empty", earlierReads: 0 },
);
