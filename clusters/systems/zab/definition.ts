import type { ClientScript, SystemDefinition } from "../../../harness/actor.ts";
import { casRegister, read, write } from "../../../harness/objects/register.ts";
import { numberOf, type Settings, textOf } from "../../../harness/options.ts";
import { defineSystem, plainActor, type SystemParts } from "../bounds.ts";
import { zabInvariants } from "./invariants.ts";
import { type Writing, zabActor, type ZabBeginning } from "./zab.ts";

/**
 * Zab (Junqueira, Reed and Serafini, DSN 2011): a register with compare-and-set, on ZooKeeper's broadcast. It promises that
 * clients' operations are linearizable (reads are broadcast, too) whatever crashes, is lost or comes late.
 *
 * The default bounds are one client that writes at n1 and reads at n2, two servers that look for a leader, a crash with its
 * recovery, and a beginning in which n1 leads n2 in epoch 1 and n3 has heard of nothing. Two ways in which ZooKeeper 3.8 loses
 * what is committed happen to the twins there: both need a follower that is synchronised in epoch 2 and dies before its disk
 * has what its words said, and an epoch 3 that rests on it.
 */
function definition(about: SystemParts["about"], writing: Writing): SystemDefinition {
  return defineSystem({
    about,
    defaults: { clients: 1, timers: 2, crashes: 1 },
    // A request that is repeated would be another write.
    without: ["duplicates"],
    options: [
      { name: "lookMs", kind: "integer", unit: "ms", default: 1000, min: 1, reason: "far above a round trip, and above a start: n3 hears nobody; each server waits up to twice as long, at random" },
      { name: "beatMs", kind: "integer", unit: "ms", default: 300, min: 1, reason: "three are sent before the shortest wait ends" },
      { name: "begin", kind: "choice", choices: ["empty", "led"], default: "led", reason: "led: n1 leads n2 in epoch 1, without n3; an epoch less" },
    ],
    spec: casRegister(null),
    actor(settings: Settings) {
      const look = numberOf(settings, "lookMs");
      const begin = textOf(settings, "begin") === "led" ? led(numberOf(settings, "servers")) : [];
      return plainActor(zabActor({ kind: about.name, writing, machine: casRegister(null), begin, lookMs: [look, look * 2], beatMs: numberOf(settings, "beatMs") }));
    },
    scripts: writeHereReadThere,
    properties: zabInvariants,
  });
}

/** Client 0 writes at n1 and reads at n2, client 1 a server further, and so on. */
function writeHereReadThere(servers: number, clients: number): ClientScript[] {
  return Array.from({ length: clients }, (_, k) => [
    { node: k % servers, call: write(k + 1) },
    { node: (k + 1) % servers, call: read() },
  ]);
}

/** n1 is established in epoch 1 by n2 (and all but the last of more servers); the last has heard of nothing. */
export function led(servers: number): readonly ZabBeginning[] {
  const followers = Array.from({ length: servers - 2 }, (_, i) => i + 1);
  const held = { promised: 1, epoch: 1, history: [], delivered: 0 };
  const leader: ZabBeginning = { ...held, role: { name: "leading", held: Array.from({ length: servers }, (_, id) => (id === servers - 1 ? -1 : 0)), followers, established: true } };
  return [leader, ...followers.map((): ZabBeginning => ({ ...held, role: { name: "following", leader: 0 } }))];
}

export const zab: SystemDefinition = definition({ name: "zab", summary: "a register with compare-and-set on ZooKeeper's atomic broadcast (Junqueira, Reed and Serafini)", role: "product" }, "first");

/** Believes that it has what it has only heard of. */
export const zabEpochFirst: SystemDefinition = definition(
  {
    name: "zab-epoch-first",
    summary: "zab whose followers have a new epoch on disk before its history (ZOOKEEPER-4643)",
    role: "twin",
    twinOf: "zab",
    bug: "a follower that dies between the two comes back with the latest epoch and without what is committed, and its history counts (ZOOKEEPER-4643)",
  },
  "after-epoch",
);

/** Says that it has what it has only heard of. */
export const zabAckFirst: SystemDefinition = definition(
  {
    name: "zab-ack-first",
    summary: "zab whose followers acknowledge a new leader before its history is on disk (ZOOKEEPER-4646)",
    role: "twin",
    twinOf: "zab",
    bug: "what is committed by the word of a follower that dies before it has written is on no majority's disks (ZOOKEEPER-4646)",
  },
  "after-ack",
);
