import { HarnessError } from "../../../harness/errors.ts";
import { canonicalJson, isArray, type Json } from "../../../harness/json.ts";
import { microOperations } from "../../../harness/objects/transactions.ts";
import type { Call } from "../../../harness/op.ts";
import type { SqlDialect, SqlSession, Statement } from "./session.ts";

/**
 * What a call asks of a SQL database: a single statement, which the server commits by itself, or a transaction.
 *
 *     read, write v, cas [from, to]               one row of `kv`, the key `register`
 *     get k, put [k, v], delete k, cas [k, f, t]  the same on a key of one's own
 *     add v, read (of a set)                      rows of `elements`
 *     txn [["r", k, null], ["append", k, v] …]    rows of `lists`
 *     txn [["r", k, null], ["w", k, v] …]         rows of `registers`
 */
export type Work = SingleStatement | Transaction;

interface SingleStatement {
  readonly kind: "statement";
  readonly statement: Statement;
  /** Whether it can change anything. */
  readonly changes: boolean;
  readonly result: (rows: Awaited<ReturnType<SqlSession["run"]>>) => Json;
}
interface Transaction {
  readonly kind: "transaction";
  readonly changes: boolean;
  /** Runs between BEGIN and COMMIT; what it answers is the call's result once that is done. */
  readonly body: (session: SqlSession) => Promise<Json>;
}

export interface WorkOptions {
  readonly dialect: SqlDialect;
  /** The workload's object: a register and a set both call it `read`. */
  readonly object: string;
  /** Whether an append is one statement of the server's, or a read and a write that depends on it. */
  readonly appends: "one-statement" | "read-then-write";
}

/** Errors: `CLIENT_FAILED` for calls that it does not know. */
export function workOf(call: Call, options: WorkOptions): Work {
  const { dialect, object } = options;
  const { statements: sql } = dialect;
  const { f, value } = call;
  const get = (key: string): Work => ({ kind: "statement", statement: sql.get(key), changes: false, result: ({ rows }) => parsed(rows[0]?.[0]) });
  const put = (key: string, stored: Json): Work => ({
    kind: "statement",
    statement: stored === null ? sql.remove(key) : sql.put(key, canonicalJson(stored)),
    changes: true,
    result: () => stored,
  });
  const compare = (key: string, { from, to }: { from: Json; to: Json }): Work => ({
    kind: "statement",
    statement: compareStatement(dialect, key, { from, to }),
    changes: true,
    result: ({ changed }) => changed === 1,
  });
  if (f === "read" && object !== setObject) return get(registerKey);
  if (f === "write") return put(registerKey, value);
  if (f === "cas" && isArray(value) && value.length === 2) return compare(registerKey, { from: value[0]!, to: value[1]! });
  if (f === "get") return get(keyOf(value));
  if (f === "put" && isArray(value) && value.length === 2) return put(keyOf(value[0]!), value[1]!);
  if (f === "delete") return put(keyOf(value), null);
  if (f === "cas" && isArray(value) && value.length === 3) return compare(keyOf(value[0]!), { from: value[1]!, to: value[2]! });
  if (f === "add" && typeof value === "number") return { kind: "statement", statement: sql.add(value), changes: true, result: () => value };
  if (f === "read" && object === setObject) return { kind: "statement", statement: sql.elements(), changes: false, result: ({ rows }) => rows.map((row) => Number(row[0])) };
  if (f === "txn") return transaction(value, options);
  throw new HarnessError("CLIENT_FAILED", `${dialect.database}'s client cannot do ${f} ${JSON.stringify(value)}`, { nextStep: `choose a workload that \`rashomon list systems\` names for ${dialect.database}` });
}

/** The key of `read`, `write` and `cas`, which no key of `kv` can be: those are JSON texts. */
const registerKey = "register";
const setObject = "grow-only-set";
const listObject = "list-append";

function keyOf(value: Json): string {
  return `kv/${canonicalJson(value)}`;
}

function parsed(text: Json | undefined): Json {
  return typeof text === "string" ? (JSON.parse(text) as Json) : null;
}

/** null is the absence of the row. */
function compareStatement({ statements: sql }: SqlDialect, key: string, { from, to }: { readonly from: Json; readonly to: Json }): Statement {
  if (from === null) return sql.putIfAbsent(key, canonicalJson(to));
  return to === null ? sql.removeIf(key, canonicalJson(from)) : sql.compareAndSet(key, { from: canonicalJson(from), to: canonicalJson(to) });
}

function transaction(value: Json, { dialect, object, appends }: WorkOptions): Transaction {
  const { statements: sql } = dialect;
  const micro = microOperations(value);
  const listOf = async (session: SqlSession, key: number): Promise<Json> => {
    const text = (await session.run(sql.readList(key))).rows[0]?.[0];
    return typeof text === "string" ? text.split(",").map(Number) : null;
  };
  const registerOf = async (session: SqlSession, key: number): Promise<Json> => {
    const stored = (await session.run(sql.readRegister(key))).rows[0]?.[0];
    return stored === undefined || stored === null ? null : Number(stored);
  };
  const append = async (session: SqlSession, key: number, element: number): Promise<void> => {
    if (appends === "one-statement") return void (await session.run(sql.append(key, element)));
    const before = await listOf(session, key);
    await session.run(sql.writeList(key, [...(isArray(before) ? before : []), element].join(",")));
  };
  const reads = object === listObject ? listOf : registerOf;
  return {
    kind: "transaction",
    changes: micro.some(([f]) => f !== "r"),
    async body(session) {
      const answer: Json[] = [];
      for (const [f, key, written] of micro) {
        if (f === "r") answer.push([f, key, await reads(session, key)]);
        else {
          if (f === "append") await append(session, key, Number(written));
          else await session.run(sql.writeRegister(key, Number(written)));
          answer.push([f, key, written]);
        }
      }
      return answer;
    },
  };
}
