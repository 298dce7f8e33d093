import type { SystemDefinition } from "../../../harness/actor.ts";
import { register } from "../../../harness/objects/register.ts";
import { defineSystem, plainActor, type SystemParts, writeThenRead } from "../bounds.ts";
import { singleCopyActor } from "./single-copy.ts";

function definition(about: SystemParts["about"], everyServerHolds: boolean): SystemDefinition {
  return defineSystem({
    about,
    defaults: { servers: 2 },
    // A repeated request would write again; nothing is timed.
    without: ["duplicates", "timers"],
    spec: register(null),
    actor: () => plainActor(singleCopyActor({ kind: about.name, everyServerHolds })),
    scripts: writeThenRead,
  });
}

/** The first system to look at. */
export const singleCopy: SystemDefinition = definition(
  { name: "single-copy", summary: "a register with one copy on n1; the other servers pass requests on to it", role: "product" },
  false,
);

/** A copy per server. */
export const singleCopySplit: SystemDefinition = definition(
  {
    name: "single-copy-split",
    summary: "single-copy whose servers each keep a copy of their own",
    role: "twin",
    twinOf: "single-copy",
    bug: "every server answers from its own copy, and nobody tells the others of a write",
  },
  true,
);
