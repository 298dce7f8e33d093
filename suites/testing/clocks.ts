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

/**
 * One database on one node, its clock an hour ahead: every process of the node has it, and the database says so itself
 * where it can be asked; after a kill the next life has it too; after the heal the database has our time again. The
 * clocks of this machine do not move.
 */
export async function expectSkewedClocks({ system, nodes }: { readonly system: string; readonly nodes: number }): Promise<void> {
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
    const first = await seen(ahead);
    expect(first, first.text).toMatchObject({ effective: true });
    for (const offset of first.hours) expect(offset, first.text).toBe(1);

    await withSkew(clocks.skew(node, { offsetMs: 0, rate: 0.5, clocks: "all" }), { effective: true });
    await withSkew(clocks.skew(node, { offsetMs: 0, rate: 1, strobe: { offsetMs: -hour, periodMs: 50 }, clocks: "realtime" }), { effective: true });

    const kill = processes.kill(node);
    await kill.apply(signal);
    await kill.revert(signal);
    await until(`the skew in the next life of ${system}`, async () => (await seen(ahead)).effective, { deadlineMs: 30_000, everyMs: 200, signal });

    await ahead.revert(signal);
    // A skew that changes nothing shows what the database says of the time.
    const none: ClockSkew = { offsetMs: 0, rate: 1, clocks: "realtime" };
    await withSkew(clocks.skew(node, none), { effective: true, hours: first.hours.map(() => 0) });
    await running.converged(signal);

    async function withSkew(skew: Disturbance, expected: object): Promise<void> {
      await skew.apply(signal);
      const now = await seen(skew);
      expect(now, now.text).toMatchObject(expected);
      await skew.revert(signal);
    }
  } finally {
    ledger.end();
    rmSync(folder, { recursive: true, force: true });
  }
  expect(Math.abs(Number(apart() - apartBefore) / 1e6), "our own clocks moved").toBeLessThan(1_000);

  /** `hours`: how far ahead the database says its clock is, where it says so. */
  async function seen(skew: Disturbance): Promise<{ effective: boolean; text: string; hours: readonly number[] }> {
    const { effective, seen: text, data } = await skew.evidence(signal);
    const offsets = isObject(data ?? null) ? (data as { offsetsMs: { [family: string]: number } }).offsetsMs : {};
    return { effective, text, hours: Object.values(offsets).map((ms) => Math.round(ms / hour) + 0) };
  }
}
