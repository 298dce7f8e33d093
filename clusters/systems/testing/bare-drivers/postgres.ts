import { Client } from "pg";
import { postgresStatements } from "../../postgres/dialect.ts";
import type { Statement } from "../../sql/session.ts";
import type { BareDriver } from "../bare-driver.ts";

/** `pg`'s client without its pool. */
export const barePostgres: BareDriver = async ({ host, port }) => {
  const driver = new Client({ host, port, user: "postgres", database: "postgres", ssl: false });
  await driver.connect();
  const statements = postgresStatements();
  const ask = ({ text, values }: Statement): Promise<unknown> => driver.query({ text, values: [...values], rowMode: "array" });
  return { get: (key) => ask(statements.get(key)), put: (key, value) => ask(statements.put(key, String(value))), close: () => void driver.end() };
};
