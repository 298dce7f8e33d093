import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What a command left behind, as a script sees it. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Standard output, line by line, as JSON; throws when a line is none. */
  json(): { readonly [key: string]: unknown }[];
}

const main = fileURLToPath(new URL("../main.ts", import.meta.url));

/** Runs the command line as a user would, in `cwd`, and waits for its end. */
export function rashomon(args: readonly string[], options: { readonly cwd?: string; readonly timeoutMs?: number; readonly env?: { readonly [name: string]: string } } = {}): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [main, ...args],
      { encoding: "utf8", maxBuffer: 64 * 1024 * 1024, timeout: options.timeoutMs ?? 120_000, ...(options.cwd === undefined ? {} : { cwd: options.cwd }), env: { ...process.env, NO_COLOR: "1", ...options.env } },
      (error, out, err) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
        resolve({ code, out, err, json: () => out.trim().split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as { [key: string]: unknown }) });
      },
    );
  });
}
