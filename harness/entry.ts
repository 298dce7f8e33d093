import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * The file of a worker or child process, for source (`.ts`) and `dist` (`.js`) alike.
 * `entryFile(import.meta.url, "./server-main")` → absolute path beside the caller.
 */
export function entryFile(callerUrl: string, relativeWithoutExtension: string): string {
  const extension = callerUrl.endsWith(".ts") ? ".ts" : ".js";
  const path = fileURLToPath(new URL(relativeWithoutExtension + extension, callerUrl));
  if (!existsSync(path)) throw new Error(`assertion failed: entry file ${relativeWithoutExtension}${extension} exists beside its caller`);
  return path;
}
