import type { Actor, ClientScript, LivenessProperty, ModelBounds, System, SystemDefinition, SystemProperty } from "../../harness/actor.ts";
import { HarnessError } from "../../harness/errors.ts";
import { read, write } from "../../harness/objects/register.ts";
import { numberOf, type OptionSpec, type Settings } from "../../harness/options.ts";
import type { Json } from "../../harness/json.ts";
import type { Call } from "../../harness/op.ts";
import type { SequentialSpec } from "../../harness/spec.ts";

/**
 * What the definitions of systems have in common: the options that bound their models, with each system's own defaults,
 * and the way from settings to a `System`. The deployed system ignores the bounds; a comparison's rounds play the clients.
 */
export interface SystemParts {
  readonly about: Pick<SystemDefinition, "name" | "summary" | "role" | "twinOf" | "bug" | "workloads">;
  /** Defaults that differ from the common ones. */
  readonly defaults?: Settings;
  /** Options of this system beside the bounds. */
  readonly options?: readonly OptionSpec[];
  /** Bounds that this system does not have: its promise does not cover them. */
  readonly without?: readonly string[];
  readonly spec: SequentialSpec;
  /** Every server's code. */
  actor(settings: Settings): Actor;
  scripts(servers: number, clients: number, settings: Settings): readonly ClientScript[];
  readonly properties?: readonly SystemProperty[];
  /** Timers' durations matter, on clocks that drift so far. */
  clocks?(settings: Settings): NonNullable<ModelBounds["clocks"]>;
  /** What must come to pass in the end, with these settings. */
  liveness?(settings: Settings): readonly LivenessProperty[];
}

const common: readonly OptionSpec[] = [
  { name: "servers", kind: "integer", unit: "servers", default: 3, min: 1, max: 9, reason: "the smallest number in which some are neither first nor last" },
  { name: "clients", kind: "integer", unit: "clients in the model", default: 2, min: 1, max: 6, reason: "two suffice for a stale read, and the proof takes seconds" },
  { name: "losses", kind: "integer", unit: "messages lost in the model", default: 0, min: 0, max: 5, reason: "TCP loses only with a connection; a crash shows that" },
  { name: "duplicates", kind: "integer", unit: "messages repeated in the model", default: 0, min: 0, max: 5, reason: "TCP does not repeat" },
  { name: "crashes", kind: "integer", unit: "crashes in the model", default: 0, min: 0, max: 3, reason: "each crash multiplies the states" },
  { name: "lostWrites", kind: "integer", unit: "writes that disks lose in crashes of the model", default: 0, min: 0, max: 3, reason: "an honest disk loses nothing that anybody was told of" },
  { name: "disk", kind: "choice", choices: ["lies", "syncs"], default: "lies", reason: "with lostWrites: only a disk that lies about a sync shows anything new" },
  { name: "partitions", kind: "integer", unit: "partitions in the model", default: 0, min: 0, max: 3, reason: "every way to cut multiplies the states" },
  { name: "timers", kind: "integer", unit: "timer firings in the model", default: 0, min: 0, max: 5, reason: "each firing multiplies the states" },
  { name: "order", kind: "choice", choices: ["fifo", "any"], default: "fifo", reason: "FIFO per link, as one TCP connection gives" },
  { name: "statesMax", kind: "integer", unit: "unique states", default: 20_000_000, min: 1, reason: "about 1 GB of tables" },
];

/** How often replicas that answer alone tell their states. */
export const gossipOption: OptionSpec = { name: "gossipMs", kind: "integer", unit: "ms", default: 200, min: 1, reason: "seldom beside the additions, often beside a human" };

/** The definition of a system from its parts. */
export function defineSystem(parts: SystemParts): SystemDefinition {
  const missing = parts.without ?? [];
  const options = [...common.filter((option) => !missing.includes(option.name)), ...(parts.options ?? [])];
  return {
    ...parts.about,
    options: options.map((option) => ({ ...option, default: parts.defaults?.[option.name] ?? option.default })),
    make(settings): System {
      const servers = numberOf(settings, "servers");
      const actor = parts.actor(settings);
      return {
        name: parts.about.name,
        servers,
        actor: () => actor,
        spec: parts.spec,
        model: { ...boundsOf(settings, parts.scripts(servers, numberOf(settings, "clients"), settings)), ...(parts.clocks === undefined ? {} : { clocks: parts.clocks(settings) }) },
        properties: parts.properties ?? [],
        ...(parts.liveness === undefined ? {} : { liveness: parts.liveness(settings) }),
      };
    },
  };
}

function boundsOf(settings: Settings, clients: readonly ClientScript[]): ModelBounds {
  const budget = (name: string): number => (settings[name] === undefined ? 0 : numberOf(settings, name));
  return {
    clients,
    network: { order: settings["order"] === "any" ? "any" : "fifo", losses: budget("losses"), duplicates: budget("duplicates"), noop: "consume" },
    faults: { crashes: budget("crashes"), recoveries: budget("crashes"), partitions: budget("partitions"), lostWrites: budget("lostWrites"), disk: settings["disk"] === "syncs" ? "syncs" : "lies" },
    timerFirings: budget("timers"),
    statesMax: numberOf(settings, "statesMax"),
  };
}

/** An actor whose state, messages and timers are plain JSON, as a system knows it. */
export function plainActor<State extends Json, Message extends Json, Timer extends Json, Choice extends Json, Durable extends Json>(
  actor: Actor<State, Message, Timer, Choice, Durable>,
): Actor {
  // The registry holds actors of all shapes side by side; only an actor itself ever makes or reads its states and messages.
  return actor as unknown as Actor;
}

/** Client k writes k+1 at server k, then reads at the next server: the smallest script in which a stale read shows. */
export function writeThenRead(servers: number, clients: number): ClientScript[] {
  return Array.from({ length: clients }, (_, k) => [
    { node: k % servers, call: write(k + 1) },
    { node: (k + 1) % servers, call: read() },
  ]);
}

/** The value that a call of a register writes, or null for a read. */
export function registerWrite(call: Call): { readonly value: Json } | null {
  if (call.f === "write") return { value: call.value };
  if (call.f === "read") return null;
  throw unknownCall(call, "read, write");
}

/** The error for a call that an actor does not answer. */
export function unknownCall(call: Call, known: string): HarnessError {
  return new HarnessError("CLIENT_FAILED", `the system has no function ${JSON.stringify(call.f)} (it has ${known})`, {
    nextStep: "use a workload that asks for these functions only (the register workload: without cas)",
  });
}
