import { runSimulated } from "../clusters/simulated/run-simulated.ts";
import { SimulatedCluster } from "../clusters/simulated/simulated-cluster.ts";
import { assert } from "../harness/assert.ts";
import { openHistoryFile } from "../harness/history-file.ts";
import { openLedger } from "../harness/ledger/file-ledger.ts";
import { Random } from "../harness/random.ts";
import { checkCapabilities } from "../nemesis/fault.ts";
import { makeNemesis } from "../nemesis/nemesis.ts";
import type { RunFolder } from "../results/store.ts";
import { openLoad } from "../workloads/workload.ts";
import type { DeployHooks, Ran } from "./deploy.ts";
import { scheduleOf } from "./fault-plan.ts";
import type { Scenario } from "./scenario.ts";
import type { RunRecord } from "../results/records.ts";
import { watched, watchHere } from "./watch-run.ts";

/** The same run in virtual time: same actors, workload, nemesis and judge; exact from its seed, and nothing that could be left behind. */
export async function deploySimulated(scenario: Scenario, folder: RunFolder, hooks: DeployHooks & { readonly record: RunRecord }): Promise<Ran> {
  const definition = scenario.subject.model;
  assert(definition !== undefined, `${scenario.subject.name} is written as actors`);
  const random = new Random(scenario.seed);
  const cluster = new SimulatedCluster({ system: definition.make({ ...scenario.settings, servers: scenario.nodes }), random: random.fork("cluster") });
  checkCapabilities(scenario.faults, cluster);
  const plan = scenario.workload.make(scenario.workloadSettings);
  const ledger = openLedger(folder.path, { clock: () => cluster.nowNs });
  try {
    await using file = await openHistoryFile(folder.paths.history);
    await using nemesis = makeNemesis({ cluster, faults: scenario.faults, ledger, random: random.fork("nemesis") });
    using watch = scenario.stopAtFirstViolation ? watchHere(scenario.workload, scenario.workloadSettings) : undefined;
    const result = await runSimulated({
      cluster,
      concurrency: scenario.concurrency,
      generator: openLoad(plan, { ratePerSecond: scenario.rate }),
      finalGenerator: plan.finalGenerator,
      ...(scenario.faults.length === 0 ? {} : { faults: { nemesis, generator: scheduleOf(scenario, random) } }),
      timeLimitMs: scenario.timeLimitMs,
      limits: { operationMs: scenario.operationMs },
      random: random.fork("workload"),
      file,
      ...watched(watch, hooks.signal),
      onProgress: (progress) => hooks.live.update(progress),
    });
    return { result: { ...result, interrupted: hooks.signal.aborted }, record: hooks.record, problems: result.problems, stopped: watch?.stopped };
  } finally {
    ledger.end();
  }
}
