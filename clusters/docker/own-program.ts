import { readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the harness's own files lie in an image. */
const imageRoot = "/rashomon";
const root = fileURLToPath(new URL("../..", import.meta.url));

/** The build context of an image in which a program of ours runs: this very Node, and the files of these folders, source or `dist` alike. No npm package is among what they import. */
export function ownProgramFiles(folders: readonly string[]): { readonly [name: string]: string } {
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  const files: { [name: string]: string } = { node: process.execPath };
  for (const folder of folders) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith(extension) || /\.test\.[jt]s$|\.d\.ts$/.test(entry.name) || entry.parentPath.includes(`${sep}testing`)) continue;
      const path = join(entry.parentPath, entry.name);
      files[`source/${relative(root, path).split(sep).join("/")}`] = path;
    }
  }
  return files;
}

/** Where a file of ours (absolute, as `entryFile` gives it) is in such an image. */
export function ownProgramInImage(file: string): string {
  return `${imageRoot}/${relative(root, file).split(sep).join("/")}`;
}
