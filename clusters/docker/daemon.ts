import type { Evidence, Undo } from "../../harness/disturbance.ts";
import { HarnessError } from "../../harness/errors.ts";
import type { Container, RunResult, RunScope } from "./container.ts";
import type { Daemon } from "./docker-system.ts";
import { dockerArgv } from "./engine.ts";

/**
 * A database as a daemon in its container, whose first process is an init that only sleeps and reaps. So a kill takes
 * the database and nothing else: data, logs, address and network rules stay, and a restart is the first start's line.
 * `start-stop-daemon` finds the process by pidfile *and* program file: a pid that was reused is never signalled.
 */
export interface DaemonControl {
  /** Starts it unless it runs; resolves when it was started, not when it serves. */
  start(): Promise<void>;
  signal(name: "STOP" | "CONT" | "KILL"): Promise<void>;
  /** The kernel's letter for its state (`S`, `R`, `T` stopped …) with its pid; undefined when it does not run. */
  state(): Promise<{ readonly pid: number; readonly state: string } | undefined>;
  /** What `heal` runs to get it going again after a kill. */
  readonly undoKill: readonly Undo[];
  /** What `heal` runs to get it going again after a pause. */
  readonly undoPause: readonly Undo[];
}

/** Where a daemon's output is in its container. */
export const daemonLog = "/var/log/db.log";
const pidfile = "/run/db.pid";

export function daemonControl(scope: RunScope, container: Container, daemon: Daemon): DaemonControl {
  const match = ["--pidfile", pidfile, "--exec", daemon.program];
  const startArgv = [
    "start-stop-daemon", "--start", "--oknodo", "--background", "--make-pidfile", ...match,
    "--chuid", daemon.user, "--output", daemonLog, "--", ...daemon.args,
  ];
  const signalArgv = (name: string): string[] => ["start-stop-daemon", "--stop", "--oknodo", "--signal", name, ...match];
  const env = daemon.env ?? {};
  const undo = (argv: readonly string[]): Undo => ({
    undo: "argv",
    argv: dockerArgv(scope.engine, "exec", ...Object.entries(env).flatMap(([name, value]) => ["-e", `${name}=${value}`]), container.name, ...argv),
    // A container that is gone, or was stopped, has nothing left to be undone.
    tolerated: ["No such container", "is not running"],
  });
  return {
    start: async () => void expectZero(await container.run(startArgv, { env }), `start of ${daemon.program} in ${container.name}`),
    signal: async (name) => void expectZero(await container.run(signalArgv(name)), `SIG${name} to ${daemon.program} in ${container.name}`),
    state: () => stateOf(container, match),
    undoKill: [undo(startArgv)],
    undoPause: [undo(signalArgv("CONT"))],
  };
}

async function stateOf(container: Container, match: readonly string[]): Promise<{ pid: number; state: string } | undefined> {
  const look = `start-stop-daemon --status "$@" && cat "/proc/$(cat ${pidfile})/stat"`;
  const result = await container.run(["sh", "-c", look, "look", ...match]);
  // Exit codes 1, 3 and 4 of --status: not running.
  if (result.exitCode !== 0) return undefined;
  const [, pid, state] = /^(\d+) \(.*\) (\w) /s.exec(result.stdout) ?? [];
  return pid === undefined || state === undefined || state === "Z" ? undefined : { pid: Number(pid), state };
}

function expectZero(result: RunResult, what: string): void {
  if (result.exitCode === 0) return;
  throw new HarnessError("FAULT_FAILED", `${what} ended with ${result.exitCode}: ${(result.stderr + result.stdout).trim()}`, {
    nextStep: "look at the container with `docker inspect`; it may have been removed by hand",
  });
}

/** What a look at the daemon proves about a pause. */
export function pauseEvidence(node: string, seen: { readonly pid: number; readonly state: string } | undefined): Evidence {
  if (seen === undefined) return { effective: false, seen: `${node} has no running process` };
  return { effective: seen.state === "T", seen: `${node}: process ${seen.pid} is in state ${seen.state}${seen.state === "T" ? " (stopped)" : ""}` };
}

/** What a look at the daemon proves about a kill. */
export function killEvidence(node: string, seen: { readonly pid: number; readonly state: string } | undefined): Evidence {
  return seen === undefined ? { effective: true, seen: `${node} has no running process` } : { effective: false, seen: `${node}: process ${seen.pid} runs (state ${seen.state})` };
}
