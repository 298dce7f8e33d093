import { describe, expect, it } from "vitest";
import { actorModelOf } from "./actor-model.ts";
import type { Actor, ModelBounds, System } from "./actor.ts";
import type { Json } from "./json.ts";
import { read, register, write } from "./objects/register.ts";
import { World } from "./world.ts";

/** Answers a call at once and tells its peer; what the peer tells it, it counts; the third time it ignores. */
const echo: Actor = {
  kind: "echo",
  start: (_self, durable) => ({ heard: 0, saved: durable }),
  onClient(self, state, operation, call, out) {
    out.reply(operation, null);
    for (const peer of self.peers) {
      out.send(peer, { type: "first", call: call.f });
      out.send(peer, { type: "second" });
    }
    out.setTimer("tick", [10, 20]);
    return { ...(state as { heard: number }), asked: true };
  },
  onMessage(_self, state, _from, message, out) {
    const { heard } = state as { heard: number };
    if (heard === 2) return state;
    out.save(heard + 1);
    return { ...(state as object), heard: heard + 1, last: message } as unknown as Json;
  },
  onTimer: (_self, state) => state,
};

describe("a world", () => {
  it("carries a call to its server, and the answer back", () => {
    const world = worldOf({});

    expect(world.apply({ step: "call", client: 0, n: 0 }).sends).toEqual([{ from: 2, to: 0, n: 0, message: { operation: "c0.0", call: write(1) } }]);
    expect(world.apply({ step: "deliver", from: 2, to: 0, n: 0 }).sends.map(({ to }) => to)).toEqual([2, 1, 1]);
    expect(world.apply({ step: "deliver", from: 0, to: 2, n: 0 }).result).toBe("taken");
    expect([...world.history()].map(({ type, f }) => `${type} ${f}`)).toEqual(["invoke write", "ok write"]);
  });

  it("delivers the head of a FIFO link only, and anything of a bag", () => {
    const fifo = called(worldOf({ order: "fifo" }));
    const bag = called(worldOf({ order: "any" }));

    expect(fifo.apply({ step: "deliver", from: 0, to: 1, n: 1 }).result).toBe("impossible");
    expect(bag.apply({ step: "deliver", from: 0, to: 1, n: 1 }).result).toBe("taken");
  });

  it("a repeated message stays in flight, a dropped one does not", () => {
    const world = called(worldOf({ duplicates: 1, losses: 1 }));

    world.apply({ step: "duplicate", from: 0, to: 1, n: 0 });
    expect(world.inFlight(0, 1).map(({ n }) => n)).toEqual([0, 1]);
    world.apply({ step: "drop", from: 0, to: 1, n: 0 });
    expect(world.inFlight(0, 1).map(({ n }) => n)).toEqual([1]);
    expect(world.spent).toMatchObject({ duplicates: 1, losses: 1 });
  });

  it.each(["consume", "keep"] as const)("what is ignored is used up or stays: %s", (noop) => {
    const world = called(worldOf({ noop, order: "any" }));
    world.apply({ step: "duplicate", from: 0, to: 1, n: 0 });
    world.apply({ step: "deliver", from: 0, to: 1, n: 0 });

    expect(world.apply({ step: "deliver", from: 0, to: 1, n: 1 }).result).toBe("ignored");
    expect(world.inFlight(0, 1)).toHaveLength(noop === "consume" ? 0 : 1);
  });

  it("a crash loses state, timers, and what is in flight to and from the node; what was saved comes back", () => {
    const world = called(worldOf({ crashes: 1 }));
    world.apply({ step: "deliver", from: 0, to: 1, n: 0 });

    const { cut } = world.apply({ step: "crash", actor: 1 });
    expect(cut.map(({ from, to, n }) => [from, to, n])).toEqual([[0, 1, 1]]);
    expect(world.isDown(1)).toBe(true);
    expect(world.apply({ step: "deliver", from: 0, to: 1, n: 1 }).result).toBe("impossible");
    expect(world.apply({ step: "recover", actor: 1 }).result).toBe("taken");
    expect(world.model.parties[1]!.show(world.locals[1]!)).toEqual({ heard: 0, saved: 1 });
  });

  it("a cut loses what is on its way and what is sent, until it heals", () => {
    const world = called(worldOf({ partitions: 1 }));

    expect(world.apply({ step: "cut", cut: "n1 -> others" }).cut.map(({ n }) => n)).toEqual([0, 1]);
    expect(world.apply({ step: "cut", cut: "n1 | n2" }).result).toBe("impossible");
    expect(world.apply({ step: "heal" }).result).toBe("taken");
    expect(world.apply({ step: "heal" }).result).toBe("impossible");
    expect(world.inFlight(0, 1)).toEqual([]);
    expect(world.spent.partitions).toBe(1);
  });

  it("a timer fires once for each time it was set, also when its handler does nothing", () => {
    const world = called(worldOf({ timers: 2 }));

    expect(world.apply({ step: "timer", actor: 0, timer: "tick" }).result).toBe("taken");
    expect(world.apply({ step: "timer", actor: 0, timer: "tick" }).result).toBe("impossible");
  });

  it("an answer that the client does not await is no return", () => {
    const twice = systemOf({}, { ...echo, onClient: (_self, state, operation, _call, out) => (out.reply(operation, null), out.reply(operation, 7), state) });
    const world = new World(actorModelOf(twice));
    world.apply({ step: "call", client: 0, n: 0 });
    world.apply({ step: "deliver", from: 2, to: 0, n: 0 });
    world.apply({ step: "deliver", from: 0, to: 2, n: 0 });

    expect(world.apply({ step: "deliver", from: 0, to: 2, n: 1 }).result).toBe("ignored");
    expect(world.history()).toHaveLength(2);
  });
});

describe("handlers", () => {
  it("one that throws is named with its actor and input", () => {
    const broken = systemOf({}, { ...echo, onClient: () => explode() });
    const world = new World(actorModelOf(broken));
    world.apply({ step: "call", client: 0, n: 0 });

    expect(() => world.apply({ step: "deliver", from: 2, to: 0, n: 0 })).toThrow(/handler onClient of echo 0 for .*"operation":"c0.0".* threw/);
  });

  it("one that gives another answer the second time is refused as impure", () => {
    let calls = 0;
    const impure = systemOf({}, { ...echo, onClient: (_self, state) => ({ ...(state as object), calls: calls++ }) as unknown as Json });
    const world = new World(actorModelOf(impure));
    world.apply({ step: "call", client: 0, n: 0 });

    expect(() => world.apply({ step: "deliver", from: 2, to: 0, n: 0 })).toThrow(/impure/);
  });

  it("one that writes to its state fails", () => {
    const writing = systemOf({}, {
      ...echo,
      onClient(_self, state) {
        (state as { heard: number }).heard = 9;
        return state;
      },
    });
    const world = new World(actorModelOf(writing));
    world.apply({ step: "call", client: 0, n: 0 });

    expect(() => world.apply({ step: "deliver", from: 2, to: 0, n: 0 })).toThrow(/threw in state/);
  });
});

function explode(): never {
  throw new Error("boom");
}

function called(world: World): World {
  world.apply({ step: "call", client: 0, n: 0 });
  world.apply({ step: "deliver", from: 2, to: 0, n: 0 });
  return world;
}

interface Wanted {
  readonly order?: ModelBounds["network"]["order"];
  readonly noop?: ModelBounds["network"]["noop"];
  readonly losses?: number;
  readonly duplicates?: number;
  readonly crashes?: number;
  readonly timers?: number;
  readonly partitions?: number;
}

function worldOf(wanted: Wanted): World {
  return new World(actorModelOf(systemOf(wanted, echo)));
}

function systemOf(wanted: Wanted, actor: Actor): System {
  return {
    name: "echo",
    servers: 2,
    actor: () => actor,
    spec: register(null),
    model: {
      clients: [[{ node: 0, call: write(1) }, { node: 1, call: read() }]],
      network: { order: wanted.order ?? "fifo", losses: wanted.losses ?? 0, duplicates: wanted.duplicates ?? 0, noop: wanted.noop ?? "consume" },
      faults: { crashes: wanted.crashes ?? 0, recoveries: wanted.crashes ?? 0, partitions: wanted.partitions ?? 0 },
      timerFirings: wanted.timers ?? 0,
      statesMax: 1000,
    },
    properties: [],
  };
}
