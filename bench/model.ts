import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isArray, isObject, type Json } from "../harness/json.ts";
import { every, monotonicMs } from "../harness/time.ts";

/**
 * The explorer beside Stateright (its published crate with the examples that it ships, built here when cargo is there):
 * the same models, complete spaces, one thread. CPU time and peak memory of each process from the outside, start-up and
 * JIT included, three runs, the median. Parents are kept on both sides, so every discovery has its path.
 *
 *     npm run bench -- model            npx node bench/model.ts [--quick]
 */
const root = join(import.meta.dirname, "..");
const cache = join(root, ".cache/stateright");
const peerVersion = "0.31.0";
const quick = process.argv.includes("--quick");
const runs = quick ? 1 : 3;

interface Case {
  readonly name: string;
  /** Arguments of `model/explore-one.ts`, by what they are called in the table. */
  readonly ours: readonly (readonly [label: string, argv: readonly string[]])[];
  /** Example and its arguments; undefined: it does not end in reasonable time. */
  readonly theirs: readonly [example: string, ...argv: string[]] | undefined;
  readonly long?: boolean;
}

const cases: readonly Case[] = [
  { name: "paxos, 3 clients", ours: [["full", ["paxos", "clients=3"]], ["two workers", ["paxos", "clients=3", "workers=2"]]], theirs: ["paxos", "check", "3"] },
  { name: "two-phase commit, 8 managers", ours: [["full", ["two-phase-commit", "rms=8"]]], theirs: ["2pc", "check", "8"] },
  {
    name: "single copy, 4 clients",
    ours: [
      ["full history", ["single-copy-register", "clients=4"]],
      ["monitor", ["single-copy-register", "clients=4", "monitor"]],
    ],
    theirs: ["single-copy-register", "check", "4"],
  },
  {
    name: "linearizable register, 2 clients, 3 servers, ordered",
    ours: [["full", ["linearizable-register", "network=ordered"]]],
    theirs: ["linearizable-register", "check", "2", "ordered"],
  },
  {
    name: "linearizable register, 2 clients, 3 servers",
    ours: [
      ["reduced", ["linearizable-register", "reduce=20000"]],
      ["reduced, after 2 million in full", ["linearizable-register", "reduce=2000000"]],
      ["full", ["linearizable-register"]],
      ["full, two workers", ["linearizable-register", "workers=2"]],
    ],
    // 41 million states at about 110 thousand a second.
    theirs: undefined,
    long: true,
  },
];

interface Figure {
  readonly unique: number;
  readonly generated: number;
  readonly cpuMs: number;
  /** From start to end on the clock: means something on a machine that does nothing else. */
  readonly wallMs: number;
  readonly rssMb: number;
}

await main();

async function main(): Promise<void> {
  const peer = buildPeer();
  console.log(`rashomon on Node ${process.version}; ${peer?.version ?? "Stateright not built: cargo is not there"}; ${runs} run${runs === 1 ? "" : "s"}, median`);
  for (const one of cases) {
    if (quick && one.long === true) continue;
    console.log(`\n${one.name}`);
    const theirs = peer === undefined || one.theirs === undefined ? undefined : await median(() => runPeer(peer.folder, one.theirs!));
    if (theirs !== undefined) print("Stateright", theirs, undefined);
    else if (one.theirs === undefined) console.log("  Stateright               does not end within minutes");
    for (const [label, argv] of one.ours) print(`rashomon, ${label}`, await median(() => runOurs(argv)), theirs);
  }
}

function print(label: string, figure: Figure, theirs: Figure | undefined): void {
  const ratios = theirs === undefined ? "" : `   ${(theirs.cpuMs / figure.cpuMs).toFixed(1)}x less CPU, ${(theirs.rssMb / figure.rssMb).toFixed(1)}x less memory`;
  const counts = `${figure.unique.toLocaleString("en").padStart(11)} states ${figure.generated.toLocaleString("en").padStart(12)} generated`;
  console.log(`  ${label.padEnd(36)} ${counts} ${(figure.cpuMs / 1000).toFixed(2).padStart(7)} s CPU ${(figure.wallMs / 1000).toFixed(2).padStart(7)} s wall ${figure.rssMb.toFixed(0).padStart(6)} MB${ratios}`);
}

async function median(measure: () => Promise<Figure>): Promise<Figure> {
  const figures: Figure[] = [];
  for (let run = 0; run < runs; run++) figures.push(await measure());
  return figures.sort((a, b) => a.cpuMs - b.cpuMs)[Math.floor(runs / 2)]!;
}

async function runOurs(argv: readonly string[]): Promise<Figure> {
  const { stdout, ...cost } = await measured(process.execPath, ["--disable-warning=ExperimentalWarning", join(import.meta.dirname, "model/explore-one.ts"), ...argv]);
  const result = JSON.parse(stdout) as Json;
  if (!isObject(result) || typeof result["unique"] !== "number" || typeof result["generated"] !== "number") throw new Error(`explore ${argv.join(" ")} printed ${stdout}`);
  return { unique: result["unique"], generated: result["generated"], ...cost };
}

async function runPeer(folder: string, [example, ...argv]: readonly string[]): Promise<Figure> {
  const { stdout, ...cost } = await measured(join(folder, "target/release/examples", example!), argv);
  const done = /Done\. states=(\d+), unique=(\d+)/.exec(stdout);
  if (done === null) throw new Error(`${example} printed ${stdout.slice(-500)}`);
  return { unique: Number(done[2]), generated: Number(done[1]), ...cost };
}

/** Runs a program to its end; its CPU time and peak memory as the kernel counts them, looked at every 10 ms. */
function measured(program: string, argv: readonly string[]): Promise<{ stdout: string; cpuMs: number; wallMs: number; rssMb: number }> {
  return new Promise((resolve, reject) => {
    // Types are stripped once, not in every run: what is published is JavaScript.
    const env = { ...process.env, NODE_COMPILE_CACHE: join(root, ".cache/node-compile") };
    const child = spawn(program, argv, { stdio: ["ignore", "pipe", "ignore"], env });
    const begun = monotonicMs();
    let stdout = "";
    let cpuMs = 0;
    let rssMb = 0;
    const look = (): void => {
      try {
        const stat = readFileSync(`/proc/${child.pid}/stat`, "utf8");
        const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        // Fields 14 and 15 of proc(5): user and system time in ticks of 10 ms.
        cpuMs = Math.max(cpuMs, (Number(fields[11]) + Number(fields[12])) * 10);
        const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"));
        if (peak !== null) rssMb = Math.max(rssMb, Number(peak[1]) / 1024);
      } catch {
        // It has just ended.
      }
    };
    const looking = every(10, look);
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.on("error", reject);
    child.on("close", () => {
      looking.cancel();
      resolve({ stdout, cpuMs, wallMs: monotonicMs() - begun, rssMb });
    });
  });
}

/** The crate's own examples, built in `.cache`; undefined without cargo. */
function buildPeer(): { readonly folder: string; readonly version: string } | undefined {
  // A package that only names the peer: cargo finds, checks and unpacks it.
  const finder = join(cache, "finder");
  mkdirSync(join(finder, "src"), { recursive: true });
  writeFileSync(join(finder, "src/main.rs"), "fn main() {}\n");
  const manifest = join(finder, "Cargo.toml");
  writeFileSync(manifest, `[package]\nname = "finder"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\nstateright = "=${peerVersion}"\n[workspace]\n`);
  const metadata = spawnSync("cargo", ["metadata", "--format-version", "1", "--manifest-path", manifest], { encoding: "utf8", maxBuffer: 1 << 28 });
  if (metadata.status !== 0) return undefined;
  const crate = crateNamed(JSON.parse(metadata.stdout) as Json, "stateright");
  if (crate === undefined) return undefined;
  const folder = join(cache, crate.version);
  if (!existsSync(folder)) {
    cpSync(dirname(crate.manifest), folder, { recursive: true });
  }
  const examples = ["paxos", "2pc", "single-copy-register", "linearizable-register"].flatMap((name) => ["--example", name]);
  const build = spawnSync("cargo", ["build", "--release", "--manifest-path", join(folder, "Cargo.toml"), ...examples], { stdio: "inherit" });
  return build.status === 0 ? { folder, version: `Stateright ${crate.version}` } : undefined;
}

function crateNamed(metadata: Json, name: string): { readonly manifest: string; readonly version: string } | undefined {
  if (!isObject(metadata) || metadata["packages"] === undefined || !isArray(metadata["packages"])) return undefined;
  for (const crate of metadata["packages"]) {
    if (isObject(crate) && crate["name"] === name) return { manifest: String(crate["manifest_path"]), version: String(crate["version"]) };
  }
  return undefined;
}
