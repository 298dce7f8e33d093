import { assert } from "../harness/assert.ts";
import type { Flow } from "../harness/cluster.ts";
import type { NodeId } from "../harness/ids.ts";

/**
 * A grudge says who snubs whom: `Map<receiver, Set<sender>>`, the receiver hears nothing of those senders (Jepsen's
 * form, jepsen.nemesis). One-way faults are simply grudges that are not mutual. Pure functions of lists of nodes;
 * whoever wants chance shuffles the list first.
 *
 *     isolate n1        halves            bridge (n3)        one-way (n1 cannot send)
 *     n1 ╳ n2 ── n3     n1 ── n2          n1   ── n3 ── n4   n1 ──╳→ n2
 *        ╳──────┘           ╳             │  ╳    │  ╳   │   n1 ←─── n2
 *                       n3 ── n4 ── n5    n2   ──┘└──   n5
 */
export type Grudge = ReadonlyMap<NodeId, ReadonlySet<NodeId>>;

/** Everyone snubs everyone of another component: `[[n1], [n2, n3]]` cuts n1 off. Components are disjoint. */
export function components(parts: readonly (readonly NodeId[])[]): Grudge {
  const grudge = new Map<NodeId, Set<NodeId>>();
  for (const part of parts) {
    const others = parts.filter((other) => other !== part).flat();
    for (const node of part) grudge.set(node, new Set(others));
  }
  return grudge;
}

/** Each of `lonely` is alone: it neither hears nor is heard. The others, if any, stay together. */
export function isolate(lonely: readonly NodeId[], nodes: readonly NodeId[]): Grudge {
  return components([...lonely.map((node) => [node]), nodes.filter((node) => !lonely.includes(node))]);
}

/** The first half, rounded down, against the rest, which with an odd number is a majority. */
export function halves(nodes: readonly NodeId[]): Grudge {
  const middle = Math.floor(nodes.length / 2);
  return components([nodes.slice(0, middle), nodes.slice(middle)]);
}

/** Two halves, and one node (the first of the second half) that both can talk with. At least 3 nodes. */
export function bridge(nodes: readonly NodeId[]): Grudge {
  assert(nodes.length >= 3, "a bridge has two banks: 3 nodes or more");
  const between = nodes[Math.floor(nodes.length / 2)]!;
  const rest = nodes.filter((node) => node !== between);
  return halves(rest);
}

/**
 * Every node sees a majority, and no two see the same one: then a leader's majority is never a follower's. At least 3 nodes.
 *
 * Jepsen draws links at random above 5 nodes; this is a fixed construction for any number. With majority m = ⌊n/2⌋ + 1
 * each node needs m − 1 neighbours. They sit on a ring and each knows the ⌊(m − 1)/2⌋ nearest on both sides; when
 * m − 1 is odd, also the one across. With n odd as well a regular ring does not exist, and one node knows one more.
 */
export function majoritiesRing(nodes: readonly NodeId[]): Grudge {
  const n = nodes.length;
  assert(n >= 3, "a ring of majorities has 3 nodes or more");
  const neighbours = Math.floor(n / 2);
  const near = Math.floor(neighbours / 2);
  const across = Math.floor(n / 2);
  const visible = nodes.map((_, i) => new Set([i]));
  const link = (a: number, b: number): void => {
    visible[a]!.add(b);
    visible[b]!.add(a);
  };
  for (let i = 0; i < n; i++) for (let step = 1; step <= near; step++) link(i, (i + step) % n);
  if (neighbours % 2 === 1) {
    for (let i = 0; i < across; i++) link(i, i + across);
    if (n % 2 === 1) link(n - 1, across - 1);
  }
  return new Map(nodes.map((node, i) => [node, new Set(nodes.filter((_, j) => !visible[i]!.has(j)))]));
}

/** Nobody hears `mute`, who hears everybody. */
export function cannotSend(mute: NodeId, nodes: readonly NodeId[]): Grudge {
  return new Map(nodes.filter((node) => node !== mute).map((node) => [node, new Set([mute])]));
}

/** `deaf` hears nobody, and everybody hears it. */
export function cannotHear(deaf: NodeId, nodes: readonly NodeId[]): Grudge {
  return new Map([[deaf, new Set(nodes.filter((node) => node !== deaf))]]);
}

/** One link is cut, both ways; whatever third nodes there are see both ends. */
export function oneLink(a: NodeId, b: NodeId): Grudge {
  return new Map([
    [a, new Set([b])],
    [b, new Set([a])],
  ]);
}

/** The flows that a grudge stops, ordered by receiver, then sender, as the grudge lists them. */
export function flowsOf(grudge: Grudge): Flow[] {
  return [...grudge].flatMap(([to, senders]) => [...senders].map((from) => ({ from, to })));
}

/** Who can still talk with whom: for each node those whom it hears and who hear it, itself included. */
export function visibleTo(node: NodeId, grudge: Grudge, nodes: readonly NodeId[]): NodeId[] {
  const snubs = (receiver: NodeId, sender: NodeId): boolean => grudge.get(receiver)?.has(sender) ?? false;
  return nodes.filter((other) => !snubs(node, other) && !snubs(other, node));
}
