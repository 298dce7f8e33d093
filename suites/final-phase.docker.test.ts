import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rashomon } from "../cli/testing/cli.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rashomon-final-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a standby that was cut off is waited for, read like its primary, and nothing is missing there", async () => {
  const ran = await rashomon(
    ["run", "postgres", "--nodes", "2", "--workload", "set", "--nemesis", "isolate:target=n2", "--fault-every", "6s", "--fault-for", "4s", "--time-limit", "8s", "--rate", "50", "--concurrency", "4", "--seed", "final", "--json"],
    { cwd: folder, timeoutMs: 600_000 },
  );

  expect(ran.code, ran.err + ran.out).toBe(0);
  const [result] = ran.json();
  expect(result!["final"]).toEqual({ converged: true, durationNs: expect.any(Number), nodesRead: ["n1", "n2"], nodesUnread: [] });
  expect(readFileSync(join(String(result!["run"]), "report.html"), "utf8")).toContain("after the last heal");
});
