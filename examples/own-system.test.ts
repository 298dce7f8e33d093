/** A system of your own, written once as an actor, explored exhaustively: a counter that forgets to lock. */
import { expect, test } from "vitest";
import type { Actor, Json, SequentialSpec } from "../entries/index.ts";
import { explore, type System } from "../entries/model.ts";

/** Two replicas of a counter. `add` at one tells the other, and answers before the other has heard. */
const counter: Actor<number, { add: number }, never, never, never> = {
  kind: "counter",
  start: () => 0,
  onClient(self, count, operation, call, out) {
    if (call.f === "read") {
      out.reply(operation, count);
      return count;
    }
    for (const peer of self.peers) out.send(peer, { add: 1 });
    out.reply(operation, null);
    return count + 1;
  },
  onMessage: (_self, count, _from, message) => count + message.add,
};

const spec: SequentialSpec<number> = {
  name: "counter",
  initial: 0,
  apply: (count, call) => (call.f === "read" ? [{ state: count, ret: count }] : [{ state: count + 1, ret: null }]),
  observes: (call) => call.f === "read",
};

const system: System = {
  name: "two counters",
  servers: 2,
  actor: () => counter as unknown as Actor,
  spec: spec as unknown as SequentialSpec<Json>,
  model: {
    clients: [
      [
        { node: 0, call: { f: "add", value: null } },
        { node: 1, call: { f: "read", value: null } },
      ],
    ],
    network: { order: "fifo", losses: 0, duplicates: 0, noop: "consume" },
    faults: { crashes: 0, recoveries: 0 },
    timerFirings: 0,
    statesMax: 10_000,
  },
  properties: [],
};

test("the explorer finds the shortest way to a read that misses an acknowledged add", () => {
  const exploration = explore(system);

  expect(exploration.complete).toBe(true);
  expect(exploration.discoveries).toMatchObject([{ property: "linearizable", kind: "counterexample", length: 6 }]);
});
