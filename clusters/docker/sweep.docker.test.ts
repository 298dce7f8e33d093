import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { entryFile } from "../../harness/entry.ts";
import { healLedger } from "../../harness/ledger/heal.ts";
import { within } from "../../harness/time.ts";
import { doctor } from "./doctor.ts";
import type { Engine } from "./engine.ts";
import { runLabels } from "./labels.ts";
import { labelledObjects, sweepDocker } from "./sweep.ts";
import { engineFor, expectNothingLeft, testRunId } from "./testing/engine.ts";

const folder = mkdtempSync(join(tmpdir(), "rashomon-docker-"));
expectNothingLeft();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A harness in a process of its own, in the middle of a partition, killed. */
async function killedInThePartition(runId: string): Promise<void> {
  const child: ChildProcess = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", entryFile(import.meta.url, "./testing/partitioning-child"), join(folder, runId), runId], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (said += text));
  const exited = once(child, "exit");
  await within(240_000, "the child's partition", Promise.race([once(child.stdout!, "data"), exited.then(() => Promise.reject(new Error(`the child ended: ${said}`)))]));
  child.kill("SIGKILL");
  await exited;
}

async function running(engine: Engine, runId: string): Promise<number> {
  return (await labelledObjects(engine, runId)).length;
}

describe("after a SIGKILL of the harness in the middle of a partition", () => {
  it("heal undoes it by the ledger: nothing labelled is left, and a second heal does nothing", async (context) => {
    const engine = await engineFor(context);
    const runId = testRunId("heal");
    await killedInThePartition(runId);
    expect(await running(engine, runId)).toBe(7);

    const report = await healLedger(join(folder, runId));

    expect(report.entries.filter((entry) => !entry.ok)).toEqual([]);
    expect(report.entries.map((entry) => entry.what.split(" ")[0])).toEqual(["pause", "cut", "container", "container", "container", "container", "container", "container", "network"]);
    expect(await labelledObjects(engine, runId)).toEqual([]);
    expect((await healLedger(join(folder, runId))).entries).toEqual([]);
  });

  it("sweep removes it by label alone, and then there is nothing left for heal to fail on", async (context) => {
    const engine = await engineFor(context);
    const runId = testRunId("sweep");
    await killedInThePartition(runId);

    const report = await sweepDocker({ engine });

    expect(report.failed).toEqual([]);
    expect(report.removed.filter((what) => what.includes(runId))).toHaveLength(7);
    expect(await labelledObjects(engine, runId)).toEqual([]);
    expect((await healLedger(join(folder, runId))).entries.every((entry) => entry.ok)).toBe(true);
  });
});

describe("a sweep", () => {
  it("spares what a living process owns, and takes it when the run is named", async (context) => {
    const engine = await engineFor(context);
    const runId = testRunId("spare");
    await engine.api.createVolume({ Name: `rashomon-${runId}`, Labels: runLabels(runId) });

    expect((await sweepDocker({ engine })).spared).toContain(`volume rashomon-${runId}`);
    expect((await sweepDocker({ engine, runId })).removed).toEqual([`volume rashomon-${runId}`]);
    expect(await labelledObjects(engine, runId)).toEqual([]);
  });
});

describe("the doctor", () => {
  it("finds nothing missing on a machine where these tests run, and leaves nothing behind", async (context) => {
    const engine = await engineFor(context);

    const findings = await doctor();

    expect(findings.filter((finding) => !finding.ok)).toEqual([]);
    expect(findings.map((finding) => finding.name)).toEqual(expect.arrayContaining(["Node", "Docker engine", "base image", "Toxiproxy", "NET_ADMIN and iptables", "tc netem"]));
    expect((await labelledObjects(engine)).filter((what) => what.includes("doctor"))).toEqual([]);
  });
});
