import { describe, expect, it } from "vitest";
import type { Actor } from "../../harness/actor.ts";
import { reliableLinks } from "../../harness/actor-reliable-links.ts";
import { canonicalJson, type Json } from "../../harness/json.ts";
import { explore } from "./explore.ts";
import { asActor, fixtureModel, type NetworkKind } from "./fixtures/actors.ts";

/**
 * The claim of the layer: over a network that reorders, loses and repeats, what runs inside goes through exactly the
 * states that it goes through on links that are ordered and reliable.
 */
describe("ordered reliable links", () => {
  const bad = { losses: 1, duplicates: 1, timers: 2 };
  const conversations: readonly (readonly [string, readonly Actor[]])[] = [
    ["three letters one way", [writer(["a", "b", "c"]), listener()]],
    ["letters in both directions", [writer(["a", "b"]), writer(["x"])]],
    ["an answer to each letter", [writer(["a", "b"]), echo()]],
  ];

  it.each(conversations)("%s: the wrapped actors on a bad network have the states of the bare ones on FIFO links", (_, actors) => {
    const wrapped = actors.map((actor) => reliableLinks(actor, { resendAfterMs: [100, 200] }) as unknown as Actor);

    const seen = innerStates(wrapped, "unordered", bad);

    expect(seen).toEqual(innerStates(actors, "ordered", {}));
  });

  it.each(conversations)("%s: the bare ones on the bad network have others", (_, actors) => {
    expect(innerStates(actors, "unordered", bad)).not.toEqual(innerStates(actors, "ordered", {}));
  });
});

/** All combinations of the actors' states, without the layer's own, as texts. */
function innerStates(servers: readonly Actor[], network: NetworkKind, budgets: { readonly losses?: number; readonly duplicates?: number; readonly timers?: number }): readonly string[] {
  const seen = new Set<string>();
  const found = explore(fixtureModel({ name: "conversation", servers, network, budgets }), {
    visit: (state) => void seen.add(canonicalJson(state.servers.map((server) => (server as { readonly inner?: Json }).inner ?? server))),
  });
  expect(found.complete).toBe(true);
  return [...seen].sort();
}

/** Sends its letters to the other as it starts, and keeps what it hears. */
function writer(letters: readonly string[]): Actor {
  return asActor<{ readonly heard: readonly string[] }, string, never, never, never>({
    kind: "writer",
    start(self, _durable, out) {
      for (const letter of letters) out.send(1 - self.id, letter);
      return { heard: [] };
    },
    onMessage: (_self, state, _from, letter) => ({ heard: [...state.heard, letter] }),
  });
}

function listener(): Actor {
  return writer([]);
}

function echo(): Actor {
  return asActor<{ readonly heard: readonly string[] }, string, never, never, never>({
    kind: "echo",
    start: () => ({ heard: [] }),
    onMessage(_self, state, from, letter, out) {
      out.send(from, `re ${letter}`);
      return { heard: [...state.heard, letter] };
    },
  });
}
