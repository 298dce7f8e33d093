import { describe, expect, it } from "vitest";
import { explore } from "../../../checkers/model/explore.ts";
import type { System } from "../../../harness/actor.ts";
import { write } from "../../../harness/objects/register.ts";
import { parseSettings } from "../../../harness/options.ts";
import { figure8, raftCommitsOldTerms, raftRegister } from "./definition.ts";
import { isUpToDate, type Log, withEntries } from "./log.ts";
import type { RaftDurable, RaftState } from "./state.ts";

/** `"1 1 2"`: three entries, of terms 1, 1 and 2. */
function log(terms: string): Log {
  return terms.split(" ").filter((term) => term !== "").map((term, i) => ({ term: Number(term), request: { operation: `c0.${i}`, door: 0, call: write(i) } }));
}

describe("the log after a message of the leader", () => {
  it.each<[string, before: string, prevLogIndex: number, entries: string, after: string]>([
    ["is longer by what is new", "1 1", 2, "1 2", "1 1 1 2"],
    ["keeps what the message knows already", "1 1", 0, "1 1", "1 1"],
    ["keeps what a message that was overtaken does not have", "1 1 2", 1, "1", "1 1 2"],
    ["keeps all at a heartbeat", "1 1 2", 1, "", "1 1 2"],
    ["loses an entry of another term, and all after it", "1 2 2", 1, "3", "1 3"],
    ["loses nothing before a conflict", "1 1 2", 0, "1 1 3", "1 1 3"],
  ])("%s", (_, before, prevLogIndex, entries, after) => {
    expect(withEntries(log(before), prevLogIndex, log(entries)).map(({ term }) => term)).toEqual(log(after).map(({ term }) => term));
  });

  it("is the same log when nothing is new", () => {
    const held = log("1 1");

    expect(withEntries(held, 0, log("1"))).toBe(held);
  });
});

it.each<[candidate: string, voter: string, granted: boolean]>([
  ["", "", true],
  ["1", "1 1", false],
  ["1 1", "1", true],
  ["1 1 1", "2", false],
  ["2", "1 1 1", true],
])("a candidate whose log is [%s] is up-to-date for one with [%s]: %s", (candidate, voter, granted) => {
  const terms = log(candidate);

  expect(isUpToDate({ lastLogIndex: terms.length, lastLogTerm: terms.at(-1)?.term ?? 0 }, log(voter))).toBe(granted);
});

describe("figure 8 of the paper, on three servers", () => {
  it("is reached from an empty beginning by two elections, and a crash of everybody", () => {
    const calls = [[{ node: 0, call: write(1) }], [{ node: 2, call: write(2) }]];
    const { model, ...raft } = raftRegister.make(parseSettings(["crashes=0"], raftRegister.options, raftRegister.name));
    const isFigure8 = { name: "figure 8", kind: "sometimes", on: "actors", test: (states: readonly unknown[]) => onDisk(states as RaftState[]) === onDisk(figure8) } as const;
    const system: System = { ...raft, model: { ...model, clients: calls }, properties: [isFigure8] };

    const { discoveries } = explore(system, { track: "monitor", statesMax: 200_000 });

    expect(discoveries.map(({ property }) => property)).toEqual(["figure 8"]);
  });

  it("does no harm to who commits entries of their own term only", () => {
    const found = explore(raftRegister.make(parseSettings(["begin=figure-8", "clients=1", "crashes=0"], raftRegister.options, "raft-register")), { track: "monitor" });

    expect([found.complete, found.discoveries.filter(({ kind }) => kind === "counterexample")]).toEqual([true, []]);
  });

  it("makes who counts replicas of older entries lose what was committed", () => {
    const twin = raftCommitsOldTerms.make(parseSettings([], raftCommitsOldTerms.options, raftCommitsOldTerms.name));

    const broken = explore(twin, { track: "monitor" }).discoveries.filter(({ kind }) => kind === "counterexample");

    expect(broken.map(({ property, length }) => [property, length])).toEqual([["leader completeness", 11], ["state machine safety", 15]]);
  });

  it("is drawn for three servers only", () => {
    expect(() => raftRegister.make(parseSettings(["begin=figure-8", "servers=5"], raftRegister.options, "raft-register")).actor(0)).toThrow(/drawn for 3 servers, not 5/);
  });

  /** What is on each disk, entries by their terms. */
  function onDisk(servers: readonly RaftDurable[]): string {
    return JSON.stringify(servers.map(({ term, votedFor, log: entries }) => [term, votedFor, entries.map((entry) => entry.term)]));
  }
});
