import type { ClientScript, SystemDefinition } from "../../../harness/actor.ts";
import { read, register } from "../../../harness/objects/register.ts";
import { defineSystem, plainActor, type SystemParts, writeThenRead } from "../bounds.ts";
import { chainActor } from "./chain.ts";

/** Writers as everywhere, and one reader who looks at the head and then at the tail: it must never see time run backwards. */
function writersAndReader(servers: number, clients: number): ClientScript[] {
  const reader = [0, servers - 1].map((node) => ({ node, call: read() }));
  return [...writeThenRead(servers, clients - 1), reader];
}

function definition(about: SystemParts["about"], readsAnywhere: boolean): SystemDefinition {
  return defineSystem({
    about,
    // A repeated request would be a second write; nothing is timed.
    without: ["duplicates", "timers"],
    spec: register(null),
    actor: () => plainActor(chainActor({ kind: about.name, readsAnywhere })),
    scripts: writersAndReader,
  });
}

/** Head, middle, tail. */
export const chain: SystemDefinition = definition(
  { name: "chain", summary: "a register by chain replication (van Renesse and Schneider): writes at the head, reads at the tail", role: "product" },
  false,
);

/** Reads wherever it is asked. */
export const chainReadAnywhere: SystemDefinition = definition(
  {
    name: "chain-read-anywhere",
    summary: "chain whose servers answer reads themselves",
    role: "twin",
    twinOf: "chain",
    bug: "a server before the tail shows a write that later reads at the tail do not see yet",
  },
  true,
);
