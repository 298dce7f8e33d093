import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a folder and those above it that are missing; one that exists is left as it is. Throws what `mkdir` says of the
 * first that cannot be made. Node's own `{ recursive: true }` never returns where the file system answers ENOENT for
 * a folder whose parent exists, as `/proc` does (Node 20 to 26).
 */
export function makeFolders(path: string): void {
  try {
    mkdirSync(path);
  } catch (cause) {
    if (isFolder(path)) return;
    const parent = dirname(path);
    if (!(cause instanceof Error && "code" in cause && cause.code === "ENOENT") || parent === path || isFolder(parent)) throw cause;
    makeFolders(parent);
    mkdirSync(path);
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
