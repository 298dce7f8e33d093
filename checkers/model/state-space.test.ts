import { describe, expect, it } from "vitest";
import { abdFastRead } from "../../clusters/systems/abd/definition.ts";
import type { ActorModel } from "../../harness/actor-model.ts";
import { assert } from "../../harness/assert.ts";
import { parseSettings } from "../../harness/options.ts";
import { explore } from "./explore.ts";
import { findModel } from "./fixtures.ts";
import { dotOf, stateSpaceOf } from "./state-space.ts";

describe("a model on demand", () => {
  it("offers the client's calls first, and what they lead to", () => {
    const space = stateSpaceOf(abdFastRead.make(parseSettings([], abdFastRead.options, "abd-fast-read")));
    const [start] = space.initial();

    const first = space.successors(start!);
    expect(first.map(([step]) => step)).toEqual([
      { step: "call", client: 0, n: 0 },
      { step: "call", client: 1, n: 0 },
    ]);
    expect(first[0]![1].messages).toEqual(["client 0 → n1: write 1"]);
  });

  it("walked to its end, it has as many states as the explorer finds", () => {
    const model = pingPong();
    const space = stateSpaceOf(model);
    const seen = new Map(space.initial().map((state) => [state.key, state]));
    for (const state of seen.values()) for (const [, next] of space.successors(state)) if (!seen.has(next.key)) seen.set(next.key, next);

    expect(seen.size).toBe(explore(model).unique);
  });

  it("is drawn as a graph", () => {
    const dot = dotOf(pingPong());

    expect(dot.startsWith('digraph "ping-pong" {')).toBe(true);
    expect(dot.match(/ -> /g)).toHaveLength(10);
    expect(dotOf(pingPong(), { statesMax: 3 })).toContain("style=dashed");
  });
});

function pingPong(): ActorModel {
  const definition = findModel("ping-pong");
  const model = definition.make(parseSettings(["lossy=false", "network=unordered"], definition.options, definition.name));
  assert(!("kind" in model), "ping-pong is made of actors");
  return model;
}
