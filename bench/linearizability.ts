import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { surelyUniqueRegister } from "../checkers/linearizability/register-columns.ts";
import { decide } from "../checkers/linearizability/decide.ts";
import { partsOf } from "../checkers/linearizability/parts.ts";
import { unlimited } from "../harness/budget.ts";
import { cpuMs } from "../harness/time.ts";
import { allCases, type Case, type Figure, type Group } from "./linearizability/cases.ts";
import { largeCases, type LargeFigure } from "./linearizability/large.ts";
import { porcupine, porcupineVersion } from "./linearizability/porcupine.ts";

/**
 * The linearizability checker beside Porcupine (its published Go module, built here when Go is there): the same
 * histories, CPU time of the process, one thread, reading left out on both sides. `first` is the first check of that
 * history in the process, `warm` the least mean of 25 batches of at least 4 ms (only where the first took less than
 * 100 ms). Then histories too large for Porcupine, each in a process of its own. Every line says its goal.
 *
 *     npx node bench/linearizability.ts [--large | --small]
 */
async function main(): Promise<void> {
  console.log(`node ${process.version}, porcupine ${porcupineVersion()}, seeds bench/1 …, CPU time`);
  if (!process.argv.includes("--large")) await besidePorcupine();
  if (!process.argv.includes("--small")) for (const [name, { goalMs, goalMb }] of largeCases) console.log(largeLine(name, { goalMs, goalMb }));
}

async function besidePorcupine(): Promise<void> {
  const cases = await allCases();
  const own = cases.map(ours);
  const peers = await porcupine(cases);
  for (const group of new Set(cases.map((one) => one.group))) {
    const members = cases.flatMap((one, i) => (one.group === group ? [i] : []));
    console.log(groupLines(group, { own: members.map((i) => own[i]!), peers: members.flatMap((i) => peers[i] ?? []) }));
  }
}

function ours(one: Case): Figure {
  const check = (): Figure["verdict"] => {
    if (surelyUniqueRegister(one.history, one.spec)) return "valid";
    // As Porcupine does, the first part that is wrong ends it.
    return partsOf(one.history, one.spec).some((part) => decide(part, unlimited()).outcome !== "linearizable") ? "invalid" : "valid";
  };
  const start = cpuMs();
  const verdict = check();
  const firstMs = cpuMs() - start;
  let warmMs = firstMs;
  for (let batch = 0; firstMs < 100 && batch < 25; batch++) {
    const begin = cpuMs();
    let rounds = 0;
    while (cpuMs() - begin < 4) {
      check();
      rounds++;
    }
    warmMs = Math.min(warmMs, (cpuMs() - begin) / rounds);
  }
  return { engine: one.group.engine, verdict, firstMs, warmMs };
}

/** Both engines on a group: sums of its histories, and whether the goal was met. */
function groupLines(group: Group, { own, peers }: { readonly own: readonly Figure[]; readonly peers: readonly Figure[] }): string {
  const sum = (figures: readonly Figure[], of: "firstMs" | "warmMs"): number => figures.reduce((total, figure) => total + figure[of], 0);
  const verdicts = (figures: readonly Figure[]): string =>
    ["valid", "invalid", "unknown"]
      .map((verdict) => [figures.filter((figure) => figure.verdict === verdict).length, verdict] as const)
      .filter(([count]) => count > 0)
      .map(([count, verdict]) => `${count} ${verdict}`)
      .join(", ");
  const line = (engine: string, figures: readonly Figure[], goal: string): string =>
    `${group.title.padEnd(56)} ${engine.padEnd(22)} first ${ms(sum(figures, "firstMs"))}  warm ${ms(sum(figures, "warmMs"))}  ${verdicts(figures).padEnd(24)} ${goal}`.trimEnd();
  const ratio = sum(peers, "warmMs") / sum(own, "warmMs");
  const slowest = Math.max(...own.map(({ warmMs }) => warmMs));
  const goals: string[] = [];
  if (peers.length > 0) goals.push(`${ratio.toFixed(1)} times less${group.timesLess === undefined ? "" : ` (goal ${group.timesLess}: ${met(ratio >= group.timesLess)})`}`);
  if (group.msMax !== undefined) goals.push(`slowest ${slowest.toFixed(0)} ms (goal ${group.msMax} ms: ${met(slowest < group.msMax)})`);
  const lines = [line(group.engine, own, goals.join(", "))];
  if (peers.length > 0) lines.push(line("porcupine", peers, ""));
  return lines.join("\n");
}

function largeLine(name: string, goal: { readonly goalMs: number; readonly goalMb: number | undefined }): string {
  const child = spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", "--expose-gc", join(import.meta.dirname, "linearizability/large.ts"), name], { encoding: "utf8" });
  if (child.status !== 0) return `${name}: failed: ${child.stderr}`;
  const { verdict, method, firstMs, warmMs, peakMb, historyMb } = JSON.parse(child.stdout) as LargeFigure;
  const memory = `${peakMb.toFixed(0)} MB (history ${historyMb.toFixed(0)} MB)`;
  const goals = [`goal ${goal.goalMs} ms: ${met(warmMs < goal.goalMs)}`];
  if (goal.goalMb !== undefined) goals.push(`goal ${goal.goalMb} MB: ${met(peakMb < goal.goalMb)}`);
  return `${name.padEnd(79)} first ${ms(firstMs)}  warm ${ms(warmMs)}  ${verdict} by ${method.padEnd(15)} ${memory}  ${goals.join(", ")}`;
}

const ms = (value: number): string => `${value.toFixed(value < 100 ? 3 : 0).padStart(9)} ms`;
const met = (reached: boolean): string => (reached ? "met" : "missed");

if (import.meta.main) await main();
