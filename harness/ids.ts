declare const brand: unique symbol;
type Brand<T, B extends string> = T & { readonly [brand]: B };

/** A node's name within its cluster: `n1`, `n2`, … */
export type NodeId = Brand<string, "NodeId">;
/** A run's seed: any text of letters, digits and dashes; numbers are taken as their decimal text. */
export type Seed = Brand<string, "Seed">;
/** A client thread's logical process: 0, 1, …; the nemesis is `NEMESIS`. */
export type ProcessId = Brand<number, "ProcessId">;

export function nodeId(name: string): NodeId {
  return name as NodeId;
}

export function seed(text: string | number): Seed {
  return String(text) as Seed;
}

export function processId(process: number): ProcessId {
  return process as ProcessId;
}

/** The process of every op that the nemesis writes. */
export const NEMESIS: ProcessId = processId(-1);

/** `n1` … `nK`. */
export function nodeNames(count: number): NodeId[] {
  return Array.from({ length: count }, (_, i) => nodeId(`n${i + 1}`));
}
