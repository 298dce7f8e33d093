import type { SystemProperty } from "../../../harness/actor.ts";
import { canonicalJson, type Json } from "../../../harness/json.ts";
import { type Log, termAt } from "./log.ts";
import type { RaftState } from "./raft.ts";

/**
 * The properties of figure 3 of the paper, as far as one global state shows them ("leader append-only" speaks of two
 * states, and `append` keeps it by its form). Servers that are down show nothing.
 */
export const raftInvariants: readonly SystemProperty[] = [
  /** At most one leader can be elected in a given term. */
  always("election safety", (servers) => {
    const leaders = servers.filter(isLeader);
    return new Set(leaders.map(({ term }) => term)).size === leaders.length;
  }),
  /** If two logs contain an entry with the same index and term, they are identical up to that index. */
  always("log matching", (servers) => pairs(servers).every(([one, other]) => matching(one.log, other.log))),
  /** What is committed in a term is in the log of every leader of a later one. */
  always("leader completeness", (servers) =>
    servers.filter(isLeader).every((leader) => servers.every((server) => server.term > leader.term || isPrefix(committed(server), leader.log))),
  ),
  /** No two servers apply different entries at the same index. */
  always("state machine safety", (servers) => pairs(servers).every(([one, other]) => isPrefix(committed(one), other.log.slice(0, other.commitIndex)) || isPrefix(committed(other), committed(one)))),
  { ...always("a leader is elected", (servers) => servers.some(isLeader)), kind: "sometimes" },
  { ...always("all have committed", (servers) => servers.length > 1 && servers.every(({ commitIndex }) => commitIndex > 0)), kind: "sometimes" },
];

function always(name: string, test: (servers: readonly RaftState[]) => boolean): SystemProperty {
  // A server's state is what this actor made; properties get it as plain JSON, null for one that is down.
  return { name, kind: "always", on: "actors", test: (states: readonly Json[]) => test(states.filter((state) => state !== null) as unknown as RaftState[]) };
}

function isLeader({ role }: RaftState): boolean {
  return role.name === "leader";
}

function committed({ log, commitIndex }: RaftState): Log {
  return log.slice(0, commitIndex);
}

function pairs<T>(items: readonly T[]): (readonly [T, T])[] {
  return items.flatMap((one, i) => items.slice(i + 1).map((other) => [one, other] as const));
}

/** Identical up to the last index at which the terms agree. */
function matching(one: Log, other: Log): boolean {
  for (let index = Math.min(one.length, other.length); index > 0; index--) {
    if (termAt(one, index) === termAt(other, index)) return isPrefix(one.slice(0, index), other);
  }
  return true;
}

function isPrefix(prefix: Log, log: Log): boolean {
  return prefix.every((entry, i) => i < log.length && canonicalJson(entry) === canonicalJson(log[i]!));
}
