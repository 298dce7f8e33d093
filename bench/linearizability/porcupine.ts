import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isArray, type Json } from "../../harness/json.ts";
import type { Case, Figure } from "./cases.ts";

/** Wall time that Porcupine may take for one history. */
const limitSeconds = 20;

/** Builds Porcupine's published Go module and judges the cases with it; nothing where Go is not installed. */
export async function porcupine(cases: readonly Case[]): Promise<Figure[]> {
  const source = join(import.meta.dirname, "../porcupine");
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
      .map((line): Figure => {
        const { verdict, firstMs, warmMs } = JSON.parse(line) as { verdict: string; firstMs: number; warmMs: number };
        const word = verdict === "Ok" ? "valid" : verdict === "Illegal" ? "invalid" : "unknown";
        return { engine: "porcupine", verdict: word, firstMs, warmMs };
      });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function feed(binary: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, [`${limitSeconds}s`], { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, GOMAXPROCS: "1" } });
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

/** The version of the Porcupine module that was built. */
export function porcupineVersion(): string {
  return /porcupine (v\S+)/.exec(readFileSync(join(import.meta.dirname, "../porcupine/go.mod"), "utf8"))?.[1] ?? "unknown";
}
