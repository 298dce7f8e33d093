import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Connection } from "../../../harness/client.ts";
import { nodeId, seed } from "../../../harness/ids.ts";
import { type FileLedger, openLedger } from "../../../harness/ledger/file-ledger.ts";
import type { Outcome } from "../../../harness/op.ts";
import { parseSettings } from "../../../harness/options.ts";
import { Random } from "../../../harness/random.ts";
import { deadlineSignal } from "../../../harness/time.ts";
import { findSystem } from "../../systems/registry.ts";
import { actorClient } from "../actor-client.ts";
import { localCluster, type LocalClusterOptions, type LocalRunningCluster } from "../local-cluster.ts";

/** What a test of the local cluster stands on: a run's folder with a ledger, and what was said while starting. */
export interface Stage extends AsyncDisposable {
  readonly folder: string;
  readonly ledger: FileLedger;
  readonly lines: readonly string[];
  start(options?: Partial<LocalClusterOptions> & { readonly system?: string; readonly set?: readonly string[]; readonly signal?: AbortSignal }): Promise<LocalRunningCluster>;
  /** Pids of all processes that the ledger ever named. */
  pids(): number[];
}

export function stage(): Stage {
  const folder = mkdtempSync(join(tmpdir(), "rashomon-test-"));
  const ledger = openLedger(folder);
  const lines: string[] = [];
  const pids: number[] = [];
  const noting: FileLedger = {
    ...ledger,
    intend(entry) {
      for (const undo of entry.undo) if (undo.undo === "signal") pids.push(undo.pid);
      ledger.intend(entry);
    },
  };
  return {
    folder,
    ledger: noting,
    lines,
    pids: () => pids,
    start({ system = "abd", set = [], signal = patience(), ...options } = {}) {
      const definition = findSystem(system);
      const cluster = localCluster({ definition, settings: parseSettings(set, definition.options, system), ...options });
      return cluster.start({ signal, ledger: noting, logsFolder: join(folder, "logs"), random: new Random(seed(7)), progress: (line) => lines.push(line) });
    },
    [Symbol.asyncDispose]() {
      ledger.end();
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

/** Generous: the machine is loaded. */
export function patience(): AbortSignal {
  return deadlineSignal(45_000);
}

const client = actorClient();
let threads = 0;

/** A connection of a client thread that nobody used before. */
export function connectTo(cluster: LocalRunningCluster, node: string): Promise<Connection> {
  const thread = threads++;
  const id = nodeId(node);
  return cluster.endpoint(id, thread).then((endpoint) => client.connect({ node: id, thread, endpoint, signal: patience() }));
}

/** One call by a client of its own. */
export async function ask(cluster: LocalRunningCluster, node: string, call: readonly [f: "read"] | readonly [f: "write", value: number]): Promise<Outcome> {
  await using connection = await connectTo(cluster, node);
  return await connection.invoke({ f: call[0], value: call[1] ?? null }, patience());
}
