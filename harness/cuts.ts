import type { ActorId } from "./actor.ts";

/**
 * Partitions in a model: which directed links between servers are cut together.
 *
 *     n1 | n2 n3     both directions between the two sides
 *     n1 -> others   nobody hears n1, which hears all
 *     others -> n1   n1 hears nobody, and all hear it
 *
 * A cut is what a proxy's is on a real link (`timeout` 0 of Toxiproxy): what is on its way when it comes is lost, what
 * is sent into it is lost, and when it heals, a new connection begins empty. A message that the receiver already had
 * when the cut came is, in the model, handled before the cut. Clients stay beside their servers.
 */
export interface Cut {
  readonly name: string;
  readonly links: readonly { readonly from: ActorId; readonly to: ActorId }[];
}

/** All splits in two sides, then each server mute, then each deaf; none twice. 2^(servers - 1) - 1 + 2 servers at most. */
export function cutsBetween(servers: number): readonly Cut[] {
  const all = Array.from({ length: servers }, (_, id) => id);
  const cuts: Cut[] = [];
  // A side and its opposite are one split: the side without the last server stands for both.
  for (let side = 1; side < 1 << (servers - 1); side++) {
    const here = all.filter((id) => ((side >> id) & 1) === 1);
    const there = all.filter((id) => ((side >> id) & 1) === 0);
    cuts.push({ name: `${names(here)} | ${names(there)}`, links: [...between(here, there), ...between(there, here)] });
  }
  for (const id of all) cuts.push({ name: `${names([id])} -> others`, links: between([id], all.filter((other) => other !== id)) });
  for (const id of all) cuts.push({ name: `others -> ${names([id])}`, links: between(all.filter((other) => other !== id), [id]) });
  const known = new Set<string>();
  return cuts.filter(({ links }) => {
    const key = links.map(({ from, to }) => `${from}>${to}`).sort().join();
    return links.length > 0 && !known.has(key) && known.add(key).size > 0;
  });
}

function between(senders: readonly ActorId[], receivers: readonly ActorId[]): Cut["links"] {
  return senders.flatMap((from) => receivers.map((to) => ({ from, to })));
}

function names(ids: readonly ActorId[]): string {
  return ids.map((id) => `n${id + 1}`).join(" ");
}
