import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Connection } from "../../../harness/client.ts";
import type { Endpoint } from "../../../harness/cluster.ts";
import type { DatabaseDefinition } from "../../../harness/database.ts";
import { nodeId } from "../../../harness/ids.ts";
import { add, readAll } from "../../../harness/objects/set.ts";
import { transaction } from "../../../harness/objects/transactions.ts";
import type { Call, Outcome } from "../../../harness/op.ts";
import { deadlineSignal, until } from "../../../harness/time.ts";
import { expectNothingLeft } from "../../docker/testing/engine.ts";
import { mariadb } from "../mariadb/mariadb.ts";
import { postgres } from "../postgres/postgres.ts";
import { singleNode } from "../testing/single-node.ts";
import { CutProxy, type CutSide } from "../testing/stages.ts";

/**
 * The connection is cut at each stage of an operation on a real server; what the client says is held against what is
 * then in the database. A `fail` must not be there; an `info` may.
 */
const n1 = nodeId("n1");
expectNothingLeft();

/** What a client sends for each call, in order. */
interface Steps {
  readonly definition: DatabaseDefinition;
  /** Of a transaction that appends one element. */
  readonly append: readonly string[];
}

describe.each<Steps>([
  { definition: postgres, append: ["begin", "append", "commit"] },
  { definition: mariadb, append: ["begin", "read", "write", "commit"] },
])("$definition.name", ({ definition, append }) => {
  let node: Awaited<ReturnType<typeof singleNode>>;
  let proxy: CutProxy;
  let elements = 0;
  beforeAll(async () => {
    node = await singleNode(definition);
    proxy = await CutProxy.to(await node.cluster.endpoint(n1, 0));
  });
  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]();
    await node?.[Symbol.asyncDispose]();
  });

  const connect = async (object: string, endpoint: Endpoint): Promise<Connection> => await definition.client(node.settings, object).connect({ node: n1, thread: 0, endpoint, signal: deadlineSignal(20_000) });

  /** What the client says of a call during which it is cut off. */
  async function cutDuring(call: Call, object: string, at: { readonly request: number; readonly side: CutSide }): Promise<Outcome> {
    await using connection = await connect(object, proxy.endpoint);
    proxy.cutAt(at.request, at.side);
    const outcome = await connection.invoke(call, deadlineSignal(20_000));
    expect(connection.broken).toBe(true);
    return outcome;
  }

  /** A call's answer on a way that nothing cuts. */
  async function ask(call: Call, object: string): Promise<Outcome["value"]> {
    await using connection = await connect(object, await node.cluster.endpoint(n1, 0));
    const outcome = await connection.invoke(call, deadlineSignal(20_000));
    expect(outcome.type).toBe("ok");
    return outcome.value;
  }

  const stages = append.flatMap((step, index) => (["unsent", "unanswered"] as const).map((side) => ({ step, side, request: index + 1 })));
  it.each(stages)("a transaction that is cut off when $step is $side is a fail before COMMIT, and info from there on", async ({ step, side, request }) => {
    const element = ++elements;

    const { type } = await cutDuring(transaction([["append", 0, element]]), "list-append", { request, side });
    const list = await ask(transaction([["r", 0, null]]), "list-append");

    expect(type).toBe(step === "commit" ? "info" : "fail");
    expect(JSON.stringify(list).includes(String(element))).toBe(step === "commit" && side === "unanswered");
  });

  it.each(["unsent", "unanswered"] as const)("a single statement is its own COMMIT: when it is %s it is info", async (side) => {
    const element = 100 + ++elements;

    const { type } = await cutDuring(add(element), "grow-only-set", { request: 1, side });

    expect(type).toBe("info");
    expect((await ask(readAll(), "grow-only-set")) as number[]).toEqual(side === "unanswered" ? expect.arrayContaining([element]) : expect.not.arrayContaining([element]));
  });

  it.each(["unsent", "unanswered"] as const)("a read that is %s changed nothing: a fail", async (side) => {
    expect(await cutDuring(readAll(), "grow-only-set", { request: 1, side })).toMatchObject({ type: "fail", error: ["connection-lost", expect.any(String)] });
  });

  it("what was asked of a connection that was lost before was not sent: a fail, and so is a connect to nobody", async () => {
    await using connection = await connect("grow-only-set", proxy.endpoint);
    proxy.cut();
    await until("the end of the connection", () => connection.broken === true, { deadlineMs: 20_000, everyMs: 2 });

    expect(await connection.invoke(add(1), deadlineSignal(20_000))).toMatchObject({ type: "fail", error: ["not-connected", expect.any(String)] });
    await expect(connect("grow-only-set", { host: "127.0.0.1", port: 9 })).rejects.toMatchObject({ code: "CLIENT_FAILED" });
  });

  it("a deadline that ends while a stopped server does not answer is a fail for a transaction that has not come to COMMIT, info for a single statement", async () => {
    await using writer = await connect("grow-only-set", await node.cluster.endpoint(n1, 0));
    await using appender = await connect("list-append", await node.cluster.endpoint(n1, 0));
    const pause = node.cluster.processes!.pause(n1);
    const signal = deadlineSignal(60_000);
    await pause.apply(signal);
    try {
      expect(await pause.evidence(signal)).toMatchObject({ effective: true });
      const [added, appended] = await Promise.all([writer.invoke(add(8), deadlineSignal(300)), appender.invoke(transaction([["append", 1, 1]]), deadlineSignal(300))]);

      expect(added).toMatchObject({ type: "info", error: ["deadline", expect.any(String)] });
      expect(appended).toMatchObject({ type: "fail", error: ["deadline", expect.any(String)] });
    } finally {
      await pause.revert(signal);
    }
    expect(await ask(transaction([["r", 1, null]]), "list-append")).toEqual([["r", 1, null]]);
  });

  it("what the server refuses is a fail, and the connection goes on", async () => {
    await using connection = await connect("grow-only-set", await node.cluster.endpoint(n1, 0));
    await connection.invoke(add(7), deadlineSignal(20_000));

    expect(await connection.invoke(add(7), deadlineSignal(20_000))).toMatchObject({ type: "fail", error: [expect.stringMatching(/constraint|duplicate-key/), expect.any(String)] });
    expect(connection.broken).toBe(false);
    expect(await ask(readAll(), "grow-only-set")).toEqual(expect.arrayContaining([7]));
  });
});
