import type { Client, Connection } from "../../harness/client.ts";
import type { Json } from "../../harness/json.ts";
import type { Call, Outcome } from "../../harness/op.ts";
import { openHttp, type HttpReply, type HttpRequest } from "../systems/etcd/http.ts";

/** How one call is made of a service that speaks HTTP. */
export interface HttpCall extends HttpRequest {
  /** Whether it can change anything: then an answer that did not come leaves open whether it did. */
  readonly changes: boolean;
  /** What the call returned, out of an answer with a status below 400; default: the call's own value, which suits a write. */
  result?(reply: HttpReply): Json;
}

/**
 * A client of a service that speaks HTTP: one connection a thread, no pool, no retry. It says what it knows:
 *
 *     status below 400                  ok
 *     400 … 499                         fail: the server refused it, as the status says
 *     500 … 599, no answer              info if the call changes anything, since it may have; else fail
 *
 * A service that answers with 4xx although it did something, or with 2xx although it did not, needs a client of its own.
 */
export function httpClient(callOf: (call: Call) => HttpCall): Client {
  return {
    connect({ endpoint }): Promise<Connection> {
      const http = openHttp(endpoint);
      let broken = false;
      return Promise.resolve({
        get broken() {
          return broken;
        },
        async invoke(call, signal): Promise<Outcome> {
          const { changes, result, ...request } = callOf(call);
          const lost = (error: Json): Outcome => ({ type: changes ? "info" : "fail", value: call.value, error });
          try {
            const reply = await http.send(request, signal);
            if (reply.status < 400) return { type: "ok", value: result === undefined ? call.value : result(reply) };
            const error: Json = [`status-${reply.status}`, reply.text.slice(0, 200)];
            return reply.status < 500 ? { type: "fail", value: call.value, error } : lost(error);
          } catch (error) {
            broken = true;
            if (refused(error)) return { type: "fail", value: call.value, error: ["refused", String(error)] };
            return lost([signal.aborted ? "deadline" : "connection-lost", String(error)]);
          }
        },
        [Symbol.asyncDispose]: () => Promise.resolve(http.close()),
      });
    },
  };
}

/** Nobody listened, so nobody heard it. */
function refused(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ECONNREFUSED";
}
