import { assert } from "../../harness/assert.ts";
import type { Evidence, Undo } from "../../harness/disturbance.ts";
import { HarnessError } from "../../harness/errors.ts";
import type { Container, RunResult, RunScope } from "./container.ts";
import type { Daemon, NodeCommand } from "./docker-system.ts";
import { dockerArgv } from "./engine.ts";

/**
 * A database as a daemon in its container, whose first process is an init that only sleeps and reaps. So a kill takes
 * the database and nothing else: data, logs, address and network rules stay, and a restart is the first start's line.
 *
 * The process is found by pidfile *and* user *and* name, so that a pid that was reused is never signalled. (Its program
 * file would tell more, but the kernel shows another user's only to those who may trace it.) A signal goes to it and to
 * all that it started: a postmaster that is stopped alone would leave its backends at work.
 */
export interface DaemonControl {
  readonly daemon: Daemon;
  /** Starts it unless it runs; resolves when it was started, not when it serves. One that another daemon starts is left to that. */
  start(which?: StartKind): Promise<void>;
  signal(name: "STOP" | "CONT" | "KILL"): Promise<void>;
  /** The kernel's letter for its state (`S`, `R`, `T` stopped …) with its pid; undefined when it does not run. */
  state(): Promise<ProcessSeen | undefined>;
  /** Log files in its container. */
  readonly logs: readonly string[];
  /** What `heal` runs to get it going again after a kill. */
  readonly undoKill: readonly Undo[];
  /** What `heal` runs, in this order, to make it a new member's: it ends, its data are removed by others, it starts. */
  readonly undoRemoval: { readonly stop: readonly Undo[]; readonly start: readonly Undo[] };
  /** What `heal` runs to get it going again after a pause. */
  readonly undoPause: readonly Undo[];
}
/** For the first time; again, with what it had; or as a new member of a cluster that is there. */
export type StartKind = "first" | "again" | "join";
export interface ProcessSeen {
  readonly pid: number;
  readonly state: string;
}

/** Longest name of a process that the kernel keeps. */
const nameLengthMax = 15;

/** `own`: the daemon; `all`: every daemon of the node, of which those that it starts are spared its signals. */
export function daemonControl(scope: RunScope, container: Container, { own, all }: { readonly own: Daemon; readonly all: readonly Daemon[] }): DaemonControl {
  const pidfile = pidfileOf(own);
  const processName = processNameOf(own);
  const output = `/var/log/${own.name}.out`;
  const env = own.env ?? {};
  const later = own.laterProgram ?? own.program;
  assert(later.split("/").at(-1) === own.program.split("/").at(-1), `${later} and ${own.program} have one file name, by which they are known again`);
  const startArgv = (program: string, args: readonly string[]): string[] => [
    "start-stop-daemon", "--start", "--oknodo", "--background", "--make-pidfile", "--pidfile", pidfile, "--user", own.user, "--name", processName,
    "--chuid", own.user, "--output", output, "--startas", program, "--", ...args,
  ];
  const spared = all.filter((other) => other.startedBy?.daemon === own.name).map(pidfileOf);
  const scriptArgv = (action: string): string[] => ["sh", "-c", processScript, "daemon", action, pidfile, own.user, processName, ...spared];
  const undo = (argv: readonly string[]): Undo => commandUndo(scope, container, { argv, env });
  const moreArgs: { readonly [kind in StartKind]: readonly string[] } = { first: own.firstArgs ?? [], again: [], join: own.joinArgs ?? [] };
  const startLine = (which: StartKind): string[] => startArgv(which === "first" ? own.program : later, [...own.args, ...moreArgs[which]]);
  const undoStart = (which: StartKind): Undo[] => (own.startedBy === undefined ? [undo(startLine(which))] : []);
  return {
    daemon: own,
    logs: [...(own.startedBy === undefined ? [output] : []), ...(own.logs ?? [])],
    async start(which = "again") {
      if (own.startedBy !== undefined) return;
      expectZero(await container.run(startLine(which), { env }), `start of ${own.name} in ${container.name}`);
    },
    signal: async (name) => void expectZero(await container.run(scriptArgv(name)), `SIG${name} to ${own.name} in ${container.name}`),
    async state() {
      const { stdout } = expectZero(await container.run(scriptArgv("look")), `a look at ${own.name} in ${container.name}`);
      const [, pid, state] = /^(\d+) (\w)/.exec(stdout) ?? [];
      return pid === undefined || state === undefined || state === "Z" ? undefined : { pid: Number(pid), state };
    },
    undoKill: undoStart("again"),
    undoRemoval: { stop: [undo(scriptArgv("KILL"))], start: undoStart("join") },
    undoPause: [undo(scriptArgv("CONT"))],
  };
}

/** A command in a container as an undo; a container that is gone, or was stopped, has nothing left to be undone. */
export function commandUndo({ engine }: RunScope, container: Pick<Container, "name">, { argv, env = {}, user }: NodeCommand): Undo {
  const options = [...Object.entries(env).flatMap(([name, value]) => ["-e", `${name}=${value}`]), ...(user === undefined ? [] : ["-u", user])];
  return { undo: "argv", argv: dockerArgv(engine, "exec", ...options, container.name, ...argv), tolerated: ["No such container", "is not running"] };
}

/** Asks a daemon to end, and waits for it; one that does not run has ended. */
export function shutDown(daemon: Pick<Daemon, "name" | "user" | "program">): NodeCommand {
  return { argv: ["start-stop-daemon", "--stop", "--oknodo", "--pidfile", pidfileOf(daemon), "--user", daemon.user, "--name", processNameOf(daemon), "--retry", `TERM/${shutDownSeconds}`] };
}

/** Longest wait for the end of one that was asked to end. */
const shutDownSeconds = 20;

/** What the kernel calls a daemon's process. */
export function processNameOf({ program }: Pick<Daemon, "program">): string {
  return program.split("/").at(-1)!.slice(0, nameLengthMax);
}

function pidfileOf(daemon: Pick<Daemon, "name" | "program" | "startedBy">): string {
  assert(daemon.program.startsWith("/"), `the program of ${daemon.name} has an absolute path`);
  return daemon.startedBy?.pidfile ?? `/run/${daemon.name}.pid`;
}

/**
 * `look` prints pid and state, anything else is a signal; nothing happens when the process is not there. Before a
 * STOP or KILL reaches anybody's children their parent is stopped, so that none is born in between.
 */
const processScript = `
action=$1 pidfile=$2 user=$3 name=$4; shift 4
pid=$(head -n 1 "$pidfile" 2>/dev/null | tr -cd 0-9)
[ -n "$pid" ] && [ "$(stat -c %U /proc/$pid 2>/dev/null)" = "$user" ] && [ "$(cat /proc/$pid/comm 2>/dev/null)" = "$name" ] || exit 0
if [ "$action" = look ]; then
  sed -E 's/^([0-9]+) .*[)] ([A-Za-z]) .*/\\1 \\2/' /proc/$pid/stat 2>/dev/null
  exit 0
fi
spared=" "
for file; do spared="$spared$(head -n 1 "$file" 2>/dev/null) "; done
family() {
  [ "$action" = CONT ] || kill -STOP $1 2>/dev/null
  members="$members $1"
  for child in $(pgrep -P $1); do
    case "$spared" in *" $child "*) ;; *) family $child ;; esac
  done
}
members=
family $pid
[ "$action" = STOP ] || kill -$action $members 2>/dev/null
exit 0
`;

function expectZero(result: RunResult, what: string): RunResult {
  if (result.exitCode === 0) return result;
  throw new HarnessError("FAULT_FAILED", `${what} ended with ${result.exitCode}: ${(result.stderr + result.stdout).trim()}`, {
    nextStep: "look at the container with `docker inspect`; it may have been removed by hand",
  });
}

/** What a look at a daemon proves about a pause. */
export function pauseEvidence(what: string, seen: ProcessSeen | undefined): Evidence {
  if (seen === undefined) return { effective: false, seen: `${what} has no running process` };
  return { effective: seen.state === "T", seen: `${what}: process ${seen.pid} is in state ${seen.state}${seen.state === "T" ? " (stopped)" : ""}` };
}

/** What a look at a daemon proves about a kill. */
export function killEvidence(what: string, seen: ProcessSeen | undefined): Evidence {
  return seen === undefined ? { effective: true, seen: `${what} has no running process` } : { effective: false, seen: `${what}: process ${seen.pid} runs (state ${seen.state})` };
}
