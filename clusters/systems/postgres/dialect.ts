import type { SqlDialect, SqlStatements } from "../sql/session.ts";
import { cancelling } from "./cancel.ts";
import { postgresErrors } from "./errors.ts";
import { openPostgres, type PostgresConnections, sqlState } from "./session.ts";

/** PostgreSQL for the SQL client. */
export function postgresDialect({ connections = {}, listTables = 1 }: { readonly connections?: PostgresConnections; readonly listTables?: number }): SqlDialect {
  const { cancelAfterMs: afterMs = 0 } = connections;
  return {
    database: "PostgreSQL",
    open: async (target) => {
      const session = await openPostgres(target, connections);
      return afterMs === 0 ? session : await cancelling(session, { afterMs, endpoint: target.endpoint });
    },
    statements: postgresStatements(listTables),
    errors: postgresErrors,
    codeOf: sqlState,
  };
}

/** Tables of the workloads' objects, lists spread over `listTables`; nothing happens where they are there. */
export function postgresSchema(listTables = 1): string[] {
  return [
    "create table if not exists kv (k text primary key, v text not null)",
    "create table if not exists elements (v bigint primary key)",
    "create table if not exists registers (k bigint primary key, v bigint not null)",
    ...Array.from({ length: listTables }, (_, table) => `create table if not exists lists${table} (k bigint primary key, v text not null)`),
  ];
}

export function postgresStatements(listTables = 1): SqlStatements {
  const lists = (key: number): string => `lists${key % listTables}`;
  return {
    get: (key) => ({ text: "select v from kv where k = $1", values: [key] }),
    put: (key, value) => ({ text: "insert into kv values ($1, $2) on conflict (k) do update set v = excluded.v", values: [key, value] }),
    remove: (key) => ({ text: "delete from kv where k = $1", values: [key] }),
    compareAndSet: (key, { from, to }) => ({ text: "update kv set v = $3 where k = $1 and v = $2", values: [key, from, to] }),
    removeIf: (key, value) => ({ text: "delete from kv where k = $1 and v = $2", values: [key, value] }),
    putIfAbsent: (key, value) => ({ text: "insert into kv values ($1, $2) on conflict (k) do nothing", values: [key, value] }),
    add: (element) => ({ text: "insert into elements values ($1)", values: [element] }),
    elements: () => ({ text: "select v from elements", values: [] }),
    readList: (key) => ({ text: `select v from ${lists(key)} where k = $1`, values: [key] }),
    append: (key, element) => ({ text: `insert into ${lists(key)} as l values ($1, $2) on conflict (k) do update set v = concat(l.v, ',', excluded.v)`, values: [key, String(element)] }),
    writeList: (key, elements) => ({ text: `insert into ${lists(key)} values ($1, $2) on conflict (k) do update set v = excluded.v`, values: [key, elements] }),
    readRegister: (key) => ({ text: "select v from registers where k = $1", values: [key] }),
    writeRegister: (key, value) => ({ text: "insert into registers values ($1, $2) on conflict (k) do update set v = excluded.v", values: [key, value] }),
  };
}
