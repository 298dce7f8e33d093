/**
 * A database of your own, embedded and real: SQLite, as it is and used wrongly. Random transactions from several
 * connections, judged by the anomalies that strict serializability forbids.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { type Client, type Connection, type Json, nodeId, type Outcome, Random, run, seed, unlimited, type Verdict } from "../entries/index.ts";
import { nextTurn } from "../harness/time.ts";
import { elle } from "../entries/checkers.ts";
import { limit } from "../entries/generators.ts";
import { findWorkload } from "../entries/workloads.ts";

/** One connection a client thread, all to one file. `atomic: false` forgets BEGIN and COMMIT: every statement is its own. */
function sqlite(file: string, options: { readonly atomic: boolean }): Client {
  return {
    connect(): Promise<Connection> {
      const database = new DatabaseSync(file, { timeout: 0 });
      database.exec("PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS list (key INTEGER, element INTEGER)");
      const read = database.prepare("SELECT element FROM list WHERE key = ? ORDER BY rowid");
      const append = database.prepare("INSERT INTO list VALUES (?, ?)");

      /** Other connections come between any two statements. */
      async function transaction(micro: readonly (readonly [f: string, key: number, value: Json])[]): Promise<Json> {
        const answers: Json[] = [];
        for (const [f, key, value] of micro) {
          await nextTurn();
          if (f === "append") append.run(key, Number(value));
          answers.push(f === "r" ? [f, key, read.all(key).map(({ element }) => Number(element))] : [f, key, value]);
        }
        return answers;
      }

      return Promise.resolve({
        async invoke(call): Promise<Outcome> {
          const micro = call.value as unknown as Parameters<typeof transaction>[0];
          if (!options.atomic) return { type: "ok", value: await transaction(micro) };
          database.exec("BEGIN");
          try {
            const value = await transaction(micro);
            database.exec("COMMIT");
            return { type: "ok", value };
          } catch (error) {
            // SQLITE_BUSY: another connection wrote first. Nothing of this transaction stays.
            database.exec("ROLLBACK");
            return { type: "fail", value: call.value, error: String(error) };
          }
        },
        [Symbol.asyncDispose]: () => Promise.resolve(database.close()),
      });
    },
  };
}

async function judged(options: { readonly atomic: boolean }): Promise<Verdict> {
  const folder = mkdtempSync(join(tmpdir(), "rashomon-sqlite-"));
  try {
    const workload = findWorkload("list-append");
    const plan = workload.make(Object.fromEntries(workload.options.map(({ name, default: value }) => [name, value])));
    const { history, counts } = await run({
      concurrency: 5,
      nodes: [nodeId("sqlite")],
      client: sqlite(join(folder, "lists.db"), options),
      endpoint: () => Promise.resolve({ host: "none", port: 0 }),
      generator: limit(300, plan.generator),
      timeLimitMs: 30_000,
      random: new Random(seed("sqlite")),
    });
    expect(counts.ok).toBeGreaterThan(50);
    return await elle("list-append", { models: ["strict-serializable"] }).check(history, { budget: unlimited() });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("SQLite's transactions are strictly serializable", async () => {
  expect(await judged({ atomic: true })).toMatchObject({ verdict: "valid" });
});

test("the same statements without a transaction around them are not", async () => {
  expect(await judged({ atomic: false })).toMatchObject({ verdict: "invalid" });
});
