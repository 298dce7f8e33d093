import { describe, expect, it } from "vitest";
import { type NodeId, nodeId, nodeNames } from "../harness/ids.ts";
import { bridge, cannotHear, cannotSend, flowsOf, type Grudge, halves, isolate, majoritiesRing, oneLink, visibleTo } from "./grudge.ts";

const [n1, n2, n3, n4, n5] = nodeNames(5) as [NodeId, NodeId, NodeId, NodeId, NodeId];
const five = [n1, n2, n3, n4, n5];

/** `n1: n2 n3, …`: receiver and the senders that it snubs. */
function show(grudge: Grudge): string {
  return [...grudge].map(([receiver, senders]) => `${receiver}: ${[...senders].join(" ")}`).join(", ");
}

/** The slow obvious definition of "can talk": both directions pass. */
function talks(grudge: Grudge, a: NodeId, b: NodeId): boolean {
  return !(grudge.get(a)?.has(b) ?? false) && !(grudge.get(b)?.has(a) ?? false);
}

describe("a grudge", () => {
  it.each([
    ["isolate", isolate([n2], [n1, n2, n3]), "n2: n1 n3, n1: n2, n3: n2"],
    ["isolate two", isolate([n1, n2], [n1, n2, n3]), "n1: n2 n3, n2: n1 n3, n3: n1 n2"],
    ["halves of five", halves(five), "n1: n3 n4 n5, n2: n3 n4 n5, n3: n1 n2, n4: n1 n2, n5: n1 n2"],
    ["halves of two", halves([n1, n2]), "n1: n2, n2: n1"],
    ["bridge", bridge(five), "n1: n4 n5, n2: n4 n5, n4: n1 n2, n5: n1 n2"],
    ["bridge of three", bridge([n1, n2, n3]), "n1: n3, n3: n1"],
    ["cannot send", cannotSend(n1, [n1, n2, n3]), "n2: n1, n3: n1"],
    ["cannot hear", cannotHear(n1, [n1, n2, n3]), "n1: n2 n3"],
    ["one link", oneLink(n1, n3), "n1: n3, n3: n1"],
  ])("%s", (_, grudge, expected) => {
    expect(show(grudge)).toBe(expected);
  });

  it("stops the flows from those who are snubbed to those who snub", () => {
    expect(flowsOf(cannotSend(n1, [n1, n2, n3]))).toEqual([
      { from: "n1", to: "n2" },
      { from: "n1", to: "n3" },
    ]);
    expect(flowsOf(cannotHear(n1, [n1, n2, n3]))).toEqual([
      { from: "n2", to: "n1" },
      { from: "n3", to: "n1" },
    ]);
  });

  it("with a bridge lets everybody talk with the bridge and nobody with the other bank", () => {
    for (let count = 3; count <= 11; count++) {
      const nodes = nodeNames(count);
      const grudge = bridge(nodes);
      const between = nodes[Math.floor(count / 2)]!;
      const left = nodes.slice(0, Math.floor((count - 1) / 2));
      const right = nodes.filter((node) => node !== between && !left.includes(node));
      expect(visibleTo(between, grudge, nodes)).toEqual(nodes);
      for (const a of left) for (const b of right) expect(talks(grudge, a, b), `${count}: ${a} ${b}`).toBe(false);
      for (const side of [left, right]) for (const a of side) for (const b of side) expect(talks(grudge, a, b)).toBe(true);
    }
  });
});

describe("the ring of majorities", () => {
  it.each(Array.from({ length: 19 }, (_, i) => i + 3))("of %i nodes shows every node a majority and no two the same, with as few links as can be", (count) => {
    const nodes = Array.from({ length: count }, (_, i) => nodeId(`x${(i * 7) % count}-${i}`));
    const grudge = majoritiesRing(nodes);
    const seen = nodes.map((node) => visibleTo(node, grudge, nodes));

    const majority = Math.floor(count / 2) + 1;
    expect(Math.min(...seen.map((view) => view.length))).toBe(majority);
    const surplus = seen.map((view) => view.length - majority).filter((more) => more > 0);
    expect(surplus).toEqual(count % 4 === 3 ? [1] : []);
    expect(new Set(seen.map((view) => view.join(" "))).size).toBe(count);
    for (const a of nodes) for (const b of nodes) expect(grudge.get(a)!.has(b)).toBe(grudge.get(b)!.has(a));
    for (const node of nodes) expect(grudge.get(node)!.has(node)).toBe(false);
  });
});
