/**
 * One command for everything: types, lint with the dependency rule, unit and conformance tests, the local end-to-end
 * run, the packed package on the oldest supported Node, and the Docker tests where an engine answers.
 * Ends with `N passed, N failed, N skipped`. `--long` runs the long suite instead of the packed package.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { $ } from "zx";

$.verbose = false;
$.preferLocal = true;
const root = join(import.meta.dirname, "..");
process.chdir(root);
const ci = process.env["CI"] === "true";
const long = process.argv.includes("--long");
const totals = { passed: 0, failed: 0, skipped: 0 };
const scratch = mkdtempSync(join(tmpdir(), "rashomon-test-"));

function report(name: string, ok: boolean, output = ""): void {
  console.log(`${ok ? "ok  " : "FAIL"} ${name}`);
  if (!ok && output !== "") console.log(output);
  totals[ok ? "passed" : "failed"]++;
}

function skip(name: string, reason: string): void {
  if (ci) return report(`${name}: ${reason} (in CI this is a failure)`, false);
  console.log(`skip ${name}: ${reason}`);
  totals.skipped++;
}

async function step(name: string, command: readonly string[]): Promise<boolean> {
  const result = await $({ nothrow: true })`${command}`;
  report(name, result.exitCode === 0, result.stdout + result.stderr);
  return result.exitCode === 0;
}

/** Runs vitest with a file list pattern and adds its counts; its own output goes straight to the terminal. */
async function vitest(name: string, args: readonly string[]): Promise<void> {
  const json = join(scratch, `${name.replace(/\W+/g, "-")}.json`);
  const result = await $({ nothrow: true, stdio: ["ignore", "inherit", "inherit"] })`vitest run ${args} --reporter=default --reporter=json --outputFile.json=${json}`;
  if (!existsSync(json)) return report(`${name} (no result file)`, false);
  const counts = JSON.parse(readFileSync(json, "utf8")) as { numPassedTests: number; numFailedTests: number; numPendingTests: number; numTodoTests: number; numFailedTestSuites: number };
  totals.passed += counts.numPassedTests;
  totals.failed += counts.numFailedTests;
  totals.skipped += counts.numPendingTests + counts.numTodoTests;
  if (result.exitCode !== 0 && counts.numFailedTests === 0) report(`${name} (vitest ended with ${result.exitCode}, ${counts.numFailedTestSuites} files failed)`, false);
  else if (counts.numPassedTests === 0) report(`${name} (ran no test)`, false);
}

async function engineAnswers(): Promise<boolean> {
  const { dockerAnswers } = (await import("../clusters/docker/engine.ts")) as { dockerAnswers(): Promise<boolean> };
  return await dockerAnswers();
}

try {
  const conformance = process.env["RASHOMON_CONFORMANCE"] ?? join(root, "..", "shared", "conformance");
  if (ci) report(`conformance data at ${conformance}`, existsSync(conformance));
  else if (!existsSync(conformance)) console.log(`skip conformance tests (each is counted below): no data at ${conformance}; RASHOMON_CONFORMANCE names another place`);

  if (long) {
    await vitest("long", ["--config", "vitest.long.config.ts"]);
  } else {
    await step("types", ["tsc", "--noEmit", "-p", "tsconfig.json"]);
    await step("lint", ["npm", "run", "-s", "lint"]);
    await vitest("unit", []);
    await step("packed package on the oldest supported Node", ["node", "scripts/test-package.ts"]);
    if (await engineAnswers()) await vitest("docker", ["--config", "vitest.docker.config.ts"]);
    else skip("docker tests", "no Docker engine answers");
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed > 0 ? 1 : 0;
