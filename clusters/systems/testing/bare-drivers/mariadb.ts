import { createConnection } from "mysql2/promise";
import { mariadbDialect } from "../../mariadb/dialect.ts";
import { account } from "../../mariadb/session.ts";
import type { Statement } from "../../sql/session.ts";
import type { BareDriver } from "../bare-driver.ts";

/** `mysql2`'s promises, without its pool. */
export const bareMariadb: BareDriver = async ({ host, port }) => {
  const driver = await createConnection({ ...account, host, port, rowsAsArray: true });
  const { statements } = mariadbDialect([]);
  const ask = ({ text, values }: Statement): Promise<unknown> => driver.query({ sql: text, values: [...values] });
  return { get: (key) => ask(statements.get(key)), put: (key, value) => ask(statements.put(key, String(value))), close: () => driver.destroy() };
};
