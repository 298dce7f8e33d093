import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rashomon } from "../cli/testing/cli.ts";
import { connectEngine } from "../clusters/docker/engine.ts";
import { runLabel } from "../clusters/docker/labels.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rashomon-etcd-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: string[]): ReturnType<typeof rashomon> =>
  rashomon(["run", "etcd", "--rate", "120", "--concurrency", "6", "--fault-every", "7s", "--fault-for", "4s", "--operation-deadline", "800ms", "--json", ...args], { cwd: folder, timeoutMs: 300_000 });

test("linearizable reads of a real etcd stay linearizable while its leader is isolated, cut one way, slowed and killed", async () => {
  const ran = await run("--nemesis", "isolate:target=leader,one-way:target=leader,latency,kill:target=leader", "--time-limit", "32s", "--seed", "11");

  expect(ran.code, ran.err + ran.out).toBe(0);
  const [result] = ran.json();
  expect(result).toMatchObject({ verdict: "valid" });
  const record = JSON.parse(readFileSync(join(String(result!["run"]), "run.json"), "utf8")) as { versions: object; images: object };
  expect(record.versions).toHaveProperty("etcd");
  expect(Object.keys(record.images).length).toBeGreaterThan(0);
});

test("serializable reads do not: an isolated leader answers from the past", async () => {
  const ran = await run("--nemesis", "isolate:target=leader", "--time-limit", "22s", "--seed", "11", "--set", "reads=serializable");

  expect(ran.code, ran.err + ran.out).toBe(1);
  const checkers = ran.json()[0]!["checkers"] as { linearizability: { anomalies: { explanation: string }[] } };
  expect(checkers.linearizability.anomalies[0]!.explanation).toMatch(/read/);
});

test("after heal nothing labelled is left", async () => {
  const healed = await rashomon(["heal", "--json"], { cwd: folder });
  expect(healed.code, healed.err).toBe(0);
  const engine = await connectEngine();
  const left = await engine.api.listContainers({ all: true, filters: { label: [runLabel] } });
  expect(left.map(({ Names }) => Names)).toEqual([]);
});
