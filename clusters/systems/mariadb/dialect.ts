import type { SqlDialect, SqlStatements } from "../sql/session.ts";
import { mariadbErrors } from "./errors.ts";
import { openMariadb, serverErrorNumber } from "./session.ts";

/** MariaDB for the SQL client; `session` are the statements that set up each connection. */
export function mariadbDialect(session: readonly string[]): SqlDialect {
  return {
    database: "MariaDB",
    open: ({ endpoint, signal }) => openMariadb(endpoint, { session, signal }),
    statements,
    errors: mariadbErrors,
    codeOf: serverErrorNumber,
  };
}

/** Tables of the workloads' objects; values are compared byte by byte. */
export const mariadbSchema: readonly string[] = [
  "create table if not exists kv (k varchar(191) primary key, v text not null) collate utf8mb4_bin",
  "create table if not exists elements (v bigint primary key)",
  "create table if not exists lists (k bigint primary key, v mediumtext not null)",
  "create table if not exists registers (k bigint primary key, v bigint not null)",
];

const statements: SqlStatements = {
  get: (key) => ({ text: "select v from kv where k = ?", values: [key] }),
  put: (key, value) => ({ text: "insert into kv values (?, ?) on duplicate key update v = values(v)", values: [key, value] }),
  remove: (key) => ({ text: "delete from kv where k = ?", values: [key] }),
  compareAndSet: (key, { from, to }) => ({ text: "update kv set v = ? where k = ? and v = ?", values: [to, key, from] }),
  removeIf: (key, value) => ({ text: "delete from kv where k = ? and v = ?", values: [key, value] }),
  putIfAbsent: (key, value) => ({ text: "insert ignore into kv values (?, ?)", values: [key, value] }),
  add: (element) => ({ text: "insert into elements values (?)", values: [element] }),
  elements: () => ({ text: "select v from elements", values: [] }),
  readList: (key) => ({ text: "select v from lists where k = ?", values: [key] }),
  append: (key, element) => ({ text: "insert into lists values (?, ?) on duplicate key update v = concat(v, ',', values(v))", values: [key, String(element)] }),
  writeList: (key, elements) => ({ text: "insert into lists values (?, ?) on duplicate key update v = values(v)", values: [key, elements] }),
  readRegister: (key) => ({ text: "select v from registers where k = ?", values: [key] }),
  writeRegister: (key, value) => ({ text: "insert into registers values (?, ?) on duplicate key update v = values(v)", values: [key, value] }),
};
