import { parseArgs } from "node:util";
import { freshSeed, Random } from "../../../harness/random.ts";
import { seed } from "../../../harness/ids.ts";
import { wallClock } from "../../../harness/time.ts";
import { type RunningServer, startServer } from "./server.ts";

/**
 * The proxy server as a process of its own, so that no pause of the harness (a checker at work, a garbage collection)
 * sits on a link.
 *
 *     main --host 127.0.0.1 --port 0 --seed 42 [--half-close] [--live-reset]
 *     stdout: {"ready":true,"host":"127.0.0.1","port":41234,"url":"http://127.0.0.1:41234","pid":4711}     one line, once
 *     stdout: {"ready":false,"code":"EADDRINUSE","message":"…"}                                            and exit code 1
 *     stderr: the log
 *
 * It lives as long as its stdin is open: when the harness dies, by whatever signal, the kernel closes the pipe.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      host: { type: "string", default: "127.0.0.1" },
      port: { type: "string", default: "8474" },
      seed: { type: "string" },
      "half-close": { type: "boolean", default: false },
      "live-reset": { type: "boolean", default: false },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new Error(`--port takes 0 to 65535, not ${values.port}`);
  const from = values.seed === undefined ? freshSeed() : seed(values.seed);
  const server = await startServer({
    host: values.host,
    port,
    random: new Random(from),
    halfClose: values["half-close"],
    liveReset: values["live-reset"],
    log,
  });
  log(`listening on ${server.url}, seed ${from}`);
  endWith(server);
  say({ ready: true, host: server.host, port: server.port, url: server.url, pid: process.pid });
}

function endWith(server: RunningServer): void {
  let ending = false;
  const end = (why: string): void => {
    if (ending) return;
    ending = true;
    log(`ends: ${why}`);
    server[Symbol.asyncDispose]().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.stdin.on("error", () => end("stdin failed"));
  process.stdin.on("end", () => end("stdin closed"));
  process.stdin.on("close", () => end("stdin closed"));
  process.stdin.resume();
  process.on("SIGTERM", () => end("SIGTERM"));
  process.on("SIGINT", () => end("SIGINT"));
}

function say(line: { readonly [name: string]: unknown }): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function log(line: string): void {
  process.stderr.write(`${wallClock().toISOString()} ${line}\n`);
}

main().catch((error: unknown) => {
  const code = error instanceof Error && "code" in error ? String(error.code) : "FAILED";
  say({ ready: false, code, message: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
});
