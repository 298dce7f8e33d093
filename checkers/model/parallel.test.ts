import { describe, expect, it } from "vitest";
import { entryFile } from "../../harness/entry.ts";
import { parseSettings } from "../../harness/options.ts";
import { assert } from "../../harness/assert.ts";
import type { ActorModel } from "../../harness/actor-model.ts";
import { explore } from "./explore.ts";
import { findModel } from "./fixtures.ts";
import { exploreParallel, type ParallelOptions } from "./parallel.ts";

const finder = { module: entryFile(import.meta.url, "./fixtures"), export: "findModel" };

const cases: readonly (readonly [name: string, settings: readonly string[], workers: number])[] = [
  ["single-copy-register", ["servers=2"], 2],
  ["linearizable-register", ["servers=2", "clients=3"], 3],
  ["linearizable-register", ["servers=2", "clients=3", "network=ordered"], 2],
  ["paxos", ["bug=no-adoption"], 2],
  ["raft", ["depth=7"], 2],
];

describe("several workers", () => {
  it.each(cases)("find of %s %o what one finds, as %i", { timeout: 120_000 }, async (name, settings, workers) => {
    const { model, options } = make(name, settings);
    const alone = explore(model);

    const team = await exploreParallel(model, { ...options, workers, splitAt: 50, aloneMax: 0 });

    expect([team.unique, team.generated, team.depth, team.complete]).toEqual([alone.unique, alone.generated, alone.depth, alone.complete]);
    expect(byProperty(team)).toEqual(byProperty(alone));
    expect([...team.outcomes!.all].sort()).toEqual([...alone.outcomes!.all].sort());
    expect([...team.outcomes!.terminal].sort()).toEqual([...alone.outcomes!.terminal].sort());
  });

  it("a space that never grows large enough to divide is explored all the same", async () => {
    const { model, options } = make("single-copy-register", []);

    expect(await exploreParallel(model, { ...options, workers: 2, aloneMax: 0 })).toMatchObject({ unique: 93, generated: 121, depth: 9, complete: true, workers: 2 });
  });

  it("leave a small space to one thread: it is done before others have started", async () => {
    const { model, options } = make("single-copy-register", ["clients=3"]);

    expect(await exploreParallel(model, { ...options, workers: 2 })).toMatchObject({ unique: 4_243, generated: 6_778, complete: true, workers: 1 });
  });

  it("leave a bound that one thread reaches as fast to one thread", async () => {
    const { model, options } = make("paxos", ["clients=3"]);

    expect(await exploreParallel(model, { ...options, workers: 2, statesMax: 5_000 })).toMatchObject({ complete: false, workers: 1 });
  });

  it("begin anew together where the space turns out larger than one thread should walk", { timeout: 60_000 }, async () => {
    const { model, options } = make("linearizable-register", ["servers=2", "clients=3"]);

    expect(await exploreParallel(model, { ...options, workers: 2, aloneMax: 1_000 })).toMatchObject({ unique: 35_009, generated: 68_115, complete: true, workers: 2 });
  });

  it("stop together near statesMax and say that they are not done", { timeout: 60_000 }, async () => {
    const { model, options } = make("linearizable-register", ["servers=2", "clients=3"]);
    const found = await exploreParallel(model, { ...options, workers: 2, splitAt: 50, aloneMax: 0, statesMax: 5_000 });

    expect(found.complete).toBe(false);
    expect(found.unique).toBeLessThan(35_009);
  });

  it("a worker that fails ends the others, and its error is told", { timeout: 60_000 }, async () => {
    const { model, options } = make("paxos", []);

    await expect(exploreParallel(model, { ...options, name: "no such model", workers: 2, aloneMax: 0 })).rejects.toThrow(/no model "no such model"/);
  });
});

function make(name: string, texts: readonly string[]): { model: ActorModel; options: ParallelOptions } {
  const definition = findModel(name);
  const settings = parseSettings(texts, definition.options, name);
  const model = definition.make(settings);
  assert(!("kind" in model), "the model is made of actors");
  return { model, options: { finder, name, settings } };
}

function byProperty(exploration: { readonly discoveries: readonly { readonly property: string; readonly length: number }[] }): readonly (readonly [string, number])[] {
  return exploration.discoveries.map(({ property, length }) => [property, length] as const).sort();
}
