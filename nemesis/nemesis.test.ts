import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { seed } from "../harness/ids.ts";
import type { Json } from "../harness/json.ts";
import { openEntries } from "../harness/ledger/entries.ts";
import { type FileLedger, openLedger, readLedger } from "../harness/ledger/file-ledger.ts";
import type { Nemesis } from "../harness/nemesis.ts";
import { Random } from "../harness/random.ts";
import { nextTurn } from "../harness/time.ts";
import { arm } from "./fault.ts";
import { makeNemesis, type NemesisEvent } from "./nemesis.ts";
import { faultNamed } from "./registry.ts";
import { type MemoryCluster, memoryCluster } from "./testing/memory-cluster.ts";

let folder: string;
let ledger: FileLedger;
let cluster: MemoryCluster;
const events: NemesisEvent[] = [];
const signal = new AbortController().signal;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rashomon-nemesis-"));
  ledger = openLedger(folder, { clock: () => 0 });
  cluster = memoryCluster(3);
  events.length = 0;
});
afterEach(() => {
  for (const entry of ledger.open()) ledger.healed(entry.id);
  ledger.end();
  rmSync(folder, { recursive: true });
});

function nemesisWith(...faults: string[]): Nemesis {
  return makeNemesis({ cluster, faults: faults.map((name) => arm(faultNamed(name))), ledger, random: new Random(seed("7")), onEvent: (event) => events.push(event) });
}
const call = (f: string, value: Json = null): { f: string; value: Json } => ({ f, value });
const onDisk = (): string[] => readLedger(folder).lines.flatMap((line) => (line.event === "owner" ? [] : [`${line.event} ${line.id}`]));

describe("an injection", () => {
  it("is on disk with its undo before it has any effect, and its evidence is recorded", async () => {
    const nemesis = nemesisWith("pause");
    const before: string[][] = [];
    cluster.watch = () => before.push(onDisk());

    const { value, error } = await nemesis.invoke(call("pause", { target: "n2" }), signal);

    expect(before[0]).toEqual(["intent pause-1"]);
    expect(error).toBeUndefined();
    expect(value).toEqual({ id: "pause-1", fault: "pause", what: "pause n2", targets: ["n2"], unhealthyBefore: [], effective: true, evidence: "pause n2 is on" });
    expect(cluster.calls).toEqual(["apply pause n2", "evidence pause n2"]);
    expect(nemesis.active()).toEqual(["pause n2"]);
    expect(readLedger(folder).lines.slice(1)).toEqual([
      { event: "intent", id: "pause-1", what: "pause n2", kind: "fault", undo: [{ undo: "argv", argv: ["true", "pause n2"] }], timeNs: 0 },
      { event: "done", id: "pause-1", evidence: { effective: true, seen: "pause n2 is on" }, timeNs: 0 },
    ]);
    expect(events.map((event) => event.kind)).toEqual(["injecting", "injected"]);
  });

  it("hits the same targets for the same seed, whatever happened in between", async () => {
    const one = nemesisWith("pause", "isolate");
    const values: Json[] = [];
    for (const f of ["pause", "heal-pause", "isolate", "heal-isolate", "pause", "heal-pause"]) values.push((await one.invoke(call(f), signal)).value);
    const two = nemesisWith("pause");
    const again: Json[] = [];
    for (const f of ["pause", "heal-pause", "pause", "heal-pause"]) again.push((await two.invoke(call(f), signal)).value);

    const targets = (list: Json[], f: string): string[] => list.flatMap((value) => (JSON.stringify(value).includes(`"fault":"${f}"`) ? [JSON.stringify(value).replace(/"id":"[^"]*"/, "")] : []));
    expect(targets(again, "pause")).toEqual(targets(values, "pause"));
  });

  it("without effect is said to have none", async () => {
    cluster.blunt.add("pause n2");

    const { value } = await nemesisWith("pause").invoke(call("pause", { target: "n2" }), signal);

    expect(value).toMatchObject({ effective: false, evidence: "pause n2 is off" });
  });

  it("whose evidence cannot be had was not seen", async () => {
    cluster.failing.add("evidence pause n2");

    const { value } = await nemesisWith("pause").invoke(call("pause", { target: "n2" }), signal);

    expect(value).toMatchObject({ effective: false, evidence: "no evidence of pause n2: no evidence pause n2 today" });
  });

  it("that fails half way is taken back, and the failure is recorded, not thrown", async () => {
    cluster.failing.add("apply pause n3");

    const { value, error } = await nemesisWith("pause").invoke(call("pause", { target: "all" }), signal);

    expect(error).toBe("pause n1, n2, n3 could not be injected\n  because: no apply pause n3 today\n  next: see the nodes' logs");
    expect(value).toMatchObject({ id: "pause-1", effective: false, takenBack: true });
    expect(cluster.on).toEqual([]);
    expect(onDisk()).toEqual(["intent pause-1", "healed pause-1"]);
    expect(cluster.calls.slice(-3)).toEqual(["revert pause n3", "revert pause n2", "revert pause n1"]);
  });

  it("ends with the run's signal, and is taken back", async () => {
    cluster.hanging.add("apply pause n2");
    const abort = new AbortController();
    const nemesis = nemesisWith("pause");

    const pending = nemesis.invoke(call("pause", { target: "n2" }), abort.signal);
    while (!cluster.calls.includes("apply pause n2")) await nextTurn();
    abort.abort(new Error("Ctrl-C"));

    expect((await pending).error).toContain("Ctrl-C");
    expect(cluster.on).toEqual([]);
    expect(nemesis.active()).toEqual([]);
  });

  it("of a fault that is still on is refused", async () => {
    const nemesis = nemesisWith("pause");
    await nemesis.invoke(call("pause", { target: "n2" }), signal);

    const { error } = await nemesis.invoke(call("pause"), signal);

    expect(error).toContain("pause n2 is still on");
    expect(onDisk()).toEqual(["intent pause-1", "done pause-1"]);
  });

  it.each([
    [call("pause", { targe: "n2" }), "fault pause cannot take"],
    [call("pause", "n2"), "fault pause cannot take"],
    [call("pause", { target: "n9" }), "no node n9"],
    [call("halves", { target: "n1" }), "no options"],
    [call("explode"), "no fault \"explode\""],
  ])("of %j is an error that says why", async (wrong, why) => {
    const { error } = await nemesisWith("pause", "halves").invoke(wrong, signal);
    expect(error).toContain(why);
    expect(cluster.calls).toEqual([]);
  });

  it("tells which nodes did not serve before it", async () => {
    const nemesis = nemesisWith("pause", "isolate");
    await nemesis.invoke(call("pause", { target: "n2" }), signal);

    expect((await nemesis.invoke(call("isolate", { target: "n1" }), signal)).value).toMatchObject({ unhealthyBefore: ["n2"] });
  });
});

describe("a heal", () => {
  it("measures once more, reverts, and says on disk that it did", async () => {
    const nemesis = nemesisWith("pause");
    await nemesis.invoke(call("pause", { target: "n2" }), signal);

    const { value } = await nemesis.invoke(call("heal-pause"), signal);

    expect(value).toEqual({ healed: [{ id: "pause-1", what: "pause n2", effective: true, evidence: "pause n2 is on" }], failed: [], unhealthyAfter: [] });
    expect(cluster.calls.slice(2)).toEqual(["evidence pause n2", "revert pause n2"]);
    expect(onDisk().at(-1)).toBe("healed pause-1");
    expect(nemesis.active()).toEqual([]);
    expect((await nemesis.invoke(call("heal-pause"), signal)).value).toBe("not on");
  });

  it("of everything goes last in first out and waits for agreement", async () => {
    const nemesis = nemesisWith("pause", "isolate");
    await nemesis.invoke(call("isolate", { target: "n1" }), signal);
    await nemesis.invoke(call("pause", { target: "n2" }), signal);

    const { value } = await nemesis.invoke(call("heal"), signal);

    expect(value).toMatchObject({ healed: [{ id: "pause-1" }, { id: "isolate-1" }], failed: [], converged: true });
    expect(cluster.on).toEqual([]);
    expect(cluster.calls.at(-1)).toBe("converged");
  });

  it("that fails leaves the fault on, on disk and in the record, goes on with the rest, and can be tried again", async () => {
    const nemesis = nemesisWith("pause", "isolate");
    await nemesis.invoke(call("isolate", { target: "n1" }), signal);
    await nemesis.invoke(call("pause", { target: "n2" }), signal);
    cluster.failing.add("revert pause n2");

    const { value, error } = await nemesis.invoke(call("heal"), signal);
    expect(error).toContain("pause n2: no revert pause n2 today");
    expect(value).toMatchObject({ healed: [{ id: "isolate-1" }], failed: [{ id: "pause-1" }] });
    await expect(nemesis.healAll(signal)).rejects.toThrow("still on: pause n2");
    expect(openEntries(readLedger(folder).lines).map((entry) => entry.id)).toEqual(["pause-1"]);

    cluster.failing.clear();
    await nemesis.healAll(signal);
    expect(cluster.on).toEqual([]);
    expect(openEntries(readLedger(folder).lines)).toEqual([]);
  });

  it("tells that the nodes did not agree", async () => {
    cluster.failing.add("converged");

    const { value, error } = await nemesisWith("pause").invoke(call("heal"), signal);

    expect(value).toMatchObject({ converged: false });
    expect(error).toBe("no converged today");
  });

  it("of everything waits for the injection that is going on", async () => {
    const nemesis = nemesisWith("pause");

    const injection = nemesis.invoke(call("pause", { target: "all" }), signal);
    await nemesis.healAll(signal);

    expect((await injection).error).toBeUndefined();
    expect(cluster.on).toEqual([]);
    expect(nemesis.active()).toEqual([]);
  });

  it("comes with the end of the scope", async () => {
    {
      await using nemesis = nemesisWith("pause");
      await nemesis.invoke(call("pause"), signal);
      expect(cluster.on).toHaveLength(1);
    }
    expect(cluster.on).toEqual([]);
  });
});

it("a nemesis over a cluster that cannot do a fault is not made", () => {
  cluster = memoryCluster(3, ["processes"]);
  expect(() => nemesisWith("isolate", "kill")).toThrow("act on processes (for kill)");
});
