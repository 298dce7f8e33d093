import { expect, test } from "vitest";
import { parseSettings } from "../../../harness/options.ts";
import { deadlineSignal } from "../../../harness/time.ts";
import { dockerAnswers } from "../../docker/engine.ts";
import { runningNodes } from "../testing/single-node.ts";
import { nats } from "./nats.ts";
import { ownCopy } from "./own-copy.ts";
import { elementsStream, openNats } from "./session.ts";

test.skipIf(!(await dockerAnswers()))("each of three servers reads its own copy: what is left of a read is one consumer, on the asked server", async () => {
  await using database = await runningNodes(nats, { nodes: 3, settings: parseSettings([], nats.options, nats.name) });
  for (const node of database.cluster.nodes) {
    const session = await openNats(await database.cluster.endpoint(node, 0), { directGets: false, signal: deadlineSignal(20_000) });
    try {
      await session.stream.publish(elementsStream, `of ${node}`);
      const before = await leadersOfConsumers(session);

      const messages = await ownCopy(session);

      expect(messages).toContain(`of ${node}`);
      expect(await leadersOfConsumers(session)).toEqual([...before, node].sort());
    } finally {
      session.end();
    }
  }
});

async function leadersOfConsumers({ manager }: Awaited<ReturnType<typeof openNats>>): Promise<readonly (string | undefined)[]> {
  const leaders: (string | undefined)[] = [];
  for await (const { cluster } of manager.consumers.list(elementsStream)) leaders.push(cluster?.leader);
  return leaders.sort();
}
