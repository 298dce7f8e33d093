import type { ClientScript, LivenessProperty, SystemDefinition, SystemProperty } from "../../../harness/actor.ts";
import type { Json } from "../../../harness/json.ts";
import { acquireAs, ownedMutex, releaseAs } from "../../../harness/objects/locks.ts";
import { numberOf, type Settings } from "../../../harness/options.ts";
import { defineSystem, plainActor, type SystemParts } from "../bounds.ts";
import { isBefore, lamportMutexActor, type LamportMutexState, type LamportMutexVariant } from "./lamport-mutex.ts";

/**
 * Lamport's mutual exclusion (CACM 1978, "Ordering the events totally"). It promises the paper's three conditions: a
 * process that has the resource releases it before another gets it; requests are granted in the order in which they were
 * made (that of their timestamps); if everybody who has the resource releases it, every request is granted. They hold on
 * links that lose nothing and keep order, between processes that do not fail: so nothing else is bounded. Default: two
 * clients, at two of three processes, acquire and release once. `lamport-mutex-no-acknowledgement` leaves out rule 5 (ii)
 * and enters before it has heard of an earlier request; `lamport-mutex-no-tie-break` orders by timestamps alone, and two
 * requests with equal ones are both first; `lamport-mutex-overtaking` is the same code on links that keep no order, where
 * an acknowledgement arrives before the earlier request.
 */
function definition(about: SystemParts["about"], broken: Partial<LamportMutexVariant> = {}, defaults: Settings = {}): SystemDefinition {
  return defineSystem({
    about: { ...about, workloads: [] },
    defaults,
    without: ["losses", "duplicates", "crashes", "partitions", "timers", ...(defaults["order"] === "any" ? [] : ["order"])],
    spec: ownedMutex(),
    actor: () => plainActor(lamportMutexActor({ waitsForAll: true, breaksTies: true, ...broken, kind: about.name })),
    scripts: takeTurns,
    properties,
    liveness: (settings) => Array.from({ length: numberOf(settings, "servers") }, (_, process) => grantedAtLast(process)),
  });
}

/** Client k acquires and releases at process k. */
function takeTurns(servers: number, clients: number): ClientScript[] {
  return Array.from({ length: clients }, (_, k) => [acquireAs(k), releaseAs(k)].map((call) => ({ node: k % servers, call })));
}

function ownRequest(state: Json): LamportMutexState["own"] {
  // A process's state is what this actor made; properties get it as plain JSON, null before it has started.
  return (state as unknown as LamportMutexState | null)?.own ?? null;
}

/** Requests that are open or granted, one per process at most. */
function requests(states: readonly Json[]): { readonly time: number; readonly process: number; readonly granted: boolean }[] {
  return states.flatMap((state, process) => {
    const own = ownRequest(state);
    return own === null ? [] : [{ time: own.time, process, granted: own.granted }];
  });
}

const properties: readonly SystemProperty[] = [
  { name: "mutual exclusion", kind: "always", on: "actors", test: (states) => requests(states).filter(({ granted }) => granted).length <= 1 },
  {
    name: "granted in timestamp order",
    kind: "always",
    on: "actors",
    test: (states) => {
      const all = requests(states);
      return all.every((one) => !one.granted || all.every((other) => other.granted || isBefore(one, other)));
    },
  },
];

function grantedAtLast(process: number): LivenessProperty {
  return {
    name: `n${process + 1} is granted what it requests`,
    kind: "leadsTo",
    fair: true,
    from: ({ servers }) => ownRequest(servers[process]!)?.granted === false,
    to: ({ servers }) => ownRequest(servers[process]!)?.granted === true,
  };
}

/** By timestamps. */
export const lamportMutex: SystemDefinition = definition({ name: "lamport-mutex", summary: "mutual exclusion by logical clocks (Lamport), requests in the order of their timestamps", role: "product" });

/** Enters at once. */
export const lamportMutexNoAcknowledgement: SystemDefinition = definition(
  {
    name: "lamport-mutex-no-acknowledgement",
    summary: "lamport-mutex that does not wait to hear from everybody",
    role: "twin",
    twinOf: "lamport-mutex",
    bug: "a process enters while an earlier request of another is still on its way",
  },
  { waitsForAll: false },
  { servers: 2 },
);

/** Knows no order among equals. */
export const lamportMutexNoTieBreak: SystemDefinition = definition(
  {
    name: "lamport-mutex-no-tie-break",
    summary: "lamport-mutex that orders requests by timestamps alone",
    role: "twin",
    twinOf: "lamport-mutex",
    bug: "two requests with equal timestamps are both the first",
  },
  { breaksTies: false },
);

/** Trusts the wrong network. */
export const lamportMutexOvertaking: SystemDefinition = definition(
  {
    name: "lamport-mutex-overtaking",
    summary: "lamport-mutex on links that keep no order",
    role: "twin",
    twinOf: "lamport-mutex",
    bug: "an acknowledgement overtakes the earlier request that its sender had made",
  },
  {},
  { order: "any" },
);
