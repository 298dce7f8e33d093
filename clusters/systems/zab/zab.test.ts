import { describe, expect, it } from "vitest";
import { explore } from "../../../checkers/model/explore.ts";
import type { System, SystemDefinition } from "../../../harness/actor.ts";
import { parseSettings } from "../../../harness/options.ts";
import { led, zab, zabAckFirst, zabEpochFirst } from "./definition.ts";
import type { ZabState } from "./state.ts";

describe("the beginning in which n1 leads n2 in epoch 1", () => {
  it("is reached from an empty one, while n3 has not heard of it", () => {
    const { model, ...system } = make(zab, ["begin=empty", "timers=1", "crashes=0"]);
    const isLed = { name: "led", kind: "sometimes", on: "actors", test: (states: readonly unknown[]) => shown(states.slice(0, 2) as ZabState[]) === expected && (states[2] as ZabState).promised === 0 } as const;
    const idle: System = { ...system, model: { ...model, clients: [] }, properties: [isLed] };

    expect(explore(idle, { track: "monitor" }).discoveries.map(({ property }) => property)).toEqual(["led"]);
  });

  const expected = shown(led(3));
  function shown(states: readonly Pick<ZabState, "promised" | "epoch" | "history" | "role" | "delivered">[]): string {
    return JSON.stringify(states.map(({ promised, epoch, history, role, delivered }) => [promised, epoch, history, role, delivered]));
  }
});

it.each([zabEpochFirst, zabAckFirst])("without a crash, nothing that $name writes too late is missed", (twin) => {
  const found = explore(make(twin, ["crashes=0", "timers=1"]), { track: "monitor" });

  expect([found.complete, found.discoveries.filter(({ kind }) => kind === "counterexample")]).toEqual([true, []]);
});

function make(definition: SystemDefinition, set: readonly string[]): System {
  return definition.make(parseSettings(set, definition.options, definition.name));
}
