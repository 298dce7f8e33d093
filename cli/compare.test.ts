import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../harness/time.ts";
import { rashomon } from "./testing/cli.ts";
import { interrupt, marked, startMarked } from "./testing/processes.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rashomon-compare-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** More rounds than a test waits for. */
const long = (name: string): string[] => ["compare", "chain", "--set", "rounds=100000", "--seed", "5", "--runs", join(folder, name)];

/** Resolves when real rounds are being played. */
async function playing(name: string): Promise<string> {
  const scenario = join(folder, name, "chain-compare");
  let run = "";
  const trace = (): boolean => {
    run = existsSync(scenario) ? join(scenario, readdirSync(scenario).find((entry) => entry !== "latest") ?? "") : "";
    return existsSync(join(run, "logs", "n1", "messages.jsonl"));
  };
  await until("a trace of a round", trace, { deadlineMs: 40_000, everyMs: 50 });
  return run;
}

async function expectNothingLeft(about: { readonly mark: string; readonly run: string }): Promise<void> {
  await until("no process left", () => marked(about.mark).length === 0, { deadlineMs: 30_000, everyMs: 100 });
  const healed = await rashomon(["heal", about.run, "--json"], { cwd: folder });
  expect(healed.code, healed.err).toBe(0);
  expect(healed.json()[0]).toMatchObject({ healed: [], failed: [] });
}

test("Ctrl-C in the middle of compare's rounds ends every process that it started, and says that it was interrupted", async () => {
  const mark = `mark-compare-interrupt-${process.pid}`;
  const child = startMarked(long("interrupt"), { cwd: folder, mark });
  let said = "";
  child.stderr!.on("data", (chunk: Buffer) => (said += String(chunk)));
  const run = await playing("interrupt");

  interrupt(child);
  const [code] = (await once(child, "exit")) as [number];

  expect(said).toMatch(/interrupted/);
  expect(code).toBe(130);
  await expectNothingLeft({ mark, run });
});

test("Ctrl-C in the middle of compare's exploration is heard there: nothing was started, and no folder made", async () => {
  // Three clients on three servers: more states than a minute has time for.
  const child = startMarked(["compare", "abd", "--set", "clients=3", "--set", "servers=3", "--runs", join(folder, "exploring")], { cwd: folder, mark: `mark-compare-explore-${process.pid}` });
  let said = "";
  child.stderr!.on("data", (chunk: Buffer) => (said += String(chunk)));
  await until("progress of the exploration", () => /states, depth/.test(said), { deadlineMs: 40_000, everyMs: 50 });

  interrupt(child);
  const [code] = (await once(child, "exit")) as [number];

  expect(said).toMatch(/interrupted by SIGINT/);
  expect(code).toBe(130);
  expect(existsSync(join(folder, "exploring"))).toBe(false);
});

test("SIGKILL in the middle of compare's rounds leaves no process", async () => {
  const mark = `mark-compare-kill-${process.pid}`;
  const child = startMarked(long("kill"), { cwd: folder, mark });
  const run = await playing("kill");

  child.kill("SIGKILL");

  await expectNothingLeft({ mark, run });
});
