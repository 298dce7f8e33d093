import { describe, expect, it } from "vitest";
import { compareAccounts } from "../../checkers/model/compare.ts";
import { explore } from "../../checkers/model/explore.ts";
import { replay } from "../../checkers/model/replay.ts";
import type { System } from "../../harness/actor.ts";
import { parseSettings } from "../../harness/options.ts";
import { simulate } from "../simulated/simulate.ts";
import { findSystem, systemDefinitions } from "./registry.ts";

/** The least of everything else, so that a partition at every moment fits. */
const quiet = ["clients=1", "crashes=0", "losses=0", "duplicates=0", "timers=1", "partitions=1"];
const products = systemDefinitions.filter(({ role, options }) => role === "product" && options.some(({ name }) => name === "partitions"));

describe("within a partition that comes at any moment and heals at any moment or never", () => {
  it.each(products)("$name keeps its promise, and simulated runs show nothing that the model does not", (definition) => {
    const settings = quiet.filter((setting) => definition.options.some(({ name }) => name === setting.split("=")[0]));
    const system: System = { ...definition.make(parseSettings(settings, definition.options, definition.name)), liveness: [] };

    const model = explore(system, { statesMax: 100_000 });
    expect(model.discoveries.filter(({ kind }) => kind === "counterexample")).toEqual([]);
    // Raft with its elections is cut off there; raft-read-index is explored in full in its long tests.
    expect(model.complete || ["raft-register", "raft-read-index"].includes(definition.name)).toBe(true);
    const observed = (["uniform", "latency", "pct"] as const).flatMap((strategy) => simulate(system, { runs: 50, seed: 1, strategy }).observed);
    if (model.complete) expect(compareAccounts({ model, spec: system.spec, observed }).inclusion).toMatchObject({ included: 150, outside: 0 });
  });

  it("Lamport's mutual exclusion is right without one, and grants out of order with one: it was made for links that lose nothing", () => {
    const definition = findSystem("lamport-mutex");
    const whole = { ...definition.make(parseSettings(["servers=2"], definition.options, definition.name)), liveness: [] };
    const torn: System = { ...whole, model: { ...whole.model, faults: { ...whole.model.faults, partitions: 1 } } };

    expect(explore(whole).discoveries).toEqual([]);
    const [broken] = explore(torn, { stopAtCounterexample: true }).discoveries;
    expect(broken).toMatchObject({ property: "granted in timestamp order", length: 8 });
    expect(broken!.path.slice(4, 6)).toEqual(["cut n1 -> others", "heal"]);
    expect(broken!.diagram.messages.filter(({ to }) => to === null).map(({ label }) => label)).toContain("request 1");
    expect(replay(torn, broken!.schedule).applied).toEqual(broken!.schedule);
    const { firstBad } = simulate(torn, { runs: 20_000, seed: 1, stopAtFirstBad: true });
    expect(firstBad).toMatchObject({ property: "granted in timestamp order" });
  });
});
