import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { actorClient } from "../clusters/local/actor-client.ts";
import type { LocalRunningCluster } from "../clusters/local/local-cluster.ts";
import { ask, type Stage, stage } from "../clusters/local/testing/stage.ts";
import { entryFile } from "../harness/entry.ts";
import { type NodeId, seed } from "../harness/ids.ts";
import { openEntries } from "../harness/ledger/entries.ts";
import { readLedger } from "../harness/ledger/file-ledger.ts";
import { healLedger } from "../harness/ledger/heal.ts";
import { openRuns } from "../harness/ledger/open-runs.ts";
import type { Nemesis } from "../harness/nemesis.ts";
import { isSame, startTicks } from "../harness/process-identity.ts";
import { Random } from "../harness/random.ts";
import { deadlineSignal, until } from "../harness/time.ts";
import { arm } from "./fault.ts";
import type { Healed, Injected } from "./nemesis.ts";
import { makeNemesis } from "./nemesis.ts";
import { faults as everyFault } from "./registry.ts";

/** Who belongs to a local cluster is written in its definition, and its disks are the host's own. */
const faults = everyFault.filter(({ needs }) => !needs.includes("membership") && !needs.includes("power"));

let threads = 1000;

/** A write by a client that gives up soon: what came of it, as far as it knows. */
async function attempt(cluster: LocalRunningCluster, node: NodeId, value: number): Promise<string> {
  const signal = deadlineSignal(1_500);
  try {
    const endpoint = await cluster.endpoint(node, ++threads);
    await using connection = await actorClient().connect({ node, thread: threads, endpoint, signal });
    return (await connection.invoke({ f: "write", value }, signal)).type;
  } catch {
    return "nothing";
  }
}

/** Every fault on real processes behind real proxies: three nodes of the ABD register. */
describe("on a local cluster", () => {
  let on: Stage;
  let cluster: LocalRunningCluster;
  let nemesis: Nemesis;
  beforeAll(async () => {
    on = stage();
    cluster = await on.start();
    nemesis = makeNemesis({ cluster, faults: faults.map((fault) => arm(fault)), ledger: on.ledger, random: new Random(seed(11)) });
  });
  afterAll(async () => {
    await nemesis?.[Symbol.asyncDispose]();
    await cluster?.[Symbol.asyncDispose]();
    await on[Symbol.asyncDispose]();
  });

  it.each(faults.map((fault) => fault.name))("%s takes effect, is seen to, and is healed", async (name) => {
    const signal = deadlineSignal(120_000);

    const injection = await nemesis.invoke({ f: name, value: null }, signal);
    // Traffic on every link; under a fault anything but a wrong answer will do.
    const during = await Promise.all(cluster.nodes.map((node, i) => attempt(cluster, node, i)));
    const heal = await nemesis.invoke({ f: `heal-${name}`, value: null }, signal);

    expect([injection.error, heal.error]).toEqual([undefined, undefined]);
    const [begun, ended] = [injection.value as unknown as Injected, heal.value as unknown as Healed];
    expect(begun.unhealthyBefore).toEqual([]);
    expect(ended.failed).toEqual([]);
    expect(ended.healed[0], `${begun.evidence}; ${ended.healed[0]?.evidence}; ${during.join(" ")}`).toMatchObject({ id: begun.id, effective: true });
    expect(openEntries(readLedger(on.folder).lines).filter((entry) => entry.kind === "fault")).toEqual([]);

    await cluster.converged(signal);
    for (const [i, node] of cluster.nodes.entries()) {
      expect(await ask(cluster, node, ["write", 100 + i])).toMatchObject({ type: "ok" });
      expect(await ask(cluster, node, ["read"])).toMatchObject({ type: "ok" });
    }
  }, 180_000);
});

describe("after a SIGKILL of a run with faults on", () => {
  it.each([
    ["its watchdog", "watchdog"],
    ["heal, the watchdog being dead too,", "heal"],
  ])("%s leaves no process, no folder and nothing open", async (_, healer) => {
    const folder = mkdtempSync(join(tmpdir(), "rashomon-killed-"));
    let run: ChildProcess | undefined;
    try {
      run = spawn(process.execPath, [entryFile(import.meta.url, "./testing/killed-run"), folder, "isolate", "pause", "latency"], { stdio: ["ignore", "pipe", "inherit"] });
      let text = "";
      run.stdout!.setEncoding("utf8").on("data", (more: string) => (text += more));
      await until("the faults", () => text.endsWith("\n") || run?.exitCode !== null, { deadlineMs: 90_000, everyMs: 50 });
      const told = JSON.parse(text) as { watchdog: number; active: string[] };
      expect(told.active).toHaveLength(3);
      const undos = readLedger(folder).lines.flatMap((line) => (line.event === "intent" ? line.undo : []));
      const processes = undos.flatMap((undo) => (undo.undo === "signal" ? [undo] : []));
      expect(processes.length).toBeGreaterThanOrEqual(4);

      if (healer === "heal") process.kill(told.watchdog, "SIGKILL");
      run.kill("SIGKILL");
      await until("both ends", () => startTicks(told.watchdog) === undefined && startTicks(run!.pid!) === undefined, { deadlineMs: 90_000, everyMs: 50 });
      if (healer === "heal") expect((await healLedger(folder)).entries.filter((entry) => !entry.ok)).toEqual([]);

      expect(processes.filter(({ pid, startTicks: ticks }) => isSame(pid, ticks))).toEqual([]);
      for (const undo of undos) if (undo.undo === "remove") expect(existsSync(undo.path)).toBe(false);
      expect(openEntries(readLedger(folder).lines)).toEqual([]);
      expect(openRuns().filter((open) => open.ledger.startsWith(folder))).toEqual([]);
    } finally {
      run?.kill("SIGKILL");
      if (existsSync(join(folder, "faults.jsonl"))) await healLedger(folder);
      rmSync(folder, { recursive: true, force: true });
    }
  }, 180_000);
});
