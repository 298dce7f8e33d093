import { describe, expect, it } from "vitest";
import type { Actor } from "../../harness/actor.ts";
import type { Json } from "../../harness/json.ts";
import { explore } from "./explore.ts";
import { type ActorFixture, asActor, fixtureModel } from "./fixtures/actors.ts";

/** Small networks with counts that can be done by hand. */
describe("the network", () => {
  const ignorer = receiver((state, message) => (message === "interesting" ? { heard: true } : state));

  it.each([
    ["unordered", 2],
    ["duplicating", 2],
    ["ordered", 3],
  ] as const)("what is ignored is no step on an unordered network, and is used up on an ordered one: %s has %i states", (network, states) => {
    expect(count({ servers: [sender(["ignored", "interesting"]), ignorer], network })).toBe(states);
  });

  it("a message to nobody stays for ever and does nothing", () => {
    expect(count({ servers: [sender(["lost"], 7)], network: "unordered" })).toBe(1);
  });

  it("a timer that is never set again fires once", () => {
    const timed = asActor<{ readonly fine: boolean }, never, string, never, never>({
      kind: "timed",
      start: (_self, _durable, out) => (out.setTimer("once", [1, 2]), { fine: true }),
      onMessage: (_self, state) => state,
      onTimer: (_self, state) => state,
    });

    expect(count({ servers: [timed], network: "unordered" })).toBe(2);
  });

  it.each([
    ["unordered", 3],
    ["ordered", 3],
  ] as const)("two equal messages can be delivered twice: %s has %i states", (network, states) => {
    expect(count({ servers: [sender(["more", "more"]), counter(2)], network })).toBe(states);
  });

  it("on a duplicating network a message once sent can be delivered for ever, unless it is dropped", () => {
    const found = explore(model({ servers: [sender(["more"]), counter(2)], network: "duplicating", budgets: { losses: Number.POSITIVE_INFINITY } }));

    // Counted 0, 1 or 2 (with or without the message); "was delivered last" is known from 1 on.
    expect(found.unique).toBe(6);
  });

  it("losses are counted: one budget loses one of two", () => {
    const all = explore(model({ servers: [sender(["a", "b"]), receiver((_, message) => ({ last: message }))], network: "unordered" })).unique;
    const lossy = explore(model({ servers: [sender(["a", "b"]), receiver((_, message) => ({ last: message }))], network: "unordered", budgets: { losses: 1 } })).unique;

    // In flight {a,b}, {b} after a, {a} after b, {} after ab, {} after ba.
    expect(all).toBe(5);
    // And with one lost: {b}, {a} before anything; {} after a alone, {} after b alone.
    expect(lossy).toBe(9);
  });
});

describe("partitions", () => {
  it.each(["ordered", "unordered"] as const)("what is on its way when a cut comes is lost, on the links that are cut: %s", (network) => {
    // On its way (S), delivered (D) or lost (L); before the cut, in one of three (both ways, n1 -> n2, n2 -> n1), healed:
    // S D, L L S and D D D, and all of S D L. From n1 only the first two lose it.
    expect(count({ servers: [sender(["a"]), counter(1)], network, budgets: { partitions: 1 } })).toBe(11);
  });

  it.each(["ordered", "unordered"] as const)("what is sent into a cut is lost, and what is sent when it has healed is not: %s", (network) => {
    const relay = asActor<{ readonly gone: boolean }, string, never, never, never>({
      kind: "relay",
      start: (self, _durable, out) => (out.send(self.id, "go"), { gone: false }),
      onMessage: (_self, _state, _from, _message, out) => (out.send(0, "x"), { gone: true }),
    });

    // To go (G), x on its way (X), x delivered (D), x lost (N). Before: G X D. In the two cuts that lose x: G N D each;
    // in the other: G X D. Healed: G X D N.
    expect(count({ servers: [counter(1), relay], network, budgets: { partitions: 1 } })).toBe(16);
  });

  it("whole states, depth first and walks agree with fingerprints breadth first", () => {
    const torn = (): ReturnType<typeof model> => model({ servers: [sender(["a", "b"]), counter(2), counter(2)], network: "duplicating", budgets: { partitions: 2, losses: 1 } });
    const { unique, generated } = explore(torn());

    expect(explore(torn(), { exact: true })).toMatchObject({ unique, generated });
    expect(explore(torn(), { order: "depth" })).toMatchObject({ unique, generated });
  });
});

describe("crashes", () => {
  it("a bounded number of nodes is down at once, and each comes back", () => {
    const idle = receiver((state) => state);
    const budgets = { crashes: Number.POSITIVE_INFINITY, recoveries: Number.POSITIVE_INFINITY };

    expect(count({ servers: [idle, idle], network: "unordered", budgets, downMax: 1 })).toBe(3);
    expect(count({ servers: [idle, idle], network: "unordered", budgets, downMax: 2 })).toBe(4);
  });
});

it("a state that has more messages in flight than fit ends in an error that says what to bound", () => {
  const flood = asActor<{ readonly sent: number }, string, never, never, never>({
    kind: "flood",
    start: (self, _durable, out) => (out.send(self.id, "go"), { sent: 0 }),
    onMessage(self, state, _from, _message, out) {
      for (let i = 0; i < 5000; i++) out.send(self.id, `again ${i}`);
      return { sent: state.sent + 1 };
    },
  });

  expect(() => explore(model({ servers: [flood], network: "unordered" }), { statesMax: 100_000 })).toThrow(/more than 4096 messages/);
});

function count(fixture: Omit<ActorFixture, "name">): number {
  const found = explore(model(fixture));
  expect(found.complete).toBe(true);
  return found.unique;
}

function model(fixture: Omit<ActorFixture, "name">): ReturnType<typeof fixtureModel> {
  return fixtureModel({ name: "small", ...fixture });
}

function sender(messages: readonly string[], to = 1): Actor {
  return asActor<{ readonly sent: number }, string, never, never, never>({
    kind: "sender",
    start(_self, _durable, out) {
      for (const message of messages) out.send(to, message);
      return { sent: messages.length };
    },
    onMessage: (_self, state) => state,
  });
}

function receiver(react: (state: Json, message: string) => Json): Actor {
  return asActor<Json, string, never, never, never>({ kind: "receiver", start: () => ({}), onMessage: (_self, state, _from, message) => react(state, message) });
}

function counter(max: number): Actor {
  return asActor<{ readonly count: number }, string, never, never, never>({
    kind: "counter",
    start: () => ({ count: 0 }),
    onMessage: (_self, state) => (state.count < max ? { count: state.count + 1 } : state),
  });
}
