import { describe, expect, it } from "vitest";
import { abd } from "../../clusters/systems/abd/definition.ts";
import type { LivenessProperty, System } from "../../harness/actor.ts";
import { parseSettings } from "../../harness/options.ts";
import { type Exploration, explore } from "./explore.ts";
import { findModel } from "./fixtures.ts";

describe("what must come to pass", () => {
  it("ping-pong reaches its end on a network that loses nothing, repetitions or not", () => {
    for (const network of ["unordered", "ordered", "duplicating"]) {
      expect(undiscovered(pingPong(["lossy=false", `network=${network}`]))).toContain("must reach max");
    }
  });

  it("losing the first ping breaks it, in one step, and nothing happens ever after", () => {
    const found = pingPong(["lossy=true"]).discoveries.find(({ property }) => property === "must reach max");

    expect(found).toMatchObject({ kind: "counterexample", schedule: [{ step: "drop", from: 0, to: 1, n: 0 }], loopLength: 0 });
  });

  it("what lies beyond the boundary is never reached", () => {
    expect(pingPong(["lossy=false"]).discoveries.find(({ property }) => property === "must exceed max")).toMatchObject({ loopLength: 0 });
  });

  it("every call to abd returns while nothing is lost, and one loss without a resend leaves it open", () => {
    expect(undiscovered(explore(abdThatReturns(["clients=1"])))).toContain("every call returns");

    const lossy = explore(abdThatReturns(["clients=1", "losses=1"])).discoveries.find(({ property }) => property === "every call returns");

    expect(lossy).toMatchObject({ kind: "counterexample", loopLength: 0 });
    expect(lossy!.schedule.some(({ step }) => step === "drop")).toBe(true);
  });

  it("without fairness a run may stop anywhere", () => {
    const system = abdThatReturns(["clients=1"]);
    const unfair = { ...system, liveness: system.liveness!.map((property): LivenessProperty => ({ ...property, fair: false })) };

    expect(explore(unfair).discoveries).toMatchObject([{ property: "every call returns", length: 1, loopLength: 0 }]);
  });
});

function pingPong(settings: readonly string[]): Exploration {
  const definition = findModel("ping-pong");
  return explore(definition.make(parseSettings(settings, definition.options, definition.name)));
}

function abdThatReturns(settings: readonly string[]): System {
  const system = abd.make(parseSettings(settings, abd.options, abd.name));
  const waiting = ({ clients }: Parameters<LivenessProperty["to"]>[0]): boolean => clients.some((client) => (client as { readonly waiting: boolean }).waiting);
  return {
    ...system,
    liveness: [{ name: "every call returns", kind: "leadsTo", fair: true, from: waiting, to: (state) => !waiting(state) }],
  };
}

function undiscovered(exploration: Exploration): readonly string[] {
  return exploration.undiscovered.map(({ property }) => property);
}
