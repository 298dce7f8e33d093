import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type Docker from "dockerode";
import { extract } from "tar-fs";
import type { Undo } from "../../harness/disturbance.ts";
import { HarnessError } from "../../harness/errors.ts";
import type { NodeId } from "../../harness/ids.ts";
import type { Ledger } from "../../harness/ledger.ts";
import { within } from "../../harness/time.ts";
import { dockerArgv, type Engine } from "./engine.ts";
import { statusCode } from "./image.ts";
import { nodeLabel, runLabels } from "./labels.ts";

/**
 * A container of a run: written to the ledger before it is created, labelled, and never given more than it needs.
 * Programs are run in it through exec, which costs about 60 ms: for starting, stopping and looking, not for polling.
 */
export interface Container {
  readonly name: string;
  /** Runs a program in it; resolves with the exit code whatever it is. */
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Copies one file out of it to `target` (absolute); false when there is no such file. */
  fetch(path: string, target: string): Promise<boolean>;
  /** What its first process wrote to standard output and error, to `target`; false when the container is gone. */
  fetchOutput(target: string): Promise<boolean>;
  inspect(): Promise<Docker.ContainerInspectInfo>;
  /** Removes it with its anonymous volumes; removing twice does nothing. */
  remove(): Promise<void>;
}

export interface RunOptions {
  readonly env?: { readonly [name: string]: string };
  /** Default: the container's own. */
  readonly user?: string;
  readonly signal?: AbortSignal;
}
export interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Who makes it: the same for all objects of a run. */
export interface RunScope {
  readonly engine: Engine;
  readonly runId: string;
  readonly ledger: Ledger;
}

export type ContainerOptions = Docker.ContainerCreateOptions & {
  readonly name: string;
  /** The node whose programs run in it, if any do. */
  readonly node?: NodeId;
  /** Where the host reaches it, when not by published ports: undo requests may go there. */
  readonly addresses?: readonly string[];
};

/** Longest that one exec may take; a loaded engine needs a second. */
const runMsMax = 60_000;
/** How much of a first process's output is kept. */
const outputLinesMax = 20_000;

/** Ledger first, then create and start. `CLUSTER_START` when the engine refuses. */
export async function startContainer(scope: RunScope, options: ContainerOptions): Promise<Container> {
  const { addresses, node, ...create } = options;
  const { engine, ledger } = scope;
  const entry = ledger.freshId(`container-${options.name}`);
  ledger.intend({ id: entry, what: `container ${options.name}`, kind: "resource", undo: [removalOf(engine, options.name)], ...(addresses === undefined ? {} : { addresses }) });
  let made: Docker.Container | undefined;
  try {
    made = await engine.api.createContainer({
      ...create,
      Labels: { ...runLabels(scope.runId), ...(node === undefined ? {} : { [nodeLabel]: node }) },
      HostConfig: { LogConfig: { Type: "json-file", Config: { "max-size": "16m" } }, ...create.HostConfig },
    });
    await made.start();
  } catch (cause) {
    // What was not made by us (a name that is taken) is not ours to remove.
    if (made !== undefined) await removeContainer(engine, made.id);
    ledger.healed(entry);
    throw new HarnessError("CLUSTER_START", `container ${options.name} did not start`, { nextStep: "run `rashomon doctor`; `rashomon heal` removes what earlier runs left behind", cause });
  }
  ledger.done(entry);
  const container = engine.api.getContainer(options.name);
  let removed: Promise<void> | undefined;
  return {
    name: options.name,
    run: (argv, runOptions = {}) => within(runMsMax, `${argv[0] ?? ""} in ${options.name}`, runIn(container, argv, runOptions)),
    fetch: (path, target) => fetchFile(container, path, target),
    fetchOutput: (target) => fetchOutput(container, target),
    inspect: () => container.inspect(),
    remove: () =>
      (removed ??= removeContainer(engine, options.name).then(
        () => ledger.healed(entry),
        (error: unknown) => {
          removed = undefined;
          throw error;
        },
      )),
  };
}

/** The undo of a container, whether or not it was ever created. */
function removalOf(engine: Engine, name: string): Undo {
  return { undo: "argv", argv: dockerArgv(engine, "rm", "-f", "-v", name), tolerated: ["No such container", "is already in progress"] };
}

async function removeContainer(engine: Engine, name: string): Promise<void> {
  try {
    await engine.api.getContainer(name).remove({ force: true, v: true });
  } catch (error) {
    // 404: never made, or gone. 409: somebody else is removing it now.
    if (statusCode(error) !== 404 && statusCode(error) !== 409) throw error;
  }
}

async function runIn(container: Docker.Container, argv: readonly string[], options: RunOptions): Promise<RunResult> {
  const exec = await container.exec({
    Cmd: [...argv],
    AttachStdout: true,
    AttachStderr: true,
    ...(options.user === undefined ? {} : { User: options.user }),
    ...(options.env === undefined ? {} : { Env: Object.entries(options.env).map(([name, value]) => `${name}=${value}`) }),
    ...(options.signal === undefined ? {} : { abortSignal: options.signal }),
  });
  const stream = await exec.start({ hijack: true, stdin: false, ...(options.signal === undefined ? {} : { abortSignal: options.signal }) });
  const stdout = collect();
  const stderr = collect();
  container.modem.demuxStream(stream, stdout.sink, stderr.sink);
  await new Promise<void>((resolve, reject) => {
    stream.once("end", resolve).once("close", resolve).once("error", reject);
  });
  const { ExitCode } = await exec.inspect();
  return { exitCode: ExitCode ?? -1, stdout: stdout.text(), stderr: stderr.text() };
}

function collect(): { readonly sink: Writable; text(): string } {
  const chunks: Buffer[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  return { sink, text: () => Buffer.concat(chunks).toString("utf8") };
}

async function fetchFile(container: Docker.Container, path: string, target: string): Promise<boolean> {
  const folder = dirname(target);
  mkdirSync(folder, { recursive: true });
  const archive = await unlessGone(container.getArchive({ path }));
  if (archive === undefined) return false;
  rmSync(target, { force: true });
  // The archive holds the file under its own name; it lands under the target's.
  await pipeline(archive, extract(folder, { map: (header) => ({ ...header, name: header.name.replace(basename(path), basename(target)) }) }));
  return true;
}

async function fetchOutput(container: Docker.Container, target: string): Promise<boolean> {
  const framed = await unlessGone(container.logs({ follow: false, stdout: true, stderr: true, tail: outputLinesMax }));
  if (framed === undefined) return false;
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, unframe(framed));
  return true;
}

/** The result, or undefined when the engine says that there is no such container or file. */
async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (statusCode(error) === 404) return undefined;
    throw error;
  }
}

/** A container's output comes as frames: stream (1 byte), three zeros, length (4 bytes, big endian), bytes. */
function unframe(framed: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= framed.length; ) {
    const end = at + 8 + framed.readUInt32BE(at + 4);
    parts.push(framed.subarray(at + 8, end));
    at = end;
  }
  return Buffer.concat(parts);
}
