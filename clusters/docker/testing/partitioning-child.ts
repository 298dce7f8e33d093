import { writeSync } from "node:fs";
import { join } from "node:path";
import { assert } from "../../../harness/assert.ts";
import { seed } from "../../../harness/ids.ts";
import { openLedger } from "../../../harness/ledger/file-ledger.ts";
import { parseSettings } from "../../../harness/options.ts";
import { Random } from "../../../harness/random.ts";
import { deadlineSignal, sleep } from "../../../harness/time.ts";
import { etcd } from "../../systems/etcd/etcd.ts";

/** A small harness for the tests of heal and sweep: starts etcd, isolates the leader as a nemesis would, says so, and waits to be killed. */
const [, , folder, runId] = process.argv;
assert(folder !== undefined && runId !== undefined, "folder and run are named");
const ledger = openLedger(folder);
const signal = deadlineSignal(240_000);
const cluster = await etcd
  .cluster(parseSettings([], etcd.options, "etcd"), { nodes: 3, runId })
  .start({ signal, ledger, logsFolder: join(folder, "logs"), random: new Random(seed(runId)), progress: (line) => console.error(line) });
const leader = (await cluster.roles!("leader", signal))[0];
assert(leader !== undefined, "there is a leader");
const cut = cluster.net!.cut(cluster.nodes.filter((node) => node !== leader).flatMap((node) => [{ from: leader, to: node }, { from: node, to: leader }]));
ledger.intend({ id: "isolate-1", what: cut.description, kind: "fault", undo: cut.undo });
await cut.apply(signal);
ledger.done("isolate-1", await cut.evidence(signal));
const stop = cluster.processes!.pause(cluster.nodes.find((node) => node !== leader)!);
ledger.intend({ id: "pause-1", what: stop.description, kind: "fault", undo: stop.undo });
await stop.apply(signal);
ledger.done("pause-1", await stop.evidence(signal));
writeSync(1, "broken\n");
for (;;) await sleep(60_000);
