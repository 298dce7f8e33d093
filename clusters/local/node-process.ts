import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { assert } from "../../harness/assert.ts";
import { entryFile } from "../../harness/entry.ts";
import { HarnessError } from "../../harness/errors.ts";
import type { NodeId } from "../../harness/ids.ts";
import type { Ledger } from "../../harness/ledger.ts";
import { isSame, signalIfSame, startTicks } from "../../harness/process-identity.ts";
import { sleep } from "../../harness/time.ts";
import { configVariable, type NodeConfig, type NodeLine, type PeersLine } from "./node-config.ts";

/**
 * One life of one node, as the harness holds it: a child process, its log, its way to die. Its undo (SIGKILL to this
 * very pid) is in the ledger in the turn in which the process is made, and is closed when the kernel has reaped it.
 */
export interface NodeProcess {
  readonly node: NodeId;
  readonly pid: number;
  readonly startTicks: number;
  readonly logFile: string;
  /** Resolves when the process is gone. */
  readonly exited: Promise<NodeExit>;
  /** How it ended; undefined while it lives. */
  exit(): NodeExit | undefined;
  /** The port on which it listens, once it does. Throws `PORT_TAKEN`, `NODE_EXITED`, or the signal's reason. */
  listening(signal: AbortSignal): Promise<number>;
  /** Tells the links' addresses; its actor starts then. */
  tellPeers(line: PeersLine): void;
  /** Sends a signal to this very process; false when it is gone. */
  signal(signal: NodeJS.Signals): boolean;
  /** SIGTERM, and SIGKILL if it lives on; resolves when it is gone. A stopped one is killed at once. */
  end(): Promise<void>;
}

export interface NodeExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface NodeSpawn {
  readonly node: NodeId;
  readonly config: NodeConfig;
  readonly logFile: string;
  readonly ledger: Ledger;
  /** What to run in place of the node's own program; see `LocalClusterOptions.program`. */
  readonly program: readonly string[] | undefined;
}

/** How long a node may take to end by itself. */
const graceMs = 2_000;

/** Starts a node's process; its output goes to `logFile`, appended. */
export function spawnNode(options: NodeSpawn): NodeProcess {
  const { node, config, logFile, ledger } = options;
  mkdirSync(dirname(logFile), { recursive: true });
  const { NODE_OPTIONS: _dropped, ...environment } = process.env;
  const [file, ...args] = options.program ?? [process.execPath, "--disable-warning=ExperimentalWarning", entryFile(import.meta.url, "./node-main")];
  assert(file !== undefined, "a node's program names an executable");
  const log = openSync(logFile, "a");
  let child: ChildProcess;
  try {
    // In a session of its own: Ctrl-C in a terminal reaches every process of its group, and ending nodes is the harness's to do.
    child = spawn(file, args, { detached: true, stdio: ["pipe", log, log, "pipe"], env: { ...environment, [configVariable]: JSON.stringify(config) }, cwd: dirname(logFile) });
  } finally {
    closeSync(log);
  }
  const pid = child.pid;
  // A program that cannot be started has no pid; Node says why in an error event.
  if (pid === undefined) {
    child.on("error", () => undefined);
    throw new HarnessError("CLUSTER_START", `${node}: ${file} cannot be started`, { nextStep: "check that the program exists and may be run" });
  }
  const ticks = startTicks(pid) ?? 0;
  const id = ledger.freshId(`process-${node}`);
  ledger.intend({ id, what: `process of ${node} (pid ${pid})`, kind: "resource", undo: [{ undo: "signal", pid, startTicks: ticks, signal: "SIGKILL" }] });
  ledger.done(id);

  let exit: NodeExit | undefined;
  const exited = new Promise<NodeExit>((resolve) => {
    child.once("exit", (code, signal) => {
      exit = { code, signal };
      ledger.healed(id, { effective: true, seen: `${node} (pid ${pid}) ended: ${describeExit(exit)}` });
      resolve(exit);
    });
  });
  // Writing to a node that has just died is no news: its exit is.
  child.stdin?.on("error", () => undefined);
  const firstLine = readFirstLine(child.stdio[3] as Readable);

  const self: NodeProcess = {
    node,
    pid,
    startTicks: ticks,
    logFile,
    exited,
    exit: () => exit,
    async listening(signal) {
      const line = await Promise.race([firstLine, exited.then(() => firstLine), aborted(signal)]);
      if (line === undefined) throw nodeExited(self, exit ?? (await exited));
      if ("listening" in line) return line.listening;
      throw new HarnessError("PORT_TAKEN", `${node} cannot listen on 127.0.0.1:${line.port}: ${line.refused}`, {
        nextStep: `free port ${line.port}, or let the kernel choose (leave out the fixed ports)`,
      });
    },
    tellPeers: (line) => void child.stdin?.write(JSON.stringify(line) + "\n"),
    signal: (signal) => exit === undefined && signalIfSame(pid, ticks, signal) === "sent",
    async end() {
      self.signal("SIGTERM");
      self.signal("SIGCONT");
      const patience = new AbortController();
      await Promise.race([exited, sleep(graceMs, patience.signal).catch(() => undefined)]);
      patience.abort();
      self.signal("SIGKILL");
      await exited;
      assert(!isSame(pid, ticks), `process ${pid} of ${node} is gone when its exit was seen`);
    },
  };
  return self;
}

/** The error for a node that ended when it should not have; with its log's last lines. */
export function nodeExited(process: NodeProcess, exit: NodeExit): HarnessError {
  return new HarnessError("NODE_EXITED", `${process.node} exited (${describeExit(exit)}); its log ends:\n${logTail(process.logFile)}`, {
    nextStep: `read ${process.logFile}`,
  });
}

/** The last lines of a log, indented; says so when there are none. */
export function logTail(path: string, linesMax = 15): string {
  const lines = existsSync(path) ? readFileSync(path, "utf8").trimEnd().split("\n").slice(-linesMax) : [];
  return lines.join("").trim() === "" ? "    (empty)" : lines.map((line) => `    ${line}`).join("\n");
}

function describeExit(exit: NodeExit): string {
  return exit.signal === null ? `code ${exit.code}` : `signal ${exit.signal}`;
}

/** Undefined when the process ends without having said anything. */
function readFirstLine(stream: Readable): Promise<NodeLine | undefined> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: stream });
    lines.once("line", (line) => resolve(JSON.parse(line) as NodeLine));
    lines.once("close", () => resolve(undefined));
    stream.once("error", () => resolve(undefined));
  });
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    else signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}
