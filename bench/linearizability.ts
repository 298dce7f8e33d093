import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decide } from "../checkers/linearizability/decide.ts";
import { partsOf } from "../checkers/linearizability/parts.ts";
import { randomHistory } from "../checkers/linearizability/testing/random-history.ts";
import { unlimited } from "../harness/budget.ts";
import type { History } from "../harness/history.ts";
import { seed } from "../harness/ids.ts";
import { isArray, type Json } from "../harness/json.ts";
import { cas, casRegister, read, write } from "../harness/objects/register.ts";
import { specNamed } from "../harness/objects/registry.ts";
import { Random } from "../harness/random.ts";
import type { SequentialSpec } from "../harness/spec.ts";
import { cpuMs } from "../harness/time.ts";
import { readHistory } from "../results/formats/formats.ts";

/**
 * The linearizability checker beside Porcupine (its published Go module, built here when Go is there): the same
 * histories, CPU time of the process, one thread, reading left out on both sides. `first` is the first check of that
 * history in the process, `warm` the least mean of 25 batches of at least 4 ms (only where the first took less than 100 ms).
 *
 *     npx node bench/linearizability.ts [--quick]
 */
export interface Case {
  readonly group: string;
  readonly name: string;
  readonly history: History;
  readonly spec: SequentialSpec;
  /** Form for Porcupine; undefined: not run there. */
  readonly model?: "register" | "kv";
}
export interface Figure {
  readonly group: string;
  readonly name: string;
  readonly engine: "rashomon" | "rashomon, opaque spec" | "porcupine";
  readonly verdict: string;
  readonly firstMs: number;
  readonly warmMs: number;
}

const root = process.env["RASHOMON_CONFORMANCE"] ?? join(import.meta.dirname, "../../shared/conformance");
/** Wall time that Porcupine may take for one history. */
const porcupineLimitSeconds = 20;

/** Runs everything and returns the figures; `quick` leaves out what takes long. */
export async function benchLinearizability(options: { readonly quick: boolean }): Promise<readonly Figure[]> {
  const cases = [...(await recorded()), ...generated(options.quick)];
  const figures: Figure[] = cases.map((one) => ours(one, "rashomon"));
  for (const one of cases) if (one.group === "etcd") figures.push(ours({ ...one, spec: opaque(one.spec) }, "rashomon, opaque spec"));
  return [...figures, ...(await porcupine(cases.filter((one) => one.model !== undefined)))];
}

async function recorded(): Promise<Case[]> {
  const cases: Case[] = [];
  for (const [group, object] of [["etcd", "cas-register"], ["kv", "kv"]] as const) {
    const folder = join(root, "linearizability/porcupine", group);
    if (!existsSync(folder)) continue;
    for (const file of readdirSync(folder).sort()) {
      const result = await readHistory(join(folder, file));
      cases.push({ group, name: file, history: result.history, spec: specNamed(object, { recorded: result }), model: group === "kv" ? "kv" : "register" });
    }
  }
  return cases;
}

interface Wanted {
  readonly group: string;
  readonly operations: number;
  readonly clients: number;
  readonly crashRatio: number;
  readonly lies: number;
  readonly seeds: readonly string[];
  readonly porcupine: boolean;
}

function generated(quick: boolean): Case[] {
  const wanted: Wanted[] = [
    { group: "valid", operations: 10_000, clients: 10, crashRatio: 0, lies: 0, seeds: ["1", "2"], porcupine: true },
    { group: "valid", operations: 10_000, clients: 10, crashRatio: 0.01, lies: 0, seeds: ["1", "2"], porcupine: true },
    { group: "invalid", operations: 1000, clients: 10, crashRatio: 0, lies: 20, seeds: ["1", "2", "3"], porcupine: true },
    { group: "invalid", operations: 2000, clients: 10, crashRatio: 0, lies: 20, seeds: ["1", "2", "3"], porcupine: true },
    { group: "invalid, 2 % crashed", operations: 500, clients: 10, crashRatio: 0.02, lies: 20, seeds: ["1", "2", "3"], porcupine: !quick },
    { group: "scale", operations: 100_000, clients: 20, crashRatio: 0, lies: 0, seeds: ["1"], porcupine: false },
    { group: "scale", operations: 100_000, clients: 20, crashRatio: 0.01, lies: 0, seeds: ["1"], porcupine: false },
    { group: "open problem", operations: 100_000, clients: 20, crashRatio: 0.05, lies: 0, seeds: ["1", "2", "3"], porcupine: false },
    { group: "open problem", operations: 100_000, clients: 50, crashRatio: 0.01, lies: 0, seeds: ["1", "2", "3"], porcupine: false },
    { group: "scale", operations: 1_000_000, clients: 10, crashRatio: 0, lies: 0, seeds: ["1"], porcupine: false },
  ];
  return wanted.flatMap((one) =>
    one.seeds.map((from): Case => {
      const shape = {
        spec: casRegister(0),
        call: (random: Random) => [read(), write(random.int(5)), cas(random.int(5), random.int(5))][random.int(3)]!,
        operations: one.operations,
        clients: one.clients,
        crashRatio: one.crashRatio,
        lies: one.lies,
        liesFrom: 0.9,
        busy: true,
      };
      const name = `${one.operations} operations, ${one.clients} clients, ${one.crashRatio * 100} % crashed, seed ${from}`;
      const history = randomHistory(shape, new Random(seed(`bench/${from}`)));
      return { group: one.group, name, history, spec: casRegister(0), ...(one.porcupine ? { model: "register" } : {}) };
    }),
  );
}

/** The same object, but nothing is known of it: the search has only the spec to ask. */
function opaque(spec: SequentialSpec): SequentialSpec {
  const { behavesAs: _, readOnly: __, ...rest } = spec;
  return rest;
}

function ours(one: Case, engine: Figure["engine"]): Figure {
  const check = (): string => {
    // As Porcupine does, the first part that is wrong ends it.
    const wrong = partsOf(one.history, one.spec).some((part) => decide(part, unlimited()).outcome !== "linearizable");
    return wrong ? "invalid" : "valid";
  };
  const start = cpuMs();
  const verdict = check();
  const firstMs = cpuMs() - start;
  let warmMs = firstMs;
  if (firstMs < 100) {
    for (let batch = 0; batch < 25; batch++) {
      const begin = cpuMs();
      let rounds = 0;
      while (cpuMs() - begin < 4) {
        check();
        rounds++;
      }
      warmMs = Math.min(warmMs, (cpuMs() - begin) / rounds);
    }
  }
  return { group: one.group, name: one.name, engine, verdict, firstMs, warmMs };
}

async function porcupine(cases: readonly Case[]): Promise<Figure[]> {
  const source = join(import.meta.dirname, "porcupine");
  if (spawnSync("go", ["version"]).status !== 0) {
    console.error("Go is not installed: Porcupine is left out");
    return [];
  }
  const folder = mkdtempSync(join(tmpdir(), "rashomon-porcupine-"));
  try {
    const binary = join(folder, "porcupine");
    const built = spawnSync("go", ["build", "-o", binary, "."], { cwd: source, encoding: "utf8" });
    if (built.status !== 0) {
      console.error(`Porcupine could not be built, so it is left out: ${built.stderr}`);
      return [];
    }
    const output = await feed(binary, cases.map(asText).join(""));
    return output
      .trim()
      .split("\n")
      .filter((line) => line !== "")
      .map((line, i): Figure => {
        const { verdict, firstMs, warmMs } = JSON.parse(line) as { verdict: string; firstMs: number; warmMs: number };
        const word = verdict === "Ok" ? "valid" : verdict === "Illegal" ? "invalid" : "unknown";
        return { group: cases[i]!.group, name: cases[i]!.name, engine: "porcupine", verdict: word, firstMs, warmMs };
      });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function feed(binary: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, [`${porcupineLimitSeconds}s`], { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, GOMAXPROCS: "1" } });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(output) : reject(new Error(`Porcupine ended with ${code}`))));
    child.stdin.end(text);
  });
}

/** The history as bench/porcupine/main.go reads it: operations without completion return, unknown, at the end. */
function asText({ history, name, model, spec }: Case): string {
  const lines = [`history\t${name}\t${model}\t${text(spec.initial)}`];
  const open = new Set<number>();
  for (const op of history) {
    if (op.process < 0) continue;
    if (op.type === "invoke") {
      const pair = history.pairs[op.index]!;
      if (pair >= 0 && history.types[pair] === 2) continue;
      const values = isArray(op.value) ? op.value : [op.value];
      const [key, a, b] = model === "kv" ? [text(values[0]!), plain(values[1] ?? ""), ""] : ["", text(values[0]!), text(values[1] ?? null)];
      lines.push(`call\t${op.index}\t${op.f}\t${key}\t${a}\t${b}`);
      open.add(op.index);
    } else if (op.type === "ok") {
      const invocation = history.pairs[op.index]!;
      open.delete(invocation);
      lines.push(`return\t${invocation}\tok\t${model === "kv" ? plain(op.value) : text(op.value)}`);
    }
  }
  for (const invocation of open) lines.push(`return\t${invocation}\tunknown\t`);
  return `${lines.join("\n")}\n`;
}
const text = (value: Json): string => JSON.stringify(value);
const plain = (value: Json): string => (typeof value === "string" ? value : JSON.stringify(value));

/** Totals by group and engine, and how many times less CPU ours took. */
export function table(figures: readonly Figure[]): string {
  const groups = new Map<string, Figure[]>();
  for (const figure of figures) {
    const key = ["etcd", "kv"].includes(figure.group) ? `${figure.group} (all files)` : figure.name;
    const label = figure.group === "etcd" || figure.group === "kv" ? key : `${figure.group}: ${figure.name}`;
    groups.set(label, [...(groups.get(label) ?? []), figure]);
  }
  const lines: string[] = [];
  for (const [label, members] of groups) {
    const peer = total(members, "porcupine");
    for (const engine of ["rashomon", "rashomon, opaque spec", "porcupine"] as const) {
      const own = total(members, engine);
      if (own === undefined) continue;
      const ratio = engine !== "porcupine" && peer !== undefined ? `  ${(peer.warmMs / own.warmMs).toFixed(1)} times less${peer.verdicts.includes("unknown") ? " (and Porcupine did not decide)" : ""}` : "";
      lines.push(`${label.padEnd(64)} ${engine.padEnd(22)} first ${own.firstMs.toFixed(2).padStart(10)} ms  warm ${own.warmMs.toFixed(3).padStart(10)} ms  ${own.verdicts.padEnd(18)}${ratio}`);
    }
  }
  return lines.join("\n");
}

function total(figures: readonly Figure[], engine: Figure["engine"]): { firstMs: number; warmMs: number; verdicts: string } | undefined {
  const own = figures.filter((figure) => figure.engine === engine);
  if (own.length === 0) return undefined;
  const count = (verdict: string): string => {
    const n = own.filter((figure) => figure.verdict === verdict).length;
    return n === 0 ? "" : `${own.length === 1 ? "" : `${n} `}${verdict} `;
  };
  return {
    firstMs: own.reduce((sum, figure) => sum + figure.firstMs, 0),
    warmMs: own.reduce((sum, figure) => sum + figure.warmMs, 0),
    verdicts: (count("valid") + count("invalid") + count("unknown")).trim(),
  };
}

/** The version of the Porcupine module that was built. */
export function porcupineVersion(): string {
  return /porcupine (v\S+)/.exec(readFileSync(join(import.meta.dirname, "porcupine/go.mod"), "utf8"))?.[1] ?? "unknown";
}

if (import.meta.main) {
  const figures = await benchLinearizability({ quick: process.argv.includes("--quick") });
  console.log(`node ${process.version}, porcupine ${porcupineVersion()}, seeds bench/1 …`);
  console.log(table(figures));
}
