import type { ClientScript, SystemDefinition } from "../../../harness/actor.ts";
import { consensus, propose } from "../../../harness/objects/consensus.ts";
import { numberOf, type Settings } from "../../../harness/options.ts";
import { defineSystem, plainActor, type SystemParts } from "../bounds.ts";
import { paxosActor, type PaxosVariant } from "./paxos.ts";

/** Client k proposes k+1 at server k, once. */
function proposals(servers: number, clients: number): ClientScript[] {
  return Array.from({ length: clients }, (_, k) => [{ node: k % servers, call: propose(k + 1) }]);
}

function definition(about: SystemParts["about"], variant: Pick<PaxosVariant, "adopts" | "keepsOwnPromise" | "saves">, defaults: Settings = {}): SystemDefinition {
  return defineSystem({
    about: { ...about, workloads: [] },
    defaults,
    options: [{ name: "retryMs", kind: "integer", unit: "ms", default: 300, min: 1, reason: "well above the two round trips of an undisturbed ballot" }],
    spec: consensus(),
    actor(settings) {
      const retry = numberOf(settings, "retryMs");
      return plainActor(paxosActor({ ...variant, kind: about.name, retryMs: [retry, retry * 3] }));
    },
    scripts: proposals,
  });
}

/** The name leaves `paxos` to the model of the literature, whose state counts are known. */
export const paxosConsensus: SystemDefinition = definition(
  { name: "paxos-consensus", summary: "agreement on one value by Paxos (Lamport), with promises on disk", role: "product" },
  { adopts: true, keepsOwnPromise: true, saves: true },
);

/** Insists on its own value. */
export const paxosNoAdoption: SystemDefinition = definition(
  {
    name: "paxos-no-adoption",
    summary: "paxos-consensus whose proposers ignore what was accepted before",
    role: "twin",
    twinOf: "paxos-consensus",
    bug: "a proposer goes on with its own value although a promise shows that another may be decided",
  },
  { adopts: false, keepsOwnPromise: true, saves: true },
);

/** Binds everybody but itself. */
export const paxosOwnPromise: SystemDefinition = definition(
  {
    name: "paxos-own-promise",
    summary: "paxos-consensus whose proposers do not keep their own promises",
    role: "twin",
    twinOf: "paxos-consensus",
    bug: "a proposer that has promised another a greater ballot still accepts under its own",
  },
  { adopts: true, keepsOwnPromise: false, saves: true },
);

/** Forgets on restart. */
export const paxosAmnesia: SystemDefinition = definition(
  {
    name: "paxos-amnesia",
    summary: "paxos-consensus that does not save what it promised and accepted",
    role: "twin",
    twinOf: "paxos-consensus",
    bug: "a restarted server has forgotten its promise and the value that a majority counted on",
  },
  { adopts: true, keepsOwnPromise: true, saves: false },
  { crashes: 1 },
);
