import { afterAll, beforeAll, expect, it } from "vitest";
import type { Connection } from "../../../harness/client.ts";
import { nodeId } from "../../../harness/ids.ts";
import { add, readAll } from "../../../harness/objects/set.ts";
import { transaction } from "../../../harness/objects/transactions.ts";
import { parseSettings } from "../../../harness/options.ts";
import { deadlineSignal, until } from "../../../harness/time.ts";
import { expectNothingLeft } from "../../docker/testing/engine.ts";
import { singleNode } from "../testing/single-node.ts";
import { postgres } from "./postgres.ts";
import { openPostgres } from "./session.ts";

/** A primary that waits for a standby that never comes: its clients lose patience and cancel. */
const n1 = nodeId("n1");
expectNothingLeft();
let node: Awaited<ReturnType<typeof singleNode>>;
beforeAll(async () => {
  node = await singleNode(postgres);
  const session = await openPostgres({ endpoint: await node.cluster.endpoint(n1, 0), signal: deadlineSignal(20_000) });
  const show = async (): Promise<unknown> => (await session.run({ text: "show synchronous_standby_names", values: [] })).rows[0]?.[0];
  await session.run({ text: "alter system set synchronous_standby_names = 'nobody'", values: [] });
  await session.run({ text: "select pg_reload_conf()", values: [] });
  await until("the server waits for standbys", async () => (await show()) === "nobody", { deadlineMs: 20_000, everyMs: 10 });
  session.end();
});
afterAll(async () => await node?.[Symbol.asyncDispose]());

async function connect(object: string, ...texts: readonly string[]): Promise<Connection> {
  const settings = parseSettings(["cancel-after=100", ...texts], postgres.options, "postgres");
  return await postgres.client(settings, object).connect({ node: n1, thread: 0, endpoint: await node.cluster.endpoint(n1, 0), signal: deadlineSignal(20_000) });
}

it.each([
  { waits: "doubted", type: "info" },
  { waits: "trusted", type: "ok" },
])("a COMMIT that stopped waiting for its standby is $type when such commits are $waits, as a transaction and as a single statement", async ({ waits, type }) => {
  const element = waits === "doubted" ? 1 : 2;
  await using adder = await connect("grow-only-set", `cancelled-waits=${waits}`);
  await using appender = await connect("list-append", `cancelled-waits=${waits}`);

  const outcomes = [await adder.invoke(add(element), deadlineSignal(20_000)), await appender.invoke(transaction([["append", element, 1]]), deadlineSignal(20_000))];

  expect(outcomes.map((outcome) => outcome.type)).toEqual([type, type]);
  if (type === "info") for (const { error } of outcomes) expect(error).toEqual(["doubtful-commit", expect.stringContaining("synchronous replication")]);
  expect(await adder.invoke(readAll(), deadlineSignal(20_000))).toMatchObject({ type: "ok", value: expect.arrayContaining([element]) });
  expect(await appender.invoke(transaction([["r", element, null]]), deadlineSignal(20_000))).toEqual({ type: "ok", value: [["r", element, [1]]] });
});

it("who waits for no standby is answered without a doubt", async () => {
  const thread = 2;
  await using adder = await postgres
    .client(parseSettings(["synchronous-commit=local-in-half", "cancel-after=10000"], postgres.options, "postgres"), "grow-only-set")
    .connect({ node: n1, thread, endpoint: await node.cluster.endpoint(n1, thread), signal: deadlineSignal(20_000) });

  expect(await adder.invoke(add(3), deadlineSignal(5_000))).toMatchObject({ type: "ok" });
});
