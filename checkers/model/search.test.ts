import { describe, expect, it } from "vitest";
import { seed } from "../../harness/ids.ts";
import { steps } from "../../harness/budget.ts";
import { type OptionValue, parseSettings } from "../../harness/options.ts";
import { Random } from "../../harness/random.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { estimateStates } from "./estimate.ts";
import { type ExplorableModel, explore, exploreInTurns, type Exploration, type ExploreOptions } from "./explore.ts";
import { findModel } from "./fixtures.ts";
import { RecordTable } from "./visited.ts";
import { exploreByWalks } from "./walk.ts";

type Settings = { readonly [name: string]: OptionValue };

const models: readonly (readonly [string, Settings])[] = [
  ["single-copy-register", { clients: 3 }],
  ["linearizable-register", { servers: 2, clients: 3 }],
  ["linearizable-register", { servers: 2, clients: 3, network: "ordered" }],
  ["paxos", {}],
  ["paxos", { bug: "no-adoption" }],
  ["two-phase-commit", { rms: 5 }],
  ["increment", { threads: 3 }],
  ["linear-equation", {}],
];

describe("depth first", () => {
  it.each(models)("%s %o has the counts, verdicts and outcomes of breadth first", (name, settings) => {
    const depthFirst = run(name, settings, { order: "depth" });

    expect(account(depthFirst)).toEqual(account(run(name, settings)));
  });

  it("within a depth it misses what it first met at the bound: 18,013 of 30,991 states of lww-register, as a peer that walks in this order", () => {
    const found = run("lww-register", { depth: 6 }, { order: "depth" });

    expect(found.complete).toBe(false);
    expect(found.unique).toBeLessThan(30_991);
  });

  it("with symmetry it visits the same orbits", () => {
    const found = run("two-phase-commit", { rms: 5 }, { order: "depth", symmetry: true });

    expect([found.unique, found.generated]).toEqual([314, 2_048]);
  });
});

describe("whole states instead of fingerprints", () => {
  it.each(models.slice(0, 5))("%s %o has the same counts", (name, settings) => {
    const exact = run(name, settings, { exact: true });

    expect(account(exact)).toEqual(account(run(name, settings)));
    expect(exact.collisionsExpected).toBe(0);
  });

  it("records with equal fingerprints and different content are two states", () => {
    const table = new RecordTable();
    const records = Array.from({ length: 5_000 }, (_, i) => Int32Array.of(0, i % 3, 7, i, i >> 1));

    expect(records.filter((record) => table.insert(record, 0, record.length))).toHaveLength(5_000);
    expect(records.some((record) => table.insert(record, 0, record.length))).toBe(false);
    expect(table.last).toBe(4_999);
  });
});

describe("what looks on", () => {
  it("a visitor sees every state once, in the order of their numbers, the initial one first", () => {
    const numbers: number[] = [];
    const found = run("linearizable-register", { servers: 2 }, { visit: ({ number }) => numbers.push(number) });

    expect(numbers).toEqual(Array.from({ length: found.unique }, (_, i) => i));
  });

  it("what lies outside of a boundary is neither counted nor gone through", () => {
    const inside: ExploreOptions = { within: ({ messages }) => messages.length <= 4 };
    const inFlight: number[] = [];
    const hashed = run("paxos", {}, { ...inside, visit: ({ messages }) => inFlight.push(messages.length) });

    expect(Math.max(...inFlight)).toBe(4);
    expect(hashed.unique).toBeLessThan(16_668);
    expect(account(run("paxos", {}, { ...inside, exact: true }))).toEqual(account(hashed));
    expect(account(run("paxos", {}, { ...inside, order: "depth" }))).toEqual(account(hashed));
  });

  it("a target ends the search when it is met, and one that does not exist is told with those that do", () => {
    const found = run("paxos", {}, { targets: ["value chosen"] });

    expect(found.discoveries).toMatchObject([{ property: "value chosen", kind: "example", length: 8 }]);
    expect(found.unique).toBeLessThan(16_668);
    expect(() => run("paxos", {}, { targets: ["fame"] })).toThrow(/no property "fame" \(there are linearizable, value chosen\)/);
  });

  it("the outside world has its turn every few thousand states", async () => {
    let turns = 0;
    const { definition, settings } = model("linearizable-register", { servers: 2, clients: 3 });
    const found = await exploreInTurns(definition.make(settings), {}, () => Promise.resolve(turns++));

    expect(found.unique).toBe(35_009);
    expect(turns).toBe(4);
  });
});

describe("the bounds of a search", () => {
  it.each(["breadth", "depth"] as const)("what ends at its depth before there were enough states is not begun anew with reductions: %s first", (order) => {
    const bounded = run("paxos", {}, { order, depthMax: 10, reduceAfter: 15_000 });

    expect(bounded.reducedPasses).toBe(0);
    expect(account(bounded)).toEqual(account(run("paxos", {}, { order, depthMax: 10 })));
  });

  it.each([
    ["paxos", {}],
    ["two-phase-commit", { rms: 5 }],
  ] as const)("%s stops at the states that were asked for, and as many as one state has successors", (name, settings) => {
    const found = run(name, settings, { statesMax: 100 });

    expect(found).toMatchObject({ complete: false, bounds: { statesMax: 100 } });
    expect(found.unique).toBeGreaterThanOrEqual(100);
    expect(found.unique).toBeLessThan(130);
  });

  it("progress is told every 65,536 expanded states", () => {
    const expanded: number[] = [];
    run("two-phase-commit", { rms: 7 }, { progress: ({ unique, frontier }) => expanded.push(unique - frontier) });

    expect(expanded).toEqual([65_536, 131_072, 196_608, 262_144]);
  });

  it.each(["breadth", "depth"] as const)("a model of bit fields asks its budget every few thousand states: %s first", (order) => {
    const found = run("two-phase-commit", { rms: 7 }, { order, budget: steps(10_000) });

    expect(found.complete).toBe(false);
    expect(found.coverage.handlerCalls).toBeLessThan(296_448);
  });
});

describe("a search that is cut and goes on", () => {
  const countedAnew = { handlerCalls: 0, transitions: 0 };

  it.each([
    ["paxos", {}, 5_000],
    ["linearizable-register", { servers: 2, clients: 3, network: "ordered" }, 30_000],
    ["paxos", { bug: "no-adoption" }, 1_500],
    ["raft", { depth: 6 }, 1_024],
  ] as const)("%s %o, cut after %i states, ends with the counts, discoveries and coverage of one that was not", (name, settings, budget) => {
    let saved: Checkpoint | undefined;
    const checkpoint = { everyStates: 1_000, write: (latest: Checkpoint) => void (saved = latest) };
    const cut = run(name, settings, { budget: steps(budget), checkpoint });
    expect(cut.complete).toBe(false);

    const resumed = run(name, settings, { resume: saved! });

    const whole = run(name, settings);
    expect(account(resumed)).toEqual(account(whole));
    expect(resumed.discoveries.map(({ property, length }) => [property, length])).toEqual(whole.discoveries.map(({ property, length }) => [property, length]));
    expect({ ...resumed.coverage, ...countedAnew }).toEqual({ ...whole.coverage, ...countedAnew });
  });

  it("goes on with the same model only", () => {
    let saved: Checkpoint | undefined;
    run("paxos", {}, { budget: steps(2_000), checkpoint: { everyStates: 1_000, write: (latest) => void (saved = latest) } });

    expect(() => run("single-copy-register", {}, { resume: saved! })).toThrow(/is of paxos \(history\), not of single-copy-register/);
  });
});

describe("random walks", () => {
  const random = new Random(seed("walks"));

  it("meet only states and outcomes of the model, and with patience all outcomes", () => {
    const full = run("single-copy-register", { servers: 2 });
    const { definition, settings } = model("single-copy-register", { servers: 2 });
    const walked = exploreByWalks(definition.make(settings), { walks: 2_000, random: random.fork("register") });

    expect([walked.unique, walked.depth, walked.complete]).toEqual([full.unique, full.depth, false]);
    expect(account(walked)).toMatchObject({ all: [...full.outcomes!.all].sort(), terminal: [...full.outcomes!.terminal].sort() });
  });

  it("find the same broken properties, by a path that replays", () => {
    const { definition, settings } = model("single-copy-register", { servers: 2 });
    const walked = exploreByWalks(definition.make(settings), { walks: 1_000, random: random.fork("copies"), stopAtCounterexample: true });
    const broken = walked.discoveries.find(({ kind }) => kind === "counterexample")!;

    expect(broken.property).toBe("linearizable");
    expect(broken.length).toBeGreaterThanOrEqual(4);
    expect([...broken.history].length).toBeGreaterThan(0);
  });

  it("are cut where a space has no end", () => {
    const { definition, settings } = model("raft", { depth: 4 });

    expect(exploreByWalks(definition.make(settings), { walks: 3, stepsMax: 50, random: random.fork("raft") }).depth).toBe(51);
  });
});

describe("coverage", () => {
  it("names what was sent or could happen and never had an effect", () => {
    // Two single copies answer and are answered: all that they have fires.
    expect(run("single-copy-register", {}).coverage.neverFired).toEqual([]);
    // Cut after two levels, nobody has been answered yet.
    expect(run("single-copy-register", {}, { depthMax: 2 }).coverage.neverFired).toEqual([{ party: "client", input: "message PutOk" }]);
  });
});

describe("the guess of what is left", () => {
  it("of levels like a bell, made before the peak, is within a tenth", () => {
    const levels = Array.from({ length: 60 }, (_, i) => 1e6 * Math.exp(-((i - 30) ** 2) / 60));

    expect(estimateStates(levels.slice(0, 25))! / levels.reduce((a, b) => a + b)).toBeCloseTo(1, 1);
  });

  it("is none while levels grow faster and faster, or are few", () => {
    expect(estimateStates([1, 2, 5])).toBeUndefined();
    expect(estimateStates([1, 2, 5, 15, 60, 300])).toBeUndefined();
  });
});

function account(found: Exploration): object {
  const { unique, generated, complete, outcomes, undiscovered } = found;
  return { unique, generated, complete, undiscovered, all: [...(outcomes?.all ?? [])].sort(), terminal: [...(outcomes?.terminal ?? [])].sort() };
}

function run(name: string, settings: Settings, options: ExploreOptions = {}): Exploration {
  const { definition, settings: parsed } = model(name, settings);
  return explore(definition.make(parsed), options);
}

function model(name: string, settings: Settings): { readonly definition: { make(settings: ReturnType<typeof parseSettings>): ExplorableModel }; readonly settings: ReturnType<typeof parseSettings> } {
  const definition = findModel(name);
  return { definition, settings: parseSettings(Object.entries(settings).map(([key, value]) => `${key}=${value}`), definition.options, name) };
}
