import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { HarnessError } from "../../harness/errors.ts";
import type { NodeId } from "../../harness/ids.ts";
import { monotonicMs, sleep } from "../../harness/time.ts";
import type { DaemonControl, StartKind } from "./daemon.ts";
import type { DockerSystem, Lookout } from "./docker-system.ts";

/** A node whose daemons are to be started. */
export interface StartUp {
  readonly node: NodeId;
  readonly which: StartKind;
  readonly system: DockerSystem;
  readonly looking: Lookout;
  /** How long it may take until a daemon is ready, and until the node serves. */
  readonly msMax: number;
  readonly signal: AbortSignal;
  /** Brings the daemons' logs here; for the text of an error. */
  fetchLogs(): Promise<readonly string[]>;
  readonly logsFolder: string;
}

/** Between two looks at a node. */
const lookMs = 25;
/** A look at the processes themselves costs an exec: one in so many. */
const looksPerExec = 8;
const lastLines = 8;

/**
 * Starts daemons one after the other, each when the one before it is ready; resolves when the node serves. A daemon
 * that ends meanwhile is `NODE_EXITED`, one that is not ready in time `NODE_UNHEALTHY`, each with the ends of its logs.
 */
export async function startUp(daemons: readonly DaemonControl[], options: StartUp): Promise<void> {
  const { system, looking, signal, which } = options;
  const running: DaemonControl[] = [];
  for (const control of daemons) {
    await control.start(which);
    running.push(control);
    const { daemon } = control;
    if (daemon.ready !== undefined) await untilTrue(options, { what: `${daemon.name} is not ready`, ask: () => daemon.ready!(looking, signal), running });
  }
  await untilTrue(options, { what: `${system.name} does not serve`, ask: () => system.serves(looking, signal), running });
}

interface Wait {
  readonly what: string;
  readonly ask: () => Promise<boolean>;
  readonly running: readonly DaemonControl[];
}

async function untilTrue(options: StartUp, { what, ask, running }: Wait): Promise<void> {
  const { node, msMax, signal } = options;
  const end = monotonicMs() + msMax;
  const nextStep = `read ${join(options.logsFolder, node)}`;
  for (let look = 1; !(await ask()); look++) {
    const ended = look % looksPerExec === 0 ? await firstEnded(running) : undefined;
    if (ended !== undefined) throw new HarnessError("NODE_EXITED", `${node}: ${ended} ended instead of serving${await lastWords(options)}`, { nextStep });
    if (monotonicMs() >= end) throw new HarnessError("NODE_UNHEALTHY", `${node}: ${what} after ${(msMax / 1000).toFixed(1)} s${await lastWords(options)}`, { nextStep });
    await sleep(lookMs, signal);
  }
}

/** The name of a daemon that does not run; one that another daemon starts may come later. */
async function firstEnded(running: readonly DaemonControl[]): Promise<string | undefined> {
  for (const control of running) {
    if (control.daemon.startedBy === undefined && (await control.state()) === undefined) return control.daemon.name;
  }
  return undefined;
}

/** The ends of the logs, for an error's text; nothing when they cannot be had. */
async function lastWords({ fetchLogs }: StartUp): Promise<string> {
  const files = await fetchLogs().catch(() => []);
  const ends = files.flatMap((file) => {
    const text = readFileSync(file, "utf8").trimEnd();
    return text === "" ? [] : [`; the last lines of its ${basename(file)}:\n${text.split("\n").slice(-lastLines).join("\n")}`];
  });
  return ends.join("");
}
