import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readHistoryFile } from "../harness/history-file.ts";
import { until } from "../harness/time.ts";
import { rashomon } from "./testing/cli.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rashomon-run-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Pids of living processes whose command line or working files mention `text`. */
function mentioning(text: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(text) || readFileSync(`/proc/${pid}/environ`, "utf8").includes(text);
      } catch {
        return false;
      }
    })
    .map(Number);
}

function start(args: readonly string[], mark: string): ReturnType<typeof spawn> {
  return spawn(process.execPath, [fileURLToPath(new URL("./main.ts", import.meta.url)), ...args], { cwd: folder, env: { ...process.env, RASHOMON_TEST_MARK: mark }, stdio: ["ignore", "pipe", "pipe"], detached: true });
}

/** Ctrl-C, as a terminal sends it: to every process of the group. */
function interrupt(child: ReturnType<typeof start>): void {
  process.kill(-child.pid!, "SIGINT");
}

async function textOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = "";
  for await (const chunk of stream ?? []) text += String(chunk);
  return text;
}

describe("rashomon run", () => {
  test("abd stays valid while its links and processes fail; the JSON is the contract's, and the folder has every file", async () => {
    const ran = await rashomon(["run", "abd", "--nemesis", "isolate,kill", "--time-limit", "6s", "--rate", "80", "--concurrency", "4", "--seed", "3", "--json"], { cwd: folder });

    expect(ran.code, ran.err).toBe(0);
    const [result] = ran.json();
    expect(ran.json()).toHaveLength(1);
    expect(result).toMatchObject({ verdict: "valid", seed: "3", checkers: { linearizability: { verdict: "valid" } } });
    const counts = result!["counts"] as { ok: number };
    expect(counts.ok).toBeGreaterThan(20);
    const faults = result!["faults"] as { evidence: { effective: boolean } }[];
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.every((fault) => fault.evidence.effective)).toBe(true);
    const run = String(result!["run"]);
    for (const file of ["run.json", "history.jsonl", "faults.jsonl", "verdict.json", "report.html", "junit.xml", "logs"]) expect(existsSync(join(run, file)), file).toBe(true);
    expect(readFileSync(join(run, "report.html"), "utf8")).not.toMatch(/src="http|href="http/);
  });

  test("a stored run is judged again without a cluster, and its report drawn again", async () => {
    const latest = join(folder, "runs", "latest");
    rmSync(join(latest, "verdict.json"));
    const again = await rashomon(["check", latest, "--json"], { cwd: folder });
    expect(again.code, again.err).toBe(0);
    expect(again.json()).toMatchObject([{ verdict: "valid" }]);
    expect((await rashomon(["report", latest], { cwd: folder })).code).toBe(0);
  });

  test("its nodes' traces are explained by the definition; an answer that no node gave, and an event that was changed, are not", async () => {
    const run = join(folder, "runs", "latest");
    const changed = (name: string, file: string, change: (text: string) => string): string => {
      const copy = join(folder, name);
      cpSync(run, copy, { recursive: true, dereference: true });
      writeFileSync(join(copy, file), change(readFileSync(join(copy, file), "utf8")));
      return copy;
    };
    const valid = await rashomon(["validate", run, "--json"], { cwd: folder });
    expect(valid.code, valid.err).toBe(0);
    expect(valid.json()[0]).toMatchObject({ system: "abd", verdict: "valid", anomalies: [] });

    const answer = changed("answer", "history.jsonl", (text) => text.replace(/("type":"ok","f":"read","value":)\d+/, "$1987654321"));
    const event = changed("event", join("logs", "n2", "messages.jsonl"), (text) => text.replace(/"type":"stored"/, '"type":"queried"'));
    const [unanswered, unexplained] = await Promise.all([rashomon(["validate", answer, "--json"]), rashomon(["check", event, "--json"])]);

    expect([unanswered.code, unexplained.code]).toEqual([1, 1]);
    expect(unanswered.json()[0]).toMatchObject({ anomalies: [{ name: "unexplained-answer" }] });
    expect(unexplained.json()[0]).toMatchObject({ anomalies: [{ name: "unexplained-event", explanation: expect.stringMatching(/^n2, event \d+ .*queried.*stored/) }] });
  });

  test("the twin that reads locally is invalid under a partition, with a sentence", async () => {
    const ran = await rashomon(["run", "abd-fast-read", "--nemesis", "isolate", "--time-limit", "6s", "--rate", "150", "--seed", "1", "--json"], { cwd: folder });
    expect(ran.code, ran.err).toBe(1);
    const checkers = ran.json()[0]!["checkers"] as { linearizability: { anomalies: { explanation: string }[] } };
    expect(checkers.linearizability.anomalies[0]!.explanation).toMatch(/read/);
  });

  test("a run that is watched ends at its first violation, healed, and says where", async () => {
    const mark = `mark-watched-${process.pid}`;
    const args = ["run", "abd-fast-read", "--nemesis", "isolate", "--fault-every", "1500ms", "--fault-for", "1400ms", "--time-limit", "90s", "--rate", "200", "--seed", "1", "--stop-at-first-violation", "--json"];
    const ran = await rashomon(args, { cwd: folder, env: { RASHOMON_TEST_MARK: mark } });

    expect(ran.code, ran.err).toBe(1);
    const result = ran.json()[0]!;
    expect(result["interrupted"]).toBeUndefined();
    expect(result["reasons"]).toEqual([expect.stringMatching(/^stopped early: linearizability was certain of a violation at op \d+$/)]);
    const run = String(result["run"]);
    const { stopped } = JSON.parse(readFileSync(join(run, "run.json"), "utf8")) as { stopped: { op: number; checker: string; anomaly: { operations: number[] } } };
    const { history } = await readHistoryFile(join(run, "history.jsonl"));
    expect(history.at(stopped.op).type).toBe("ok");
    expect(Math.max(...stopped.anomaly.operations)).toBeLessThanOrEqual(stopped.op);
    // 90 s at 200 a second would be 18,000 operations.
    expect(history.operationCount).toBeLessThan(9000);
    expect([...history].slice(stopped.op).some((op) => op.process < 0 && op.f === "heal")).toBe(true);
    expect(mentioning(mark)).toEqual([]);
    const again = await rashomon(["check", run, "--json"], { cwd: folder });
    expect(again.code, again.err).toBe(1);
    expect(JSON.parse(readFileSync(join(run, "verdict.json"), "utf8"))).toMatchObject({ verdict: "invalid", reasons: result["reasons"] });
  });

  test("in virtual time it ends at the same op each time, without a worker", async () => {
    const once = async (): Promise<unknown> => {
      const ran = await rashomon(["run", "abd-fast-read", "--cluster", "simulated", "--nemesis", "isolate,latency", "--time-limit", "120s", "--rate", "200", "--seed", "2", "--stop-at-first-violation", "--json"], { cwd: folder });
      expect(ran.code, ran.err).toBe(1);
      return ran.json()[0]!["reasons"];
    };
    const first = await once();
    expect(first).toEqual([expect.stringMatching(/stopped early: .* at op \d+/)]);
    expect(await once()).toEqual(first);
  });

  test("in virtual time the same seed gives the same history, byte for byte", async () => {
    const once = async (): Promise<string> => {
      const ran = await rashomon(["run", "abd", "--cluster", "simulated", "--nemesis", "isolate,latency,pause,kill", "--time-limit", "20s", "--rate", "60", "--seed", "5", "--json"], { cwd: folder });
      expect(ran.code, ran.err).toBe(0);
      return readFileSync(join(String(ran.json()[0]!["run"]), "history.jsonl"), "utf8");
    };
    expect(await once()).toBe(await once());
  });

  test("Ctrl-C heals, saves and judges what there is", async () => {
    const mark = `mark-interrupt-${process.pid}`;
    const child = start(["run", "abd", "--nemesis", "isolate", "--fault-every", "1500ms", "--fault-for", "1400ms", "--time-limit", "60s", "--rate", "60", "--seed", "8", "--json"], mark);
    const out = textOf(child.stdout);
    const messages = textOf(child.stderr);
    await until("a fault in the ledger", () => ledgerHas(folder, '"done"', "8"), { deadlineMs: 40_000, everyMs: 50 });
    interrupt(child);
    const code = await new Promise((resolve) => child.once("exit", resolve));

    const result = JSON.parse(await out) as { interrupted: boolean; run: string };
    expect(result.interrupted).toBe(true);
    expect([0, 3]).toContain(code);
    expect(await messages, "the nodes outlive Ctrl-C until they are healed").not.toMatch(/exited/);
    expect((await readHistoryFile(join(result.run, "history.jsonl"))).history.length).toBeGreaterThan(0);
    await until("no process left", () => mentioning(mark).length === 0, { deadlineMs: 20_000, everyMs: 100 });
  });

  test("Ctrl-C ends an exploration with what is known so far, and keeps it: it goes on from there", async () => {
    const paxos = ["explore", "paxos", "--set", "clients=3", "--json"];
    const child = start([...paxos, "--checkpoint", "paxos.checkpoint"], `mark-explore-${process.pid}`);
    await new Promise((resolve) => child.stderr!.once("data", resolve));
    interrupt(child);
    expect(await new Promise((resolve) => child.once("exit", resolve))).toBe(2);

    const resumed = await rashomon([...paxos, "--resume", "paxos.checkpoint"], { cwd: folder });
    expect(resumed.json()[0]).toMatchObject({ unique: 1_194_428, generated: 2_420_477, depth: 28, complete: true });
  });

  test("SIGKILL in the middle of a partition loses no recorded operation and leaves no process; heal finds nothing more", async () => {
    const mark = `mark-kill-${process.pid}`;
    const child = start(["run", "abd", "--nemesis", "isolate,pause", "--fault-every", "3000ms", "--fault-for", "2900ms", "--time-limit", "60s", "--rate", "60", "--seed", "9"], mark);
    await until("a fault in the ledger", () => ledgerHas(folder, '"done"', "9"), { deadlineMs: 40_000, everyMs: 50 });
    child.kill("SIGKILL");
    await until("no process left", () => mentioning(mark).length === 0, { deadlineMs: 30_000, everyMs: 100 });

    const run = latest(folder, "9");
    expect((await readHistoryFile(join(run, "history.jsonl"))).history.length).toBeGreaterThan(0);
    const judged = await rashomon(["check", run, "--json"], { cwd: folder });
    expect([0, 3], judged.err).toContain(judged.code);
    const healed = await rashomon(["heal", run, "--json"], { cwd: folder });
    expect(healed.code, healed.err).toBe(0);
    expect(healed.json()[0]).toMatchObject({ failed: [] });
  });
});

describe("what is wrong is said before anything starts", () => {
  test.each([
    ["an unknown system", ["run", "nosuch"], 254, /no system "nosuch"/],
    ["an unknown fault", ["run", "abd", "--nemesis", "nosuch"], 254, /no fault "nosuch"/],
    ["an unknown workload", ["run", "abd", "--workload", "nosuch"], 254, /no workload "nosuch"/],
    ["an unknown setting", ["run", "abd", "--set", "nosuch=1"], 254, /no option "nosuch"/],
    ["a setting of the wrong kind", ["run", "abd", "--set", "resendMs=soon"], 254, /resendMs takes a whole number/],
    ["a cluster it cannot run on", ["run", "etcd", "--cluster", "local"], 254, /cannot run on a local cluster/],
    ["a fleet too large for one machine", ["run", "abd", "--nodes", "1000"], 254, /from 1 to 25/],
    ["a demo on no cluster", ["demo", "--cluster", "nosuch"], 254, /Allowed choices are local, docker/],
    ["a rate of nothing", ["run", "abd", "--rate", "0"], 254, /above 0/],
    ["a workload for a system that has none", ["run", "pn-counter"], 254, /no workload fits pn-counter/],
    ["a schedule that is none", ["replay", fileURLToPath(import.meta.url)], 4, /cannot read the schedule/],
    ["exploring a database", ["explore", "etcd"], 254, /etcd is a database/],
  ] as const)("%s", async (_title, args, code, message) => {
    const ran = await rashomon(args, { cwd: folder });
    expect(ran.err).toMatch(message);
    expect(ran.err).toMatch(/next: |see `rashomon/);
    expect(ran.code).toBe(code);
  });
});

test("a missing engine is infrastructure, with the next step", async () => {
  const ran = await rashomon(["run", "etcd", "--time-limit", "1s"], { cwd: folder, env: { DOCKER_HOST: "unix:///nowhere/docker.sock" } });
  expect(ran.code).toBe(4);
  expect(ran.err).toMatch(/Docker/);
  expect(ran.err).toMatch(/next: /);
});

describe("the other witnesses", () => {
  test("explore proves abd within its bounds and finds the twin's shortest counterexample", async () => {
    const [proof, twin] = await Promise.all([rashomon(["explore", "abd", "--set", "clients=1", "--set", "crashes=1", "--json"]), rashomon(["explore", "abd-fast-read", "--json"])]);
    expect(proof.code, proof.err).toBe(0);
    expect(proof.json()[0]).toMatchObject({ system: "abd", unique: 1690, complete: true, discoveries: [] });
    expect(twin.code).toBe(1);
    expect(twin.json()[0]).toMatchObject({ discoveries: [{ property: "linearizable", kind: "counterexample", length: 10 }] });
  });

  test("the reference model has its published counts: single-copy-register with 3 clients", async () => {
    const ran = await rashomon(["explore", "single-copy-register", "--set", "clients=3", "--json"]);
    expect(ran.json()[0]).toMatchObject({ unique: 4243, generated: 6778, depth: 13 });
  });

  test("a model of bit fields is explored by one thread, also where workers are asked for, and says so", async () => {
    const ran = await rashomon(["explore", "two-phase-commit", "--set", "rms=3", "--workers", "2", "--json"]);

    expect(ran.json()[0]).toMatchObject({ unique: 288, workers: 1 });
    expect(ran.err).toMatch(/one thread explores it/);
  });

  test("simulate finds the twin's bug from a seed, and the same seed finds the same run", async () => {
    const [a, b] = await Promise.all([1, 2].map(() => rashomon(["simulate", "abd-fast-read", "--runs", "500", "--seed", "4", "--json"])));
    expect(a!.code).toBe(1);
    const { cpuMs: _a, ...first } = a!.json()[0]!;
    const { cpuMs: _b, ...second } = b!.json()[0]!;
    expect(first).toEqual(second);
    expect(first["firstBad"]).toBeDefined();
  });

  test("a counterexample is written as a schedule, played again in the model, and made to happen on real processes", async () => {
    const file = join(folder, "schedule.json");
    expect((await rashomon(["explore", "abd-fast-read", "--monitor", "--schedule", file])).code).toBe(1);
    const [model, real] = await Promise.all([rashomon(["replay", file, "--json"]), rashomon(["replay", file, "--deploy", "--json"], { cwd: folder })]);
    expect(model.json()[0]).toMatchObject({ verdict: "invalid", applied: 10, broken: "linearizable" });
    expect(real.code, real.err).toBe(1);
    expect(real.json()[0]).toMatchObject({ verdict: "invalid", model: "invalid", applied: 10, anomalies: [{ name: "nonlinearizable" }] });
    const page = readFileSync(String(real.json()[0]!["report"]), "utf8");
    expect(page).toMatch(/not linearizable after 10 steps/);
    expect(page).toMatch(/cannot be placed/);
    const again = await rashomon(["check", String(real.json()[0]!["run"]), "--json"]);
    expect(again.json()[0], again.err).toMatchObject({ verdict: "invalid" });
  });

  test("compare: every real history of abd is one of the model's, and coverage is measured against its outcomes", async () => {
    const ran = await rashomon(["compare", "abd", "--set", "clients=1", "--set", "rounds=12", "--seed", "2", "--json"]);
    expect(ran.code, ran.err).toBe(0);
    expect(ran.json()[0]).toMatchObject({ verdict: "valid", deployed: { rounds: 12, included: 12, outside: 0 }, model: { complete: true } });
  });
});

function latest(cwd: string, seed: string): string {
  const scenario = readdirSync(join(cwd, "runs")).flatMap((name) => {
    try {
      return readdirSync(join(cwd, "runs", name)).filter((run) => run.endsWith(`-${seed}`)).map((run) => join(cwd, "runs", name, run));
    } catch {
      return [];
    }
  });
  return scenario[0] ?? readlinkSync(join(cwd, "runs", "latest"));
}

function ledgerHas(cwd: string, text: string, seed: string): boolean {
  try {
    return readFileSync(join(latest(cwd, seed), "faults.jsonl"), "utf8").split("\n").some((line) => line.includes(text) && /isolate|pause/.test(line));
  } catch {
    return false;
  }
}
