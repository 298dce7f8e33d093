import { writeSync } from "node:fs";
import { assert } from "../../../harness/assert.ts";
import { nodeId, seed } from "../../../harness/ids.ts";
import { openLedger } from "../../../harness/ledger/file-ledger.ts";
import { parseSettings } from "../../../harness/options.ts";
import { Random } from "../../../harness/random.ts";
import { deadlineSignal, monotonicMs, sleep } from "../../../harness/time.ts";
import { findSystem } from "../../systems/registry.ts";
import { actorClient } from "../actor-client.ts";
import { localCluster } from "../local-cluster.ts";

/**
 * A small harness to be killed: starts a cluster in the folder that it is told, pauses n3 when told to, keeps its
 * nodes busy, says that it is ready, and goes on until SIGKILL.
 */
const [folder, paused] = process.argv.slice(2);
assert(folder !== undefined, "the run's folder is named");
const ledger = openLedger(folder);
const definition = findSystem("abd");
const cluster = await localCluster({ definition, settings: parseSettings([], definition.options, "abd") }).start({
  signal: deadlineSignal(60_000),
  ledger,
  logsFolder: `${folder}/logs`,
  random: new Random(seed(1)),
  progress: () => undefined,
});
await cluster.converged(deadlineSignal(60_000));
const client = actorClient();
for (let thread = 0; thread < 8; thread++) {
  const node = nodeId(`n${(thread % 2) + 1}`);
  const connection = await client.connect({ node, thread, endpoint: await cluster.endpoint(node, thread), signal: deadlineSignal(60_000) });
  void (async () => {
    for (let i = 0; ; i++) await connection.invoke({ f: "write", value: i }, deadlineSignal(10_000));
  })();
}
if (paused === "paused") {
  const pause = cluster.processes.pause(nodeId("n3"));
  ledger.intend({ id: ledger.freshId("pause"), what: pause.description, kind: "fault", undo: pause.undo });
  await pause.apply(deadlineSignal(60_000));
}
await sleep(500);
writeSync(1, `ready ${monotonicMs()}\n`);
for (;;) await sleep(60_000);
