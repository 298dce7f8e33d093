import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DatabaseDefinition } from "../../harness/database.ts";
import type { Disturbance } from "../../harness/disturbance.ts";
import { performUndo } from "../../harness/ledger/undo.ts";
import { parseSettings } from "../../harness/options.ts";
import { deadlineSignal, until } from "../../harness/time.ts";
import { dockerAnswers } from "../docker/engine.ts";
import { galera } from "./galera/galera.ts";
import { nats } from "./nats/nats.ts";
import { patroni } from "./patroni/patroni.ts";
import { postgres } from "./postgres/postgres.ts";
import { rabbitmq } from "./rabbitmq/rabbitmq.ts";
import { redis } from "./redis/redis.ts";
import { tarantool } from "./tarantool/tarantool.ts";
import { type RunningDatabase, runningNodes } from "./testing/single-node.ts";
import { zookeeper } from "./zookeeper/zookeeper.ts";

/** Every database whose members can be changed, but etcd, whose test is beside the Docker cluster; the role is the leaving node's. */
const databases: readonly { readonly definition: DatabaseDefinition; readonly role: string; readonly settings: readonly string[] }[] = [
  { definition: postgres, role: "replica", settings: [] },
  { definition: tarantool, role: "replica", settings: [] },
  { definition: redis, role: "primary", settings: [] },
  { definition: patroni, role: "primary", settings: [] },
  { definition: patroni, role: "replica", settings: ["etcd-api=v2"] },
  { definition: galera, role: "any", settings: [] },
  { definition: rabbitmq, role: "leader", settings: [] },
  { definition: nats, role: "meta-leader", settings: [] },
  { definition: zookeeper, role: "follower", settings: ["reconfig=true"] },
];

const folder = mkdtempSync(join(tmpdir(), "rashomon-members-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!(await dockerAnswers())).each(databases)("what the ledger says of a node that leaves $definition.name ($role, $settings)", ({ definition, role, settings }) => {
  const patience = { deadlineMs: 60_000, everyMs: 100 };
  let database: RunningDatabase;
  beforeAll(async () => {
    database = await runningNodes(definition, { nodes: 3, settings: parseSettings(settings, definition.options, definition.name) });
  });
  afterAll(() => database[Symbol.asyncDispose]());

  async function removal(): Promise<Disturbance> {
    const { cluster } = database;
    let node = role === "any" ? cluster.nodes[1] : undefined;
    if (role !== "any") await until(`a ${role}`, async () => (node = (await cluster.roles!(role, deadlineSignal(20_000)))[0]) !== undefined, patience);
    return cluster.membership!.remove(node!);
  }

  async function heal({ undo }: Disturbance): Promise<void> {
    const { cluster } = database;
    const signal = deadlineSignal(180_000);
    for (const step of undo) expect(await performUndo(step, { runFolder: folder, addresses: new Set(), signal })).toMatchObject({ ok: true });
    await cluster.converged(signal);
    expect(await cluster.membership!.members(signal)).toEqual(cluster.nodes);
  }

  it("lets it join again when the run died after it had left", async () => {
    const leaving = await removal();
    await leaving.apply(deadlineSignal(120_000));

    await heal(leaving);
  });

  it("lets it join again when the run died before it began to leave", async () => {
    await heal(await removal());
  });
});
