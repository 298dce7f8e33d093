import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The command line in a process group of its own, as a terminal starts it; all that it starts inherits `mark`. */
export function startMarked(args: readonly string[], where: { readonly cwd: string; readonly mark: string }): ChildProcess {
  return spawn(process.execPath, [fileURLToPath(new URL("../main.ts", import.meta.url)), ...args], {
    cwd: where.cwd,
    env: { ...process.env, RASHOMON_TEST_MARK: where.mark },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
}

/** Ctrl-C, as a terminal sends it: to every process of the group. */
export function interrupt(child: ChildProcess): void {
  process.kill(-child.pid!, "SIGINT");
}

/** Pids of living processes that inherited `mark`. */
export function marked(mark: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, "utf8").includes(mark);
      } catch {
        return false;
      }
    })
    .map(Number);
}
