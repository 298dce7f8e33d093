import { expect, it } from "vitest";
import { startTicks } from "../../harness/process-identity.ts";
import { familyIn, processTable, type ProcessSeen } from "./family.ts";

/** A container of Patroni's, and what came in from outside. */
const table: readonly ProcessSeen[] = [
  [1, 0, "tini"],
  [7, 1, "sleep"],
  [20, 1, "etcd"],
  [30, 1, "patroni"],
  [40, 30, "postgres"],
  [41, 40, "postgres"],
  [42, 30, "sh"],
  [90, 0, "sh"],
  [91, 90, "node"],
].map(([pid, parent, name]) => ({ pid: Number(pid), parent: Number(parent), name: String(name), startTicks: 1 }));

it.each([
  [{}, [7, 20, 30, 40, 41, 42]],
  [{ root: "etcd", spared: ["patroni", "postgres"] }, [20]],
  [{ root: "patroni", spared: ["etcd", "postgres"] }, [30, 42]],
  [{ root: "postgres", spared: ["etcd", "patroni"] }, [40, 41]],
  [{ root: "none" }, []],
])("the family %j of a container is %j", (of, pids) => {
  expect(familyIn(table, of).map(({ pid }) => pid)).toEqual(pids);
});

it("this process is in the table, by its start", () => {
  expect(processTable().find(({ pid }) => pid === process.pid)?.startTicks).toBe(startTicks(process.pid));
});
