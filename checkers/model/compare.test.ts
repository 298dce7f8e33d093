import { describe, expect, it } from "vitest";
import { canonicalHistory } from "../../harness/canonical-history.ts";
import { simulate } from "../../clusters/simulated/simulate.ts";
import { abd, abdFastRead } from "../../clusters/systems/abd/definition.ts";
import type { System, SystemDefinition } from "../../harness/actor.ts";
import { historyOf } from "../../harness/history.ts";
import { processId } from "../../harness/ids.ts";
import type { Json } from "../../harness/json.ts";
import type { OpType } from "../../harness/op.ts";
import { register } from "../../harness/objects/register.ts";
import { parseSettings } from "../../harness/options.ts";
import { compareAccounts } from "./compare.ts";
import { explore } from "./explore.ts";

const spec = register(null);

describe("canonical histories", () => {
  it("say for each operation what had completed before it was invoked", () => {
    const seen = ops([0, "invoke", "write", 1], [0, "ok", "write", 1], [1, "invoke", "read", null], [0, "invoke", "read", null], [1, "ok", "read", 1], [0, "ok", "read", 1]);

    expect(canonicalHistory(seen, spec)).toBe("0: write 1 → null; read → 1 | 1: read after 0:1 → 1");
  });

  it("are equal when only the order of concurrent events differs", () => {
    const one = ops([0, "invoke", "write", 1], [1, "invoke", "read", null], [0, "ok", "write", 1], [1, "ok", "read", 1]);
    const other = ops([1, "invoke", "read", null], [0, "invoke", "write", 1], [1, "ok", "read", 1], [0, "ok", "write", null]);

    expect(canonicalHistory(one, spec)).toBe(canonicalHistory(other, spec));
  });

  it("leave an operation open that ended in info or never, and leave out one that failed", () => {
    const seen = ops([0, "invoke", "write", 1], [1, "invoke", "write", 2], [2, "invoke", "read", null], [0, "info", "write", 1], [1, "fail", "write", 2]);

    expect(canonicalHistory(seen, spec)).toBe("0: write 1 | 2: read");
  });
});

describe("comparison of accounts", () => {
  it.each(["uniform", "pct", "latency"] as const)("everything that %s simulation saw is a behaviour of the model", (strategy) => {
    const system = make(abdFastRead);
    const model = explore(system);
    const { observed } = simulate(system, { runs: 400, seed: 7, strategy });

    const { inclusion, coverage } = compareAccounts({ model, spec: system.spec, observed });

    expect(inclusion).toEqual({ included: 400, outside: 0, conclusive: true, notIncluded: [] });
    expect(coverage.of).toBe(104);
    expect(coverage.seen).toBeGreaterThan(20);
    expect(coverage.ended).toBe(400);
    expect(coverage.curve.at(-1)).toEqual({ rounds: 400, outcomes: coverage.seen });
  });

  it("also with crashes, losses and timers within the budgets", () => {
    const system = make(abd, ["clients=1", "crashes=1", "losses=1", "timers=1"]);
    const model = explore(system);
    const observed = (["uniform", "pct", "latency"] as const).flatMap((strategy) => simulate(system, { runs: 300, seed: 3, strategy }).observed);

    expect(model.complete).toBe(true);
    expect(compareAccounts({ model, spec: system.spec, observed }).inclusion.outside).toBe(0);
  });

  it("a history that the model has not is shown with the first event that has no successor", () => {
    const system = make(abdFastRead);
    const stranger = ops([0, "invoke", "write", 1], [0, "ok", "write", 1], [0, "invoke", "read", null], [0, "ok", "read", 7]);

    const { inclusion } = compareAccounts({ model: explore(system), spec: system.spec, observed: [stranger] });

    expect(inclusion.notIncluded).toEqual([
      {
        round: 0,
        canonical: "0: write 1 → null; read → 7",
        first: { index: 3, description: "client 0 ok read → 7", before: "0: write 1 → null; read" },
      },
    ]);
  });

  it("estimates the unseen by the outcomes that were seen once", () => {
    const system = make(abdFastRead);
    const { coverage } = compareAccounts({ model: explore(system), spec: system.spec, observed: ["", "", "0: write 1"] });

    expect(coverage).toMatchObject({ seen: 0, ended: 0, unseenMass: 1 / 3 });
  });
});

function make(definition: SystemDefinition, settings: readonly string[] = []): System {
  return definition.make(parseSettings(settings, definition.options, definition.name));
}

function ops(...list: readonly (readonly [process: number, type: OpType, f: string, value: Json])[]) {
  return historyOf(list.map(([process, type, f, value]) => ({ process: processId(process), type, f, value })));
}
