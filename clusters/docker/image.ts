import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { pack } from "tar-fs";
import { HarnessError } from "../../harness/errors.ts";
import { isObject, type Json } from "../../harness/json.ts";
import { after, type Cancellable } from "../../harness/time.ts";
import type { Engine } from "./engine.ts";

/**
 * Images are Dockerfiles in the repository, built by the harness when they are missing. The tag is the hash of all that
 * goes in (Dockerfile, files, arguments), so an unchanged recipe is never built twice and a changed one never reuses
 * an old image:
 *
 *     Dockerfile ─┐
 *     files      ─┼─ sha256 ─→ rashomon-etcd:3f9c… ─→ there? use it : build it
 *     arguments  ─┘
 *
 * A build that fails does not fail as a call: its error is one of the progress items, which are therefore all read.
 */
export interface ImageRecipe {
  /** `base`, `pod`, `etcd`: the image is called `rashomon-<name>`. */
  readonly name: string;
  /** Absolute path of the Dockerfile; it alone and `files` make the build context. */
  readonly dockerfile: string;
  /** Values of the Dockerfile's `ARG`s. */
  readonly args: { readonly [name: string]: string };
  /** Files from elsewhere, by their name in the build context; executable. */
  readonly files?: { readonly [name: string]: string };
}

export interface Image {
  /** What containers are made from. */
  readonly tag: string;
  /** `sha256:…` of the image as the engine has it. */
  readonly id: string;
  /** `pulled`, `built`, `bootstrapped`, `cached`. */
  readonly origin: "pulled" | "built" | "bootstrapped" | "cached";
}

export interface ImageWork {
  readonly engine: Engine;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

/** The label of every image that was made here. Images are a cache: they belong to no run, and `heal` keeps them. */
export const imageLabel = "rashomon.image";

/** The recipe's image, built if it is not there; `IMAGE_MISSING` with the failing build step's output otherwise. */
export async function ensureImage(recipe: ImageRecipe, work: ImageWork): Promise<Image> {
  const tag = `rashomon-${recipe.name}:${contentHash(recipe).slice(0, 16)}`;
  const found = await findImage(work.engine, tag);
  if (found !== undefined) return { tag, id: found, origin: "cached" };

  return { tag, id: await buildImage(buildContext(recipe), { tag, label: recipe.name, args: recipe.args }, work), origin: "built" };
}

export interface ImageBuild {
  readonly tag: string;
  /** Value of the image's label. */
  readonly label: string;
  readonly args: { readonly [name: string]: string };
  /** In the context; default `Dockerfile`. */
  readonly dockerfile?: string;
}

/** Builds from a tar stream; resolves with the image's id. The engine's own cache makes an unchanged build a matter of moments. */
export async function buildImage(context: NodeJS.ReadableStream, { tag, label, args, dockerfile = "Dockerfile" }: ImageBuild, work: ImageWork): Promise<string> {
  work.progress(`image ${tag}: building`);
  const output: string[] = [];
  try {
    const stream = await work.engine.api.buildImage(context, {
      t: tag,
      dockerfile,
      labels: { [imageLabel]: label },
      buildargs: { ...args },
      rm: true,
      forcerm: true,
      abortSignal: work.signal,
    });
    await followToEnd(stream, work, (item) => {
      const line = textOfItem(item).trim();
      if (line !== "") output.push(line);
      if (line.startsWith("Step ")) work.progress(`image ${tag}: ${line.split("\n")[0]!.slice(0, 120)}`);
    });
  } catch (cause) {
    work.signal.throwIfAborted();
    throw new HarnessError("IMAGE_MISSING", `image ${tag} could not be built; its last output was:\n${output.slice(-12).join("\n")}`, {
      nextStep: "see why the build step failed (its packages come from a Debian mirror over HTTP), then run again; `rashomon doctor` checks what builds need",
      cause,
    });
  }
  const id = await findImage(work.engine, tag);
  if (id === undefined) throw new HarnessError("IMAGE_MISSING", `image ${tag} is not there though its build ended well`, { nextStep: "look at the engine's log and free disk" });
  return id;
}

/** The image's id, undefined when the engine has none of that name. */
export async function findImage(engine: Engine, reference: string): Promise<string | undefined> {
  try {
    return (await engine.api.getImage(reference).inspect()).Id;
  } catch (error) {
    if (statusCode(error) === 404) return undefined;
    throw error;
  }
}

/** What goes into `run.json`: the digest by which registries know the image, else (it was built here) its name and id. */
export async function imageDigest(engine: Engine, reference: string): Promise<string> {
  const found = await engine.api.getImage(reference).inspect();
  return found.RepoDigests?.[0] ?? `${reference}@${found.Id}`;
}

/** Pulls an image; throws the registry's or the engine's reason. A pull that says nothing for a minute is given up. */
export async function pullImage(reference: string, work: ImageWork): Promise<void> {
  work.progress(`image ${reference}: pulling`);
  const stream = await work.engine.api.pull(reference, { abortSignal: work.signal });
  await followToEnd(stream, work, () => {});
}

/** How long an engine may be silent in the middle of a build, pull or import. */
const silenceMsMax = 180_000;

/** Reads a progress stream to its end; throws the error that one of its items carries. */
export async function followToEnd(stream: NodeJS.ReadableStream, work: ImageWork, onItem: (item: Json) => void): Promise<void> {
  let silence: Cancellable | undefined;
  let giveUp: (reason: Error) => void = () => {};
  const onAbort = (): void => giveUp(work.signal.reason as Error);
  try {
    await new Promise<void>((resolve, reject) => {
      giveUp = reject;
      work.signal.addEventListener("abort", onAbort, { once: true });
      const heard = (): void => {
        silence?.cancel();
        silence = after(silenceMsMax, () => reject(new Error(`the engine said nothing for ${silenceMsMax} ms`)));
      };
      heard();
      let failure: string | undefined;
      work.engine.api.modem.followProgress(
        stream,
        (error) => (error !== null ? reject(error) : failure !== undefined ? reject(new Error(failure)) : resolve()),
        (item: Json) => {
          heard();
          if (isObject(item) && typeof item["error"] === "string") failure = item["error"];
          onItem(item);
        },
      );
    });
  } finally {
    silence?.cancel();
    work.signal.removeEventListener("abort", onAbort);
    // An abandoned stream would keep the connection, and with it the process, open.
    if ("destroy" in stream && typeof stream.destroy === "function") stream.destroy();
  }
}

/** The HTTP status of an engine's refusal; undefined for other errors. */
export function statusCode(error: unknown): number | undefined {
  return error instanceof Error && "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : undefined;
}

function textOfItem(item: Json): string {
  if (!isObject(item)) return "";
  const text = item["stream"] ?? item["error"] ?? item["status"];
  return typeof text === "string" ? text : "";
}

/** `dockerfileBeside(import.meta.url, "./images/pod")` → absolute path, for source and `dist` alike. */
export function dockerfileBeside(callerUrl: string, folder: string): string {
  return join(fileURLToPath(new URL(folder, callerUrl)), "Dockerfile");
}

/** Dockerfile and files as one tar stream; nothing is written to disk. */
function buildContext(recipe: ImageRecipe): NodeJS.ReadableStream {
  const context = pack(dirname(recipe.dockerfile), {
    entries: ["Dockerfile"],
    finalize: false,
    finish: (stream) => {
      for (const [name, path] of Object.entries(recipe.files ?? {})) stream.entry({ name, mode: 0o755 }, readFileSync(path));
      stream.finalize();
    },
  });
  return Readable.from(context);
}

function contentHash(recipe: ImageRecipe): string {
  const hash = createHash("sha256");
  const add = (name: string, content: string | Buffer): void => void hash.update(`${name}\0${content.length}\0`).update(content);
  add("Dockerfile", readFileSync(recipe.dockerfile));
  for (const name of Object.keys(recipe.files ?? {}).sort()) add(name, readFileSync(recipe.files![name]!));
  for (const name of Object.keys(recipe.args).sort()) add(name, recipe.args[name]!);
  return hash.digest("hex");
}
