import { enableCompileCache, getCompileCacheDir } from "node:module";

/**
 * Keeps what Node compiles from now on in its own cache (by content and version of Node, in the system's temporary
 * folder), here and in all processes that this one starts: half of a short process's time is the compilation of its code.
 * `NODE_COMPILE_CACHE` moves it, `NODE_DISABLE_COMPILE_CACHE=1` does without. Where nothing can be kept, nothing changes.
 */
export function keepCompiledCode(): void {
  enableCompileCache();
  const folder = getCompileCacheDir();
  if (folder !== undefined) process.env["NODE_COMPILE_CACHE"] = folder;
}
