import { openFramed } from "../../framed/framed-connection.ts";
import { JuteReader, juteMessageSize, JuteWriter } from "../../zookeeper/jute.ts";
import type { BareDriver } from "../bare-driver.ts";

const create = 1;
const getData = 4;
const setData = 5;
const noNode = -101;
const anyVersion = -1;

/** The codec over the framed connection; a node that is put for the first time is created. */
export const bareZooKeeper: BareDriver = async (endpoint) => {
  const connection = await openFramed(endpoint, { frameSize: juteMessageSize, signal: new AbortController().signal });
  const session = new JuteWriter().int(0).long(0n).int(60_000).long(0n).buffer(Buffer.alloc(16)).flag(0);
  await connection.exchange(session.message());
  let requests = 0;
  const ask = (type: number, path: string): JuteWriter => new JuteWriter().int(++requests).int(type).text(path);
  const codeOf = (reply: JuteReader): number => {
    reply.int();
    reply.long();
    return reply.int();
  };
  return {
    async get(key) {
      const reply = new JuteReader(await connection.exchange(ask(getData, `/${key}`).flag(0).message()));
      return codeOf(reply) === 0 ? reply.buffer().toString("utf8") : null;
    },
    async put(key, value) {
      const bytes = Buffer.from(String(value));
      const code = codeOf(new JuteReader(await connection.exchange(ask(setData, `/${key}`).buffer(bytes).int(anyVersion).message())));
      if (code !== noNode) return code;
      const openToAll = ask(create, `/${key}`).buffer(bytes).int(1).int(31).text("world").text("anyone").int(0);
      return codeOf(new JuteReader(await connection.exchange(openToAll.message())));
    },
    close: () => connection.end(),
  };
};
