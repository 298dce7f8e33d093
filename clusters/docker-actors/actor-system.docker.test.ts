import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import type { RunningCluster } from "../../harness/cluster.ts";
import { type NodeId, seed } from "../../harness/ids.ts";
import { openLedger } from "../../harness/ledger/file-ledger.ts";
import { read, write } from "../../harness/objects/register.ts";
import { parseSettings } from "../../harness/options.ts";
import { freshSeed, Random } from "../../harness/random.ts";
import { deadlineSignal } from "../../harness/time.ts";
import type { Call, Outcome } from "../../harness/op.ts";
import { engineFor, expectNothingLeft, testRunId } from "../docker/testing/engine.ts";
import { actorClient } from "../local/actor-client.ts";
import { readDiaries } from "../local/diaries.ts";
import { expectMutantsRejected } from "../local/testing/expect-mutants.ts";
import { validateTrace } from "../local/validation.ts";
import { abd } from "../systems/abd/definition.ts";
import { dockerActors } from "./actor-system.ts";

const folder = mkdtempSync(join(tmpdir(), "rashomon-docker-actors-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
expectNothingLeft();

it("the same actors run in containers: cut off, killed and started again they keep what was written, and their traces are the definition's", { timeout: 240_000 }, async (context) => {
  await engineFor(context);
  const settings = parseSettings([], abd.options, abd.name);
  const runId = testRunId("actors");
  const ledger = openLedger(join(folder, runId));
  const logsFolder = join(folder, runId, "logs");
  const patience = (): AbortSignal => deadlineSignal(60_000);
  {
    await using cluster = await dockerActors({ definition: abd, settings, nodes: 3, runId, clientLinks: 2 }).start({ signal: patience(), ledger, logsFolder, random: new Random(seed(1)), progress: () => undefined });
    const [n1, n2, n3] = cluster.nodes as [NodeId, NodeId, NodeId];

    expect(await ask(cluster, n1, write(1))).toMatchObject({ type: "ok" });
    const cut = cluster.net!.cut([{ from: n1, to: n3 }, { from: n3, to: n1 }, { from: n2, to: n3 }, { from: n3, to: n2 }]);
    await cut.apply(patience());
    expect(await ask(cluster, n2, write(2))).toMatchObject({ type: "ok" });
    expect(await ask(cluster, n3, read(), 1_500)).toMatchObject({ type: "info" });
    await cut.revert(patience());
    const kills = [n1, n2, n3].map((node) => cluster.processes!.kill(node));
    for (const kill of kills) await kill.apply(patience());
    for (const kill of kills) expect(await kill.evidence(patience())).toMatchObject({ effective: true });
    await Promise.all(kills.map((kill) => kill.revert(patience())));
    await cluster.converged(patience());
    expect(await ask(cluster, n3, read())).toMatchObject({ type: "ok", value: 2 });
  }

  const trace = { diaries: readDiaries(logsFolder, 3), systemOf: () => abd.make(settings) };
  expect(trace.diaries.map(({ lines }) => lines.at(-1)?.epoch)).toEqual([1, 1, 1]);
  expect(validateTrace(trace)).toMatchObject({ verdict: "valid" });
  expectMutantsRejected(trace, { each: 3, seed: freshSeed() });
  expect(ledger.open()).toEqual([]);
  ledger.end();
});

const client = actorClient();
let threads = 0;

/** One call by a client of its own. */
async function ask(cluster: RunningCluster, node: NodeId, call: Call, deadlineMs = 20_000): Promise<Outcome> {
  const thread = threads++;
  await using connection = await client.connect({ node, thread, endpoint: await cluster.endpoint(node, thread), signal: deadlineSignal(20_000) });
  return await connection.invoke(call, deadlineSignal(deadlineMs));
}

it("each client's link to a container has a proxy of its own, and the threads beyond those share them", { timeout: 240_000 }, async (context) => {
  await engineFor(context);
  const runId = testRunId("client-links");
  const ledger = openLedger(join(folder, runId));
  const signal = deadlineSignal(60_000);
  await using cluster = await dockerActors({ definition: abd, settings: parseSettings(["servers=1"], abd.options, abd.name), nodes: 1, runId, clientLinks: 2 }).start({
    signal,
    ledger,
    logsFolder: join(folder, runId, "logs"),
    random: new Random(seed(1)),
    progress: () => undefined,
  });
  const [n1] = cluster.nodes as [NodeId];

  const ports: number[] = [];
  for (const thread of [4, 7, 9, 7]) ports.push((await cluster.endpoint(n1, thread)).port);

  expect(new Set(ports).size).toBe(2);
  expect([ports[2], ports[3]]).toEqual([ports[0], ports[1]]);
  const cut = cluster.net!.cut([{ from: "clients", to: n1 }]);
  await cut.apply(signal);
  for (const thread of [4, 7]) await expect(client.connect({ node: n1, thread, endpoint: await cluster.endpoint(n1, thread), signal: deadlineSignal(1_000) })).rejects.toMatchObject({ code: "CLIENT_FAILED" });
  await cut.revert(signal);
  expect(await ask(cluster, n1, read())).toMatchObject({ type: "ok" });
});
