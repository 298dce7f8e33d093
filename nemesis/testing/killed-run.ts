import { writeSync } from "node:fs";
import { join } from "node:path";
import { localCluster } from "../../clusters/local/local-cluster.ts";
import { findSystem } from "../../clusters/systems/registry.ts";
import { assert } from "../../harness/assert.ts";
import { seed } from "../../harness/ids.ts";
import { openLedger } from "../../harness/ledger/file-ledger.ts";
import { startWatchdog } from "../../harness/ledger/watchdog.ts";
import { parseSettings } from "../../harness/options.ts";
import { Random } from "../../harness/random.ts";
import { deadlineSignal, sleep } from "../../harness/time.ts";
import { arm } from "../fault.ts";
import { makeNemesis } from "../nemesis.ts";
import { faultNamed } from "../registry.ts";

/** A run that puts the faults named on its command line on a real local cluster, all at once, and waits to be killed: `killed-run FOLDER FAULT…` */
const [folder, ...names] = process.argv.slice(2);
assert(folder !== undefined, "the folder of the run is named");
const ledger = openLedger(folder);
const watchdog = await startWatchdog(ledger);
const definition = findSystem("abd");
const signal = deadlineSignal(60_000);
const random = new Random(seed(3));
const cluster = await localCluster({ definition, settings: parseSettings([], definition.options, "abd") }).start({
  signal,
  ledger,
  logsFolder: join(folder, "logs"),
  random: random.fork("cluster"),
  progress: () => undefined,
});
const nemesis = makeNemesis({ cluster, faults: names.map((name) => arm(faultNamed(name))), ledger, random: random.fork("nemesis") });
for (const name of names) {
  const { error } = await nemesis.invoke({ f: name, value: null }, signal);
  assert(error === undefined, `${name} was injected: ${JSON.stringify(error)}`);
}
writeSync(1, JSON.stringify({ watchdog: watchdog.pid, active: nemesis.active() }) + "\n");
for (;;) await sleep(60_000);
