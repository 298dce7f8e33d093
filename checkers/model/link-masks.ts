import type { Cut } from "../../harness/cuts.ts";

/** By link (sender × parties + receiver): 1 where it is one of `links`. */
export function maskOf(links: Cut["links"], parties: number): Uint8Array {
  const mask = new Uint8Array(parties * parties);
  for (const { from, to } of links) mask[from * parties + to] = 1;
  return mask;
}

/** The mask of all links from and to a party. */
export function linksOf(party: number, parties: number): Uint8Array {
  const others = Array.from({ length: parties }, (_, other) => other);
  return maskOf(others.flatMap((other) => [{ from: party, to: other }, { from: other, to: party }]), parties);
}
