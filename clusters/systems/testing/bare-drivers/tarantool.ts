import { callMessage, readReply } from "../../tarantool/iproto.ts";
import { openGreeted } from "../../tarantool/session.ts";
import type { BareDriver } from "../bare-driver.ts";

/** The codec over the framed connection, with the stored functions that the client calls. */
export const bareTarantool: BareDriver = async (endpoint) => {
  const connection = await openGreeted(endpoint, new AbortController().signal);
  let calls = 0;
  return {
    get: async (key) => readReply(await connection.exchange(callMessage(++calls, "rashomon.get", [key]))).result,
    put: async (key, value) => readReply(await connection.exchange(callMessage(++calls, "rashomon.put", [key, String(value)]))).result,
    close: () => connection.end(),
  };
};
