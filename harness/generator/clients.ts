import type { OpGenerator, ThreadSet } from "../generator.ts";
import { any } from "./any.ts";
import { onThreads } from "./on-threads.ts";

/** More client threads than any run has. */
const wordsMax = 4096;
const clientsOnly: ThreadSet = { clients: new Int32Array(wordsMax).fill(-1), nemesis: false, size: wordsMax * 32 };
const nemesisOnly: ThreadSet = { clients: new Int32Array(1), nemesis: true, size: 1 };

/** `inner` on the client threads only. */
export function clients(inner: OpGenerator): OpGenerator {
  return onThreads(clientsOnly, inner);
}

/** `inner` on the nemesis only: its ops are faults and heals. */
export function nemesis(inner: OpGenerator): OpGenerator {
  return onThreads(nemesisOnly, inner);
}

/** Clients and the nemesis beside each other. */
export function beside(generators: { readonly clients: OpGenerator; readonly nemesis: OpGenerator }): OpGenerator {
  return any(clients(generators.clients), nemesis(generators.nemesis));
}
