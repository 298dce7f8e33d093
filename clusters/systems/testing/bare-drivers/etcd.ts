import { Agent, request } from "node:http";
import { putRequest, rangeRequest } from "../../etcd/gateway.ts";
import type { HttpRequest } from "../../etcd/http.ts";
import type { BareDriver } from "../bare-driver.ts";

/** `node:http` over one kept connection, with the gateway's requests. */
export const bareEtcd: BareDriver = ({ host, port }) => {
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
};
