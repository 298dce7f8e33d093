import type { SystemProperty } from "../../../harness/actor.ts";
import { equalJson, type Json } from "../../../harness/json.ts";
import { lastIndex, type Log, termAt } from "./log.ts";
import type { RaftState } from "./state.ts";

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
  always("log matching", (servers) => everyPair(servers, (one, other) => agree(one.log, other.log, lastCommonTerm(one.log, other.log)))),
  /** What is committed in a term is in the log of every leader of a later one. */
  always("leader completeness", (servers) =>
    servers.every((leader) => !isLeader(leader) || servers.every((server) => server.term > leader.term || agree(server.log, leader.log, committed(server)))),
  ),
  /** No two servers apply different entries at the same index. */
  always("state machine safety", (servers) => everyPair(servers, (one, other) => agree(one.log, other.log, Math.min(committed(one), committed(other))))),
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

/** How many entries of its log it has committed. */
function committed({ log, commitIndex }: RaftState): number {
  return Math.min(commitIndex, lastIndex(log));
}

function everyPair<T>(items: readonly T[], test: (one: T, other: T) => boolean): boolean {
  for (let i = 0; i < items.length; i++) {
    for (let j = i + 1; j < items.length; j++) if (!test(items[i]!, items[j]!)) return false;
  }
  return true;
}

/** The last index at which both logs have an entry of the same term; 0 when there is none. */
function lastCommonTerm(one: Log, other: Log): number {
  let index = Math.min(lastIndex(one), lastIndex(other));
  while (termAt(one, index) !== termAt(other, index)) index--;
  return index;
}

/** Both logs have the same first `length` entries. These are mostly the same objects, so this is a comparison of references. */
function agree(one: Log, other: Log, length: number): boolean {
  for (let i = 0; i < length; i++) {
    const [mine, its] = [one[i], other[i]];
    if (mine === undefined || its === undefined || !equalJson(mine, its)) return false;
  }
  return true;
}
