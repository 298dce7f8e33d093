import { describe, expect, it } from "vitest";
import { explore } from "../../../checkers/model/explore.ts";
import type { ActorContext, System } from "../../../harness/actor.ts";
import { parseSettings } from "../../../harness/options.ts";
import type { RaftBeginning } from "../raft/state.ts";
import { led, raftReadIndex } from "./definition.ts";
import { confirmed, type PendingRead, released } from "./pending-reads.ts";
import type { ReadIndexState } from "./read-index.ts";

describe("reads that wait for a majority's answer", () => {
  const n1: ActorContext = { id: 0, peers: [1, 2], servers: 3 };
  const alone: ActorContext = { id: 0, peers: [], servers: 1 };

  /** Reads in rounds 1, 2, 3 …, none of them answered. */
  function rounds(count: number): readonly PendingRead[] {
    return Array.from({ length: count }, (_, i) => ({ round: i + 1, request: { operation: `c0.${i}`, attempt: 1, door: 1 }, index: 4, confirmedBy: [] }));
  }
  const numbers = (reads: readonly PendingRead[]): unknown => reads.map(({ round }) => round);

  it("are confirmed by the answer to their round, with all that came before, and without those that came after", () => {
    const { released: done, rest } = released(n1, confirmed(rounds(3), 2, 1));

    expect([numbers(done), numbers(rest)]).toEqual([[1, 2], [3]]);
  });

  it("wait as long as nobody answers", () => {
    expect(released(n1, rounds(2))).toEqual({ released: [], rest: rounds(2) });
  });

  it("do not hear the answer to a round that is over", () => {
    expect(confirmed(rounds(2), 7, 1)).toEqual(rounds(2));
  });

  it("count each peer once", () => {
    const five: ActorContext = { id: 0, peers: [1, 2, 3, 4], servers: 5 };

    expect(numbers(released(five, confirmed(confirmed(rounds(1), 1, 3), 1, 3)).released)).toEqual([]);
    expect(numbers(released(five, confirmed(confirmed(rounds(1), 1, 3), 1, 2)).released)).toEqual([1]);
  });

  it("need nobody where there is one server", () => {
    expect(numbers(released(alone, rounds(2)).released)).toEqual([1, 2]);
  });
});

describe("the beginning with n1 in office", () => {
  it("is reached from an empty one by an election and its opening, told to all", () => {
    const { model, ...system } = make(["begin=empty", "timers=2"]);
    const isLed = { name: "led", kind: "sometimes", on: "actors", test: (states: readonly unknown[]) => shown(states as ReadIndexState[]) === expected } as const;
    const idle: System = { ...system, model: { ...model, clients: [] }, properties: [isLed] };

    const { discoveries } = explore(idle, { track: "monitor" });

    expect(discoveries.map(({ property }) => property)).toEqual(["led"]);
  });

  const expected = JSON.stringify(led(3).map(shownOf));
  function shown(states: readonly ReadIndexState[]): string {
    return JSON.stringify(states.map(({ raft }) => shownOf(raft)));
  }
  function shownOf({ term, votedFor, log, commitIndex, role }: RaftBeginning): unknown {
    return [term, votedFor, log, commitIndex, role];
  }
});

function make(set: readonly string[]): System {
  return raftReadIndex.make(parseSettings(set, raftReadIndex.options, raftReadIndex.name));
}
