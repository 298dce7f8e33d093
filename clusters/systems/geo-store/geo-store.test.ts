import { expect, it } from "vitest";
import { actorModelOf } from "../../../harness/actor-model.ts";
import { parseSettings } from "../../../harness/options.ts";
import { World } from "../../../harness/world.ts";
import { geoStore } from "./definition.ts";

/** Delivers what is in flight, oldest link first, until nothing moves. */
function settle(world: World): void {
  for (let moved = true; moved; ) {
    moved = world.links().some(({ from, to, inFlight }) => inFlight.length > 0 && world.apply({ step: "deliver", from, to, n: inFlight[0]!.n }, 0).result !== "impossible");
  }
}

it("the last data centre answers reads, with everything that was acknowledged", () => {
  const world = new World(actorModelOf(geoStore.make(parseSettings(["clients=1"], geoStore.options, "geo-store"))));
  world.apply({ step: "call", client: 0, n: 0 }, 0);
  settle(world);
  world.apply({ step: "crash", actor: 0 }, 0);
  world.apply({ step: "crash", actor: 2 }, 0);

  world.apply({ step: "call", client: 0, n: 1 }, 0);
  settle(world);

  expect([...world.history()].at(-1)).toMatchObject({ type: "ok", f: "read", value: 1 });
});

it("a write waits while a data centre is away, and is done when it is back", () => {
  const world = new World(actorModelOf(geoStore.make(parseSettings(["clients=1", "timers=2"], geoStore.options, "geo-store"))));
  world.apply({ step: "crash", actor: 1 }, 0);
  world.apply({ step: "call", client: 0, n: 0 }, 0);
  settle(world);
  expect([...world.history()].map(({ type }) => type)).toEqual(["invoke"]);

  world.apply({ step: "recover", actor: 1 }, 0);
  world.apply({ step: "timer", actor: 0, timer: "resend" }, 0);
  settle(world);

  expect([...world.history()].map(({ type }) => type)).toEqual(["invoke", "ok"]);
});
