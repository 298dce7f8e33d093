import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { ClockSkew } from "../../harness/cluster.ts";
import type { Disturbance } from "../../harness/disturbance.ts";
import { seed } from "../../harness/ids.ts";
import { isObject } from "../../harness/json.ts";
import { openLedger } from "../../harness/ledger/file-ledger.ts";
import { parseSettings } from "../../harness/options.ts";
import { Random } from "../../harness/random.ts";
import { deadlineSignal, readClocks, until } from "../../harness/time.ts";
import { findSubject } from "../subject.ts";

const hour = 3_600_000;

export interface SkewedDatabase {
  readonly system: string;
  readonly nodes: number;
  /** Whether it can be asked for the time. */
  readonly tells: boolean;
}

/**
 * One database on one node, its clock an hour ahead: every process of the node has it, and the database says so itself
 * where it can be asked; after a kill the next life has it too; after the heal the database has our time again. The
 * clocks of this machine do not move.
 */
export async function expectSkewedClocks({ system, nodes, tells }: SkewedDatabase): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "rashomon-clocks-"));
  const signal = deadlineSignal(300_000);
  const apart = (): bigint => readClocks().realtime - readClocks().monotonic;
  const apartBefore = apart();
  const subject = findSubject(system);
  const { cluster } = subject.deploy(parseSettings([], subject.options, system), { kind: "docker", nodes, concurrency: 1, runId: `clocks-${system}-${process.pid}`, object: "register" });
  using ledger = openLedger(folder);
  try {
    await using running = await cluster.start({ signal, ledger, logsFolder: join(folder, "logs"), random: new Random(seed(1)), progress: () => {} });
    const [node] = running.nodes;
    const { clocks, processes } = running;
    if (node === undefined || clocks === undefined || processes === undefined) throw new Error(`${system} has a node, clocks and processes`);
    const ahead = clocks.skew(node, { offsetMs: hour, rate: 1, clocks: "realtime" });

    await ahead.apply(signal);
    await expectSeen(ahead, 1);

    await withSkew({ offsetMs: 0, rate: 0.5, clocks: "all" });
    await withSkew({ offsetMs: 0, rate: 1, strobe: { offsetMs: -hour, periodMs: 50 }, clocks: "realtime" });

    const kill = processes.kill(node);
    await kill.apply(signal);
    await kill.revert(signal);
    await expectSeen(ahead, 1);

    await ahead.revert(signal);
    // A skew that changes nothing shows what the database says of the time.
    await withSkew({ offsetMs: 0, rate: 1, clocks: "realtime" }, 0);
    await running.converged(signal);

    async function withSkew(skew: ClockSkew, hours?: number): Promise<void> {
      const disturbance = clocks!.skew(node!, skew);
      await disturbance.apply(signal);
      await expectSeen(disturbance, hours);
      await disturbance.revert(signal);
    }
  } finally {
    ledger.end();
    rmSync(folder, { recursive: true, force: true });
  }
  expect(Math.abs(Number(apart() - apartBefore) / 1e6), "our own clocks moved").toBeLessThan(1_000);

  /** In the end: a loaded machine's database does not always answer in time. `hours`: how far ahead it says that its clock is. */
  async function expectSeen(skew: Disturbance, hours?: number): Promise<void> {
    let last = "";
    const isSeen = async (): Promise<boolean> => {
      const { effective, seen, data = null } = await skew.evidence(signal);
      last = seen;
      const offsets = isObject(data) && isObject(data["offsetsMs"] ?? null) ? Object.values(data["offsetsMs"] as object) : [];
      return effective && (!tells || hours === undefined || (offsets.length > 0 && offsets.every((ms) => Math.abs(Number(ms) / hour - hours) < 0.01)));
    };
    await until(`evidence of ${skew.description}`, isSeen, { deadlineMs: 30_000, everyMs: 200, signal }).catch((cause: unknown) => {
      throw new Error(`${String(cause)}; last seen: ${last}`);
    });
  }
}
