import { createInterface } from "node:readline";
import { PassThrough, type Readable } from "node:stream";
import type { Engine } from "./engine.ts";

export interface Following {
  readonly tell: (line: string) => void;
  readonly signal: AbortSignal;
}

/** What a container's first process writes, line by line, from the beginning; ends with the container or the signal. */
export async function followContainer(engine: Engine, name: string, following: Following): Promise<void> {
  await readLines(engine, following, () => engine.api.getContainer(name).logs({ follow: true, stdout: true, stderr: true }));
}

/** What is in a file of a container and what is added to it, line by line; it may come later, or be replaced. */
export async function followFile(engine: Engine, name: string, { path, ...following }: Following & { readonly path: string }): Promise<void> {
  await readLines(engine, following, async () => {
    const exec = await engine.api.getContainer(name).exec({ Cmd: ["tail", "-n", "+1", "-F", path], AttachStdout: true, AttachStderr: false });
    return await exec.start({ hijack: true, stdin: false });
  });
}

/** Never rejects: a log that cannot be followed is no reason to end a run, and its file is fetched at the end all the same. */
async function readLines(engine: Engine, { tell, signal }: Following, open: () => Promise<NodeJS.ReadableStream>): Promise<void> {
  try {
    const framed = (await open()) as Readable;
    const lines = new PassThrough();
    engine.api.modem.demuxStream(framed, lines, lines);
    const stop = (): void => void framed.destroy();
    signal.addEventListener("abort", stop, { once: true });
    framed.once("close", () => lines.end()).once("end", () => lines.end()).on("error", () => lines.end());
    if (signal.aborted) stop();
    for await (const line of createInterface({ input: lines })) if (!signal.aborted) tell(line);
    signal.removeEventListener("abort", stop);
  } catch {
    // The container is gone, or the engine refuses: there is nothing to follow.
  }
}
