import { canonicalJson, isArray, type Json } from "../../../harness/json.ts";
import { microOperations } from "../../../harness/objects/transactions.ts";
import type { Call } from "../../../harness/op.ts";
import { type Access, accessOf } from "../staged/access.ts";
import type { SqlDialect, SqlSession, Statement } from "./session.ts";

/**
 * What a call asks of a SQL database: a single statement, which the server commits by itself, or a transaction.
 *
 *     an access to a store of keys                one row of `kv`
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
  if (call.f === "txn") return transaction(call.value, options);
  return statementOf(accessOf(call, options.object), options.dialect);
}

function statementOf(access: Access, dialect: SqlDialect): SingleStatement {
  const { statements: sql } = dialect;
  const statement = { kind: "statement", changes: true } as const;
  switch (access.kind) {
    case "get":
      return { ...statement, statement: sql.get(access.key), changes: false, result: ({ rows }) => parsed(rows[0]?.[0]) };
    case "put":
      return { ...statement, statement: access.value === null ? sql.remove(access.key) : sql.put(access.key, canonicalJson(access.value)), result: () => access.value };
    case "compare-and-set":
      return { ...statement, statement: compareStatement(dialect, access), result: ({ changed }) => changed === 1 };
    case "add":
      return { ...statement, statement: sql.add(Number(access.value)), result: () => access.value };
    case "elements":
      return { ...statement, statement: sql.elements(), changes: false, result: ({ rows }) => rows.map((row) => Number(row[0])) };
  }
}

const listObject = "list-append";

function parsed(text: Json | undefined): Json {
  return typeof text === "string" ? (JSON.parse(text) as Json) : null;
}

/** null is the absence of the row. */
function compareStatement({ statements: sql }: SqlDialect, { key, from, to }: Extract<Access, { kind: "compare-and-set" }>): Statement {
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
