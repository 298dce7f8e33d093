import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Connection } from "../../../harness/client.ts";
import type { Endpoint } from "../../../harness/cluster.ts";
import { nodeId } from "../../../harness/ids.ts";
import type { Json } from "../../../harness/json.ts";
import { dequeue, enqueue } from "../../../harness/objects/queue.ts";
import type { Call, Outcome } from "../../../harness/op.ts";
import { deadlineSignal, until } from "../../../harness/time.ts";
import { expectNothingLeft } from "../../docker/testing/engine.ts";
import { singleNode } from "../testing/single-node.ts";
import { CutProxy, type CutSide } from "../testing/stages.ts";
import { rabbitmq } from "./rabbitmq.ts";

/** The connection is cut at each stage of an operation on a real broker; what the client says is held against what then comes out of the queue. */
const n1 = nodeId("n1");
const sides = ["unsent", "unanswered"] as const;
expectNothingLeft();

describe("rabbitmq's client", () => {
  let node: Awaited<ReturnType<typeof singleNode>>;
  let proxy: CutProxy;
  beforeAll(async () => {
    node = await singleNode(rabbitmq);
    proxy = await CutProxy.to(await node.cluster.endpoint(n1, 0));
  }, 240_000);
  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]();
    await node?.[Symbol.asyncDispose]();
  });

  const connect = async (endpoint?: Endpoint): Promise<Connection> =>
    await rabbitmq.client(node.settings, "queue").connect({ node: n1, thread: 0, endpoint: endpoint ?? (await node.cluster.endpoint(n1, 0)), signal: deadlineSignal(20_000) });

  /** What the client says of a call during which it is cut off. */
  async function cutDuring(call: Call, at: { readonly request: number; readonly side: CutSide }): Promise<Outcome> {
    await using connection = await connect(proxy.endpoint);
    proxy.cutAt(at.request, at.side);
    const outcome = await connection.invoke(call, deadlineSignal(20_000));
    await until("the end of the connection", () => connection.broken === true, { deadlineMs: 20_000, everyMs: 2 });
    return outcome;
  }

  async function put(value: Json): Promise<void> {
    await using connection = await connect();
    expect(await connection.invoke(enqueue(value), deadlineSignal(20_000))).toEqual({ type: "ok", value });
  }

  /** All that comes out until there is nothing left; what a lost connection had out may take a moment to be back. */
  async function drained(atLeast: number): Promise<Json[]> {
    await using connection = await connect();
    const values: Json[] = [];
    await until(
      `the queue to be empty after ${atLeast} messages`,
      async () => {
        const { type, value } = await connection.invoke(dequeue(), deadlineSignal(20_000));
        expect(type).toBe("ok");
        if (value !== null) values.push(value);
        return value === null && values.length >= atLeast;
      },
      { deadlineMs: 20_000, everyMs: 1 },
    );
    return values;
  }

  it.each(sides)("an enqueue that is %s may have happened", async (side) => {
    expect(await cutDuring(enqueue(side), { request: 1, side })).toMatchObject({ type: "info", error: ["connection-lost", expect.any(String)] });
    expect(await drained(side === "unanswered" ? 1 : 0)).toEqual(side === "unanswered" ? [side] : []);
  });

  it.each(sides)("a dequeue that is %s has taken nothing: a fail", async (side) => {
    await put(side);

    expect(await cutDuring(dequeue(), { request: 1, side })).toMatchObject({ type: "fail", error: ["connection-lost", expect.any(String)] });
    expect(await drained(1)).toEqual([side]);
  });

  it("a dequeue whose acknowledgement does not arrive has seen its message, which comes again", async () => {
    await put("twice");

    expect(await cutDuring(dequeue(), { request: 2, side: "unsent" })).toEqual({ type: "ok", value: "twice" });
    expect(await drained(1)).toEqual(["twice"]);
  });

  it("what was asked of a connection that was lost before was not sent: a fail, and so is a connect to nobody", async () => {
    await using connection = await connect(proxy.endpoint);
    proxy.cut();
    await until("the end of the connection", () => connection.broken === true, { deadlineMs: 20_000, everyMs: 2 });

    expect(await connection.invoke(enqueue(1), deadlineSignal(20_000))).toMatchObject({ type: "fail", error: ["not-connected", expect.any(String)] });
    await expect(connect({ host: "127.0.0.1", port: 9 })).rejects.toMatchObject({ code: "CLIENT_FAILED" });
  });

  it("a deadline that ends while a stopped broker does not answer is info for an enqueue, a fail for a dequeue", async () => {
    await using producer = await connect();
    await using consumer = await connect();
    const pause = node.cluster.processes!.pause(n1);
    const signal = deadlineSignal(60_000);
    await pause.apply(signal);
    try {
      expect(await pause.evidence(signal)).toMatchObject({ effective: true });
      const [produced, consumed] = await Promise.all([producer.invoke(enqueue("late"), deadlineSignal(300)), consumer.invoke(dequeue(), deadlineSignal(300))]);

      expect(produced).toMatchObject({ type: "info", error: ["deadline", expect.any(String)] });
      expect(consumed).toMatchObject({ type: "fail", error: ["deadline", expect.any(String)] });
    } finally {
      await pause.revert(signal);
    }
    expect(await drained(1)).toEqual(["late"]);
  });
});
