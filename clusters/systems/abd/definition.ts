import type { SystemDefinition } from "../../../harness/actor.ts";
import { register } from "../../../harness/objects/register.ts";
import { numberOf, type OptionSpec, type Settings } from "../../../harness/options.ts";
import { defineSystem, plainActor, writeThenRead } from "../bounds.ts";
import { abdActor, type AbdVariant } from "./abd.ts";

const resend: OptionSpec = {
  name: "resendMs",
  kind: "integer",
  unit: "ms",
  default: 200,
  min: 1,
  reason: "well above a loopback round trip, well below a client's deadline",
};

/** A system definition from a variant of the actor; `defaults` changes those of the model's bounds. */
export function abdDefinition(
  about: Pick<SystemDefinition, "name" | "summary" | "role" | "twinOf" | "bug">,
  variant: Omit<AbdVariant, "kind" | "resendMs">,
  defaults: Settings = {},
): SystemDefinition {
  return defineSystem({
    about,
    defaults,
    options: [resend],
    spec: register(null),
    actor: (settings) => plainActor(abdActor({ ...variant, kind: about.name, resendMs: [numberOf(settings, "resendMs"), 2 * numberOf(settings, "resendMs")] })),
    scripts: writeThenRead,
  });
}

/** The product system: keeps its promise. */
export const abd: SystemDefinition = abdDefinition(
  { name: "abd", summary: "replicated register by majority quorums (Attiya, Bar-Noy and Dolev), many writers", role: "product" },
  { readsLocally: false, saves: true },
);

/** Answers reads from the local replica. */
export const abdFastRead: SystemDefinition = abdDefinition(
  {
    name: "abd-fast-read",
    summary: "abd whose reads skip the quorum",
    role: "twin",
    twinOf: "abd",
    bug: "a read is answered from the local replica, which may have missed the newest write",
  },
  { readsLocally: true, saves: true },
);

/** Forgets on restart. */
export const abdAmnesia: SystemDefinition = abdDefinition(
  {
    name: "abd-amnesia",
    summary: "abd that does not save before it answers",
    role: "twin",
    twinOf: "abd",
    bug: "a restarted replica has forgotten what a quorum counted on",
  },
  { readsLocally: false, saves: false },
  { crashes: 1 },
);
