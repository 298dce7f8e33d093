import type { ClockSkew } from "../../harness/cluster.ts";

/**
 * What a keeper that runs elsewhere is asked over its standard input, and what it answers over its standard output: one
 * JSON value a line. Integers of 64 bits are texts that end in `n`. At the end of its input it gives every process the
 * machine's clocks back and ends.
 */
export type KeeperRequest = { readonly id: number } & (
  | { readonly ask: "hold"; readonly name: string; readonly skew: ClockSkew; readonly process?: string }
  | { readonly ask: "release"; readonly name: string }
  | { readonly ask: "look"; readonly name: string }
);
export type KeeperAnswer = { readonly id: number } & ({ readonly value: unknown } | { readonly refused: string });

/** By which the keeper's program knows the processes of a node that can be chosen: by name, what the kernel calls them. */
export const programsVariable = "RASHOMON_CLOCK_PROGRAMS";

export function encode(message: KeeperRequest | KeeperAnswer): string {
  return `${JSON.stringify(message, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value))}\n`;
}

export function decode(line: string): unknown {
  return JSON.parse(line, (_, value: unknown) => (typeof value === "string" && /^-?\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value));
}
