import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { scalePage } from "./elle/page.ts";
import { scalePlot } from "./elle/plot.ts";
import { measure, type Measured, subjects } from "./elle/subjects.ts";

/**
 * The transactional checker from 50,000 to 5,000,000 transactions, the weak levels to 10,000,000. Each figure is a
 * process of its own, with Node's default heap: first the history is simulated, straight into columns, then it is
 * checked once, cold. The figures go to `docs/elle-scale.md`, the plot to `docs/images/elle-scale.svg`.
 *
 *     npm run bench -- elle                      everything (about 6 minutes of CPU)
 *     npx node bench/elle.ts 50000 500000        these sizes alone; page and plot stay as they are
 */
const plotted = ["list-append strict-serializable", "rw-register strict-serializable", "rw-register read-committed", "rw-register read-atomic", "rw-register causal", "list-append timestamps", "rw-register timestamps"];
const sizes = [50_000, 500_000, 1_000_000, 5_000_000];
/** What is not plotted ends here; objects for every operation take ten times the memory of columns. */
const smallMax = 500_000;

function inOwnProcess(subject: string, transactions: number): Measured | undefined {
  const result = spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", fileURLToPath(import.meta.url), "measure", subject, String(transactions)], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  return result.status === 0 ? (JSON.parse(result.stdout) as Measured) : undefined;
}

function row(subject: string, transactions: number): Measured | undefined {
  const measured = inOwnProcess(subject, transactions);
  const head = `${subject.padEnd(32)} ${transactions.toLocaleString("en").padStart(10)}`;
  if (measured === undefined) {
    console.log(`${head}  failed`);
    process.exitCode = 1;
    return undefined;
  }
  const { cpuMs, readCpuMs, peakMB, valid, notes } = measured;
  const read = readCpuMs === 0 ? "" : `reading ${(readCpuMs / 1000).toFixed(2)} s; `;
  console.log(`${head} ${(cpuMs / 1000).toFixed(2).padStart(8)} s ${((cpuMs * 1000) / transactions).toFixed(2).padStart(6)} µs each ${peakMB.toFixed(0).padStart(6)} MB  ${valid === true ? "valid" : String(valid)}  ${read}${notes}`);
  return measured;
}

function main(asked: readonly number[]): void {
  console.log(`elle: seed bench, Node ${process.version}; CPU of one cold check, peak memory of the whole process`);
  const rows: Measured[] = [];
  for (const subject of Object.keys(subjects)) {
    const isPlotted = plotted.includes(subject);
    const all = asked.length > 0 ? asked : /read-committed|read-atomic|causal/.test(subject) ? [...sizes, 10_000_000] : sizes;
    for (const size of all) {
      if (!isPlotted && size > smallMax) continue;
      const measured = row(subject, size);
      if (measured !== undefined) rows.push(measured);
    }
  }
  if (asked.length > 0) return;
  const docs = join(import.meta.dirname, "../docs");
  writeFileSync(join(docs, "images/elle-scale.svg"), scalePlot(rows.filter(({ subject }) => plotted.includes(subject))));
  writeFileSync(join(docs, "elle-scale.md"), scalePage(rows, { nodeVersion: process.version, seed: "bench" }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] === "measure") console.log(JSON.stringify(measure(process.argv[3]!, Number(process.argv[4]))));
  else main(process.argv.slice(2).map(Number));
}
