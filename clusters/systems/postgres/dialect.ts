import type { SqlDialect, SqlStatements } from "../sql/session.ts";
import { postgresErrors } from "./errors.ts";
import { openPostgres, sqlState } from "./session.ts";

/** PostgreSQL for the SQL client; single statements and transactions run at `isolation`, as the server spells it. */
export function postgresDialect(isolation: string): SqlDialect {
  return {
    database: "PostgreSQL",
    open: ({ endpoint, signal }) => openPostgres(endpoint, { isolation, signal }),
    statements,
    errors: postgresErrors,
    codeOf: sqlState,
  };
}

/** Tables of the workloads' objects; nothing happens where they are there. */
export const postgresSchema: readonly string[] = [
  "create table if not exists kv (k text primary key, v text not null)",
  "create table if not exists elements (v bigint primary key)",
  "create table if not exists lists (k bigint primary key, v text not null)",
  "create table if not exists registers (k bigint primary key, v bigint not null)",
];

const statements: SqlStatements = {
  get: (key) => ({ text: "select v from kv where k = $1", values: [key] }),
  put: (key, value) => ({ text: "insert into kv values ($1, $2) on conflict (k) do update set v = excluded.v", values: [key, value] }),
  remove: (key) => ({ text: "delete from kv where k = $1", values: [key] }),
  compareAndSet: (key, { from, to }) => ({ text: "update kv set v = $3 where k = $1 and v = $2", values: [key, from, to] }),
  removeIf: (key, value) => ({ text: "delete from kv where k = $1 and v = $2", values: [key, value] }),
  putIfAbsent: (key, value) => ({ text: "insert into kv values ($1, $2) on conflict (k) do nothing", values: [key, value] }),
  add: (element) => ({ text: "insert into elements values ($1)", values: [element] }),
  elements: () => ({ text: "select v from elements", values: [] }),
  readList: (key) => ({ text: "select v from lists where k = $1", values: [key] }),
  append: (key, element) => ({ text: "insert into lists values ($1, $2) on conflict (k) do update set v = lists.v || ',' || excluded.v", values: [key, String(element)] }),
  writeList: (key, elements) => ({ text: "insert into lists values ($1, $2) on conflict (k) do update set v = excluded.v", values: [key, elements] }),
  readRegister: (key) => ({ text: "select v from registers where k = $1", values: [key] }),
  writeRegister: (key, value) => ({ text: "insert into registers values ($1, $2) on conflict (k) do update set v = excluded.v", values: [key, value] }),
};
