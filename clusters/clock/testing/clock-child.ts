import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { startTicks } from "../../../harness/process-identity.ts";
import { type ClockReading, readClocks } from "../../../harness/time.ts";
import type { ProcessId } from "../standstill.ts";

/** A child process that tells its clocks when it is asked, for tests that change them. It is itself from its first answer on: before, it may be what it was forked from. */
export interface ClockChild extends Disposable {
  readonly id: ProcessId;
  /** What it read, between two readings of our own. */
  read(): Promise<Bracketed>;
}
export interface Bracketed {
  readonly before: ClockReading;
  readonly child: Omit<ClockReading, "boottime">;
  readonly after: ClockReading;
  /** Other words that it said. */
  readonly rest: readonly string[];
}

/** Node: its clocks by `clock_gettime`; `hammer`: so many threads read them without end, and it tells how often. */
export function nodeChild(options: { readonly hammer?: number } = {}): ClockChild {
  const program = `
    const { Worker } = require("node:worker_threads");
    const counts = new BigInt64Array(new SharedArrayBuffer(8 * 16));
    for (let i = 0; i < ${options.hammer ?? 0}; i++)
      new Worker("const { workerData } = require('node:worker_threads'); for (;;) { Date.now(); process.hrtime(); workerData.counts[workerData.i]++; }", { eval: true, workerData: { i, counts } });
    process.stdin.on("end", () => process.exit());
    require("node:readline").createInterface({ input: process.stdin }).on("line", () =>
      console.log(BigInt(Date.now()) * 1000000n + "", process.hrtime.bigint() + "", counts.reduce((a, b) => a + b) + ""));`;
  return talk(spawn(process.execPath, ["-e", program]));
}

/** A shell, whose two realtime clocks are \`time\` and \`gettimeofday\`; it tells them as realtime and as monotonic. */
export function shellChild(): ClockChild {
  return talk(spawn("bash", ["-c", 'while read -r line; do echo "${EPOCHSECONDS}000000000 ${EPOCHREALTIME/[.,]/}000"; done']));
}

function talk(child: ChildProcessWithoutNullStreams): ClockChild {
  const id = { pid: child.pid!, startTicks: startTicks(child.pid!)! };
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    id,
    async read() {
      const before = readClocks();
      child.stdin.write("\n");
      const { value, done } = await lines.next();
      const after = readClocks();
      if (done === true) throw new Error(`the child has ended (${child.exitCode ?? child.signalCode})`);
      const [realtime, monotonic, ...rest] = value.split(" ");
      return { before, child: { realtime: BigInt(realtime!), monotonic: BigInt(monotonic!) }, after, rest };
    },
    [Symbol.dispose]: () => void child.kill("SIGKILL"),
  };
}
