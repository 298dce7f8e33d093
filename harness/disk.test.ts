import { describe, expect, it } from "vitest";
import { type ActorNode, type Effect, unborn } from "./actor-step.ts";
import { type DiskKind, fallbackAfter, withoutLastWrite } from "./disk.ts";

const save = (durable: number): Effect => ({ effect: "save", durable });
const send: Effect = { effect: "send", to: 1, message: "told" };
const reply: Effect = { effect: "reply", operation: "c0.0", value: null };
const timer: Effect = { effect: "setTimer", timer: "t", afterMs: [1, 2] };

describe("what a disk may fall back to", () => {
  it.each<readonly [what: string, disk: DiskKind, steps: readonly (readonly Effect[])[], found: readonly number[]]>([
    ["a save that nothing followed", "syncs", [[save(1)], [save(2)]], [0]],
    ["a save that only a timer followed", "syncs", [[save(1), send], [save(2), timer]], [1]],
    ["nothing that a message followed", "syncs", [[save(1), send]], []],
    ["nothing that an answer of a later step followed", "syncs", [[save(1)], [reply]], []],
    ["a save after the message", "syncs", [[send, save(1)]], [0]],
    ["a save that all were told of", "lies", [[save(1), send, reply], [send]], [0]],
    ["the last save only", "lies", [[save(1), send], [save(2), send]], [1]],
    ["nothing, when the save was of what was there", "lies", [[save(1)], [save(1)]], []],
  ])("is %s, when it %s", (_what, disk, steps, found) => {
    const node = steps.reduce((before, effects) => after(disk, before, effects), started);

    expect(node.fallback === undefined ? [] : [node.fallback.durable]).toEqual(found);
  });

  it("is nothing after a restart: what that found is on the disk", () => {
    expect(fallbackAfter("lies", { ...started, durable: 2, fallback: { durable: 1 } }, { restarts: true, effects: [send] })).toBeUndefined();
  });
});

describe("a disk loses its last write", () => {
  it("once, while its node is down", () => {
    const down: ActorNode = { ...unborn, durable: 2, fallback: { durable: 1 } };

    expect(withoutLastWrite({ ...down, up: true })).toBeUndefined();
    expect(withoutLastWrite(down)).toEqual({ ...unborn, durable: 1 });
    expect(withoutLastWrite(withoutLastWrite(down)!)).toBeUndefined();
  });
});

const started: ActorNode = { ...unborn, up: true, durable: 0 };

function after(disk: DiskKind, before: ActorNode, effects: readonly Effect[]): ActorNode {
  const { fallback: _old, ...node } = before;
  const fallback = fallbackAfter(disk, before, { restarts: false, effects });
  const saved = effects.findLast((effect) => effect.effect === "save");
  return { ...node, durable: saved?.durable ?? node.durable, ...(fallback === undefined ? {} : { fallback }) };
}
