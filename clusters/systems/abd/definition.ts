import type { Actor, ClientScript, SystemDefinition } from "../../../harness/actor.ts";
import { register, read, write } from "../../../harness/objects/register.ts";
import { numberOf, type OptionSpec, type Settings } from "../../../harness/options.ts";
import { abdActor, type AbdVariant } from "./abd.ts";

/** The bounds of the model; the deployed system ignores them, but a comparison's rounds play these clients. */
const options: readonly OptionSpec[] = [
  { name: "servers", kind: "integer", unit: "replicas", default: 3, min: 1, max: 9, reason: "the smallest number that survives the loss of one" },
  { name: "clients", kind: "integer", unit: "clients in the model", default: 2, min: 1, max: 6, reason: "two suffice for a stale read, and the proof takes seconds" },
  { name: "losses", kind: "integer", unit: "messages lost in the model", default: 0, min: 0, max: 5, reason: "TCP loses only with a connection; a crash shows that" },
  { name: "duplicates", kind: "integer", unit: "messages repeated in the model", default: 0, min: 0, max: 5, reason: "TCP does not repeat; resends do, with timers above 0" },
  { name: "crashes", kind: "integer", unit: "crashes in the model", default: 0, min: 0, max: 3, reason: "each crash multiplies the states" },
  { name: "timers", kind: "integer", unit: "timer firings in the model", default: 0, min: 0, max: 5, reason: "each firing multiplies the states" },
  { name: "order", kind: "choice", choices: ["fifo", "any"], default: "fifo", reason: "FIFO per link, as one TCP connection gives" },
  { name: "statesMax", kind: "integer", unit: "unique states", default: 20_000_000, min: 1, reason: "about 1 GB of tables" },
  { name: "resendMs", kind: "integer", unit: "ms", default: 200, min: 1, reason: "well above a loopback round trip, well below a client's deadline" },
];

/** Client k writes k+1 at replica k, then reads at the next replica: the smallest script in which a stale read shows. */
function writeThenRead(servers: number, clients: number): ClientScript[] {
  return Array.from({ length: clients }, (_, k) => [
    { node: k % servers, call: write(k + 1) },
    { node: (k + 1) % servers, call: read() },
  ]);
}

/** A system definition from a variant of the actor; `overrides` changes defaults of the model's bounds. */
export function abdDefinition(
  about: Pick<SystemDefinition, "name" | "summary" | "role" | "twinOf" | "bug">,
  variant: Omit<AbdVariant, "kind" | "resendMs">,
  overrides: Settings = {},
): SystemDefinition {
  return {
    ...about,
    options: options.map((option) => ({ ...option, default: overrides[option.name] ?? option.default })),
    make(settings) {
      const servers = numberOf(settings, "servers");
      const resend = numberOf(settings, "resendMs");
      const actor = abdActor({ ...variant, kind: about.name, resendMs: [resend, resend * 2] });
      return {
        name: about.name,
        servers,
        // The actor's state, messages and timers are plain JSON; the system knows them only as such.
        actor: () => actor as unknown as Actor,
        spec: register(null),
        model: {
          clients: writeThenRead(servers, numberOf(settings, "clients")),
          network: {
            order: settings["order"] === "any" ? "any" : "fifo",
            losses: numberOf(settings, "losses"),
            duplicates: numberOf(settings, "duplicates"),
            noop: "consume",
          },
          faults: { crashes: numberOf(settings, "crashes"), recoveries: numberOf(settings, "crashes") },
          timerFirings: numberOf(settings, "timers"),
          statesMax: numberOf(settings, "statesMax"),
        },
        properties: [],
      };
    },
  };
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
