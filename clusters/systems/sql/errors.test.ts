import { DatabaseError } from "pg";
import { describe, expect, it } from "vitest";
import { mariadbDialect } from "../mariadb/dialect.ts";
import { postgresDialect } from "../postgres/dialect.ts";
import { knownError } from "./session.ts";

const postgres = postgresDialect({});
const mariadb = mariadbDialect([]);

/** An error as the drivers make it of a server's answer. */
function saidByPostgres(code: string): Error {
  return Object.assign(new DatabaseError("words", 1, "error"), { code, severity: "ERROR" });
}
function saidByMariadb(errno: number): Error {
  return Object.assign(new Error("words"), { code: "ER", errno, sqlState: "HY000", sqlMessage: "words" });
}

describe("what a server's code means in answer to a COMMIT or a single statement", () => {
  it.each([
    { dialect: postgres, error: saidByPostgres("40001"), effect: "none", name: "serialization-failure" },
    { dialect: postgres, error: saidByPostgres("40P01"), effect: "none", name: "deadlock" },
    { dialect: postgres, error: saidByPostgres("40003"), effect: "unknown", name: "completion-unknown" },
    { dialect: postgres, error: saidByPostgres("25006"), effect: "none", name: "read-only" },
    { dialect: postgres, error: saidByPostgres("23505"), effect: "none", name: "constraint" },
    { dialect: postgres, error: saidByPostgres("57P01"), effect: "unknown", name: "shutting-down" },
    { dialect: postgres, error: saidByPostgres("57014"), effect: "unknown", name: "cancelled" },
    { dialect: mariadb, error: saidByMariadb(1213), effect: "none", name: "deadlock" },
    { dialect: mariadb, error: saidByMariadb(1020), effect: "none", name: "record-changed" },
    { dialect: mariadb, error: saidByMariadb(1047), effect: "none", name: "node-not-ready" },
    { dialect: mariadb, error: saidByMariadb(1180), effect: "unknown", name: "error-during-commit" },
  ])("$dialect.database, $name: effect $effect", ({ dialect, error, effect, name }) => {
    expect(knownError(dialect, error)).toMatchObject({ effect, class: name });
  });

  it("a code that no row has may mean anything", () => {
    expect(knownError(postgres, saidByPostgres("XX000"))).toEqual({ code: "XX000", effect: "unknown", class: "server-error" });
    expect(knownError(mariadb, saidByMariadb(1999))).toEqual({ code: "1999", effect: "unknown", class: "server-error" });
  });

  it("what the driver or the system says is not the server's", () => {
    const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED", errno: -111 });

    expect(knownError(postgres, refused)).toBeUndefined();
    expect(knownError(mariadb, refused)).toBeUndefined();
    expect(knownError(postgres, new Error("Connection terminated unexpectedly"))).toBeUndefined();
  });

  it.each([postgres, mariadb])("no code stands twice in the table of $database", ({ errors }) => {
    expect(new Set(errors.map(({ code }) => code)).size).toBe(errors.length);
  });
});
