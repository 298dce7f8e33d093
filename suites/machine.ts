import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import type { Machine } from "../results/records.ts";

/** What a reader must know of the machine that a run was made on. */
export function thisMachine(): Machine {
  const cores = cpus();
  return {
    platform: `${process.platform} ${release()} ${process.arch}`,
    cpu: cores[0]?.model.trim() ?? "unknown",
    cpus: cores.length,
    memoryBytes: totalmem(),
  };
}

const sourceRun = import.meta.url.endsWith(".ts");

/** Version of this package. */
export function harnessVersion(): string {
  const path = new URL(sourceRun ? "../package.json" : "../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}

/** Commit of the harness's source, with `+` when the tree is changed; null outside a checkout. */
export function harnessCommit(): string | null {
  if (!sourceRun) return null;
  const git = (...args: string[]): string =>
    execFileSync("git", args, { cwd: new URL("..", import.meta.url), encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    return git("rev-parse", "--short=12", "HEAD") + (git("status", "--porcelain", "--untracked-files=no") === "" ? "" : "+");
  } catch {
    return null;
  }
}

/** How a user starts us here: from a checkout, or as an installed program. */
export function commandName(): string {
  return sourceRun ? "npm run -s rashomon --" : "npx rashomon";
}
