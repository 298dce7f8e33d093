import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import dockerignore from "@balena/dockerignore";
import { pack } from "tar-fs";
import { HarnessError } from "../../harness/errors.ts";
import { buildImage, findImage, pullImage, type ImageWork } from "../docker/image.ts";
import type { Build, ServiceSpec } from "./service-spec.ts";

/** The build argument by which a Dockerfile may stand on the harness's own Debian 12, where no registry is in reach. */
export const baseArgument = "RASHOMON_BASE";

/** Name of the service's image: fetched when the engine has none of that name, or built. `IMAGE_MISSING` with the reason otherwise. */
export async function serviceImage({ name, image }: ServiceSpec, work: ImageWork & { readonly base: string }): Promise<string> {
  if (image.from === "build") return await build(name, image.build, work);
  if ((await findImage(work.engine, image.image)) !== undefined) return image.image;
  try {
    await pullImage(image.image, work);
    return image.image;
  } catch (cause) {
    work.signal.throwIfAborted();
    throw new HarnessError("IMAGE_MISSING", `image ${image.image} of service ${name} is not there and cannot be pulled`, { nextStep: "correct its name, or build it, or bring it here with `docker load`", cause });
  }
}

async function build(name: string, { context, dockerfile, args, files }: Build, work: ImageWork & { readonly base: string }): Promise<string> {
  if (!existsSync(join(context, dockerfile))) {
    throw new HarnessError("FILE_UNREADABLE", `service ${name} has no Dockerfile at ${join(context, dockerfile)}`, { nextStep: "correct the path: it is relative to the build's context" });
  }
  const asked = readFileSync(join(context, dockerfile), "utf8").includes(baseArgument) ? { [baseArgument]: work.base } : {};
  const tag = `rashomon-own-${name.toLowerCase()}:latest`;
  // By its id, so that another run's build under the same name does not change this one.
  return await buildImage(contextOf(context, { files, dockerfile }), { tag, label: `own-${name}`, args: { ...asked, ...args }, dockerfile }, work);
}

/** The folder as a tar stream, without what its `.dockerignore` names, and with the files from elsewhere. */
function contextOf(folder: string, { files, dockerfile }: { readonly files: Build["files"]; readonly dockerfile: string }): NodeJS.ReadableStream {
  const rules = join(folder, ".dockerignore");
  const ignored = dockerignore.default().add(existsSync(rules) ? readFileSync(rules, "utf8") : "").createFilter();
  const stream = pack(folder, {
    ignore: (path) => {
      const relative = path.slice(folder.length + 1);
      return relative !== "" && relative !== dockerfile && !ignored(relative);
    },
    finalize: false,
    finish: (into) => {
      for (const [name, path] of Object.entries(files)) into.entry({ name, mode: 0o755 }, readFileSync(path));
      into.finalize();
    },
  });
  return Readable.from(stream);
}
