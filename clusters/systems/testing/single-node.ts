import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunningCluster } from "../../../harness/cluster.ts";
import type { DatabaseDefinition } from "../../../harness/database.ts";
import { seed } from "../../../harness/ids.ts";
import { openLedger } from "../../../harness/ledger/file-ledger.ts";
import { parseSettings, type Settings } from "../../../harness/options.ts";
import { Random } from "../../../harness/random.ts";
import { testRunId } from "../../docker/testing/engine.ts";

/** A database that runs for a test file, with its settings; disposing ends it and removes its files. */
export interface RunningDatabase extends AsyncDisposable {
  readonly cluster: RunningCluster;
  readonly settings: Settings;
}

/** On one node. */
export function singleNode(definition: DatabaseDefinition, settings: Settings = parseSettings([], definition.options, definition.name)): Promise<RunningDatabase> {
  return runningNodes(definition, { nodes: 1, settings });
}

export async function runningNodes(definition: DatabaseDefinition, { nodes, settings }: { readonly nodes: number; readonly settings: Settings }): Promise<RunningDatabase> {
  const runId = testRunId(definition.name);
  const folder = mkdtempSync(join(tmpdir(), "rashomon-single-"));
  const ledger = openLedger(join(folder, runId));
  const cluster = await definition.cluster(settings, { nodes, runId }).start({
    signal: new AbortController().signal,
    ledger,
    logsFolder: join(folder, "logs"),
    random: new Random(seed(definition.name)),
    progress: () => {},
  });
  return {
    cluster,
    settings,
    async [Symbol.asyncDispose]() {
      await cluster[Symbol.asyncDispose]();
      ledger.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
