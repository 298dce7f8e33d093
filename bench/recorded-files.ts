/**
 * All recorded linearizability histories of the conformance data, read and judged: CPU of a whole fresh process,
 * start-up included, three times. Goal: under 2 s together.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import type { Json } from "../harness/json.ts";
import { judgeFile } from "../suites/judge.ts";

const root = join(process.env["RASHOMON_CONFORMANCE"] ?? join(import.meta.dirname, "../../shared/conformance"), "linearizability");

async function judgeAll(): Promise<{ files: number; wrong: number; operations: number }> {
  const totals = { files: 0, wrong: 0, operations: 0 };
  const judge = async (file: string, expected: string, more: { spec?: string; initial?: Json }): Promise<void> => {
    const { verdict, operations } = await judgeFile(file, { budgetMs: 60_000, explain: false, set: [], ...more });
    totals.files++;
    totals.operations += operations;
    if ((verdict.verdict === "valid" ? "linearizable" : verdict.verdict === "invalid" ? "not-linearizable" : "unknown") !== expected) totals.wrong++;
  };
  const porcupine = JSON.parse(readFileSync(join(root, "porcupine/verdicts.json"), "utf8")) as { [file: string]: string };
  for (const [file, verdict] of Object.entries(porcupine)) await judge(join(root, "porcupine", file), verdict, {});
  const knossos = JSON.parse(readFileSync(join(root, "knossos/verdicts.json"), "utf8")) as { [file: string]: { model: string; initial?: Json; verdict: string } };
  for (const [file, { model, initial, verdict }] of Object.entries(knossos)) await judge(join(root, "knossos", file), verdict, { spec: model, ...(initial === undefined ? {} : { initial }) });
  return totals;
}

if (!existsSync(root)) {
  console.log(`skipped: no conformance data at ${root} (set RASHOMON_CONFORMANCE)`);
} else if (process.argv[2] === "once") {
  const before = process.cpuUsage();
  const totals = await judgeAll();
  const used = process.cpuUsage(before);
  const whole = process.cpuUsage();
  console.log(`${totals.files} files, ${totals.operations} operations, ${totals.wrong} wrong; CPU ${Math.round((used.user + used.system) / 1000)} ms, whole process ${Math.round((whole.user + whole.system) / 1000)} ms`);
} else {
  console.log(`node ${process.versions.node}`);
  for (let run = 0; run < 3; run++) spawnSync(process.execPath, [fileURLToPath(import.meta.url), "once"], { stdio: "inherit" });
}
