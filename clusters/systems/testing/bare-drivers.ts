import { Agent, request } from "node:http";
import { createConnection } from "mysql2/promise";
import { Client as Postgres } from "pg";
import type { Endpoint } from "../../../harness/cluster.ts";
import { putRequest, rangeRequest } from "../etcd/gateway.ts";
import type { HttpRequest } from "../etcd/http.ts";
import { mariadbDialect } from "../mariadb/dialect.ts";
import { account } from "../mariadb/session.ts";
import { postgresDialect } from "../postgres/dialect.ts";
import type { Statement } from "../sql/session.ts";

/** A database's driver as a plain loop would use it: no deadline, no classes of errors, no history. What our clients are measured against. */
export interface BareConnection {
  get(key: string): Promise<unknown>;
  put(key: string, value: number): Promise<unknown>;
  close(): void;
}
export type BareDriver = (endpoint: Endpoint) => Promise<BareConnection>;

/** By the database's name; each sends the very requests and statements that its client sends. */
export const bareDrivers: { readonly [database: string]: BareDriver } = {
  etcd: ({ host, port }) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const send = ({ method, path, body = "" }: HttpRequest): Promise<string> =>
      new Promise((resolve, reject) => {
        const sent = request({ host, port, method, path, agent, headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) } }, (reply) => {
          let text = "";
          reply.setEncoding("utf8").on("data", (part: string) => (text += part)).once("end", () => resolve(text)).once("error", reject);
        });
        sent.once("error", reject).end(body);
      });
    return Promise.resolve({
      get: async (key) => JSON.parse(await send(rangeRequest(key, { serializable: false }))) as unknown,
      put: async (key, value) => JSON.parse(await send(putRequest(key, value))) as unknown,
      close: () => agent.destroy(),
    });
  },
  postgres: async ({ host, port }) => {
    const driver = new Postgres({ host, port, user: "postgres", database: "postgres", ssl: false });
    await driver.connect();
    const { statements } = postgresDialect("read committed");
    const ask = ({ text, values }: Statement): Promise<unknown> => driver.query({ text, values: [...values], rowMode: "array" });
    return { get: (key) => ask(statements.get(key)), put: (key, value) => ask(statements.put(key, String(value))), close: () => void driver.end() };
  },
  mariadb: async ({ host, port }) => {
    const driver = await createConnection({ ...account, host, port, rowsAsArray: true });
    const { statements } = mariadbDialect([]);
    const ask = ({ text, values }: Statement): Promise<unknown> => driver.query({ sql: text, values: [...values] });
    return { get: (key) => ask(statements.get(key)), put: (key, value) => ask(statements.put(key, String(value))), close: () => driver.destroy() };
  },
};
