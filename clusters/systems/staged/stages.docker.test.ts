import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Connection } from "../../../harness/client.ts";
import type { Endpoint } from "../../../harness/cluster.ts";
import type { DatabaseDefinition } from "../../../harness/database.ts";
import { nodeId } from "../../../harness/ids.ts";
import type { Json } from "../../../harness/json.ts";
import { cas, read, write } from "../../../harness/objects/register.ts";
import type { Call, Outcome } from "../../../harness/op.ts";
import { deadlineSignal, until } from "../../../harness/time.ts";
import { expectNothingLeft } from "../../docker/testing/engine.ts";
import { nats } from "../nats/nats.ts";
import { tarantool } from "../tarantool/tarantool.ts";
import { singleNode } from "../testing/single-node.ts";
import { CutProxy, type CutSide } from "../testing/stages.ts";
import { zookeeper } from "../zookeeper/zookeeper.ts";

/**
 * The connection is cut at each stage of an access to a real server; what the client says is held against what is then
 * stored. A `fail` must not be there; an `info` may.
 */
const n1 = nodeId("n1");
expectNothingLeft();

/** What a client sends for a compare-and-set, in order; `sets` is what may have an effect. */
interface Steps {
  readonly definition: DatabaseDefinition;
  readonly compareAndSet: readonly ("looks" | "sets")[];
}

describe.each<Steps>([
  { definition: zookeeper, compareAndSet: ["looks", "sets"] },
  { definition: nats, compareAndSet: ["looks", "sets"] },
  { definition: tarantool, compareAndSet: ["sets"] },
])("$definition.name", ({ definition, compareAndSet }) => {
  let node: Awaited<ReturnType<typeof singleNode>>;
  let proxy: CutProxy;
  let values = 0;
  beforeAll(async () => {
    node = await singleNode(definition);
    proxy = await CutProxy.to(await node.cluster.endpoint(n1, 0));
    await ask(write(values));
  });
  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]();
    await node?.[Symbol.asyncDispose]();
  });

  const connect = async (endpoint: Endpoint): Promise<Connection> => await definition.client(node.settings, "register").connect({ node: n1, thread: 0, endpoint, signal: deadlineSignal(20_000) });
  const direct = async (): Promise<Connection> => await connect(await node.cluster.endpoint(n1, 0));

  /** What the client says of a call during which it is cut off. */
  async function cutDuring(call: Call, at: { readonly request: number; readonly side: CutSide }): Promise<Outcome> {
    await using connection = await connect(proxy.endpoint);
    proxy.cutAt(at.request, at.side);
    const outcome = await connection.invoke(call, deadlineSignal(20_000));
    expect(connection.broken).toBe(true);
    return outcome;
  }

  /** A call's answer on a way that nothing cuts. */
  async function ask(call: Call): Promise<Json> {
    await using connection = await direct();
    const outcome = await connection.invoke(call, deadlineSignal(20_000));
    expect(outcome).toMatchObject({ type: "ok" });
    return outcome.value;
  }

  it.each(["unsent", "unanswered"] as const)("a write that is %s is info", async (side) => {
    const before = await ask(read());
    const value = ++values;

    expect(await cutDuring(write(value), { request: 1, side })).toMatchObject({ type: "info", error: ["connection-lost", expect.any(String)] });

    expect(await ask(read())).toBe(side === "unanswered" ? value : before);
  });

  const stages = compareAndSet.flatMap((step, index) => (["unsent", "unanswered"] as const).map((side) => ({ step, side, request: index + 1 })));
  it.each(stages)("a compare-and-set that is cut off when what $step is $side is a fail if nothing was sent that changes, else info", async ({ step, side, request }) => {
    const before = await ask(read());
    const value = ++values;

    const { type } = await cutDuring(cas(before, value), { request, side });

    expect(type).toBe(step === "sets" ? "info" : "fail");
    expect(await ask(read())).toBe(step === "sets" && side === "unanswered" ? value : before);
  });

  it.each(["unsent", "unanswered"] as const)("a read that is %s changed nothing: a fail", async (side) => {
    expect(await cutDuring(read(), { request: 1, side })).toMatchObject({ type: "fail", error: ["connection-lost", expect.any(String)] });
  });

  it("what was asked of a connection that was lost before was not sent: a fail, and so is a connect to nobody", async () => {
    await using connection = await connect(proxy.endpoint);
    proxy.cut();
    await until("the end of the connection", () => connection.broken === true, { deadlineMs: 20_000, everyMs: 2 });

    expect(await connection.invoke(write(-1), deadlineSignal(20_000))).toMatchObject({ type: "fail", error: ["not-connected", expect.any(String)] });
    await expect(connect({ host: "127.0.0.1", port: 9 })).rejects.toMatchObject({ code: "CLIENT_FAILED" });
  });

  it("a deadline that ends while a stopped server does not answer is info for a write, a fail for a read", async () => {
    await using writer = await direct();
    await using reader = await direct();
    const pause = node.cluster.processes!.pause(n1);
    const signal = deadlineSignal(60_000);
    await pause.apply(signal);
    try {
      expect(await pause.evidence(signal)).toMatchObject({ effective: true });
      const [written, seen] = await Promise.all([writer.invoke(write(++values), deadlineSignal(300)), reader.invoke(read(), deadlineSignal(300))]);

      expect(written).toMatchObject({ type: "info", error: ["deadline", expect.any(String)] });
      expect(seen).toMatchObject({ type: "fail", error: ["deadline", expect.any(String)] });
    } finally {
      await pause.revert(signal);
    }
  });

  it("of many who compare and set the same value at once one succeeds; the others saw another value, or were refused, which is a fail", async () => {
    const before = await ask(read());
    const connections = await Promise.all(Array.from({ length: 8 }, direct));

    const outcomes = await Promise.all(connections.map((connection, index) => connection.invoke(cas(before, `one ${index}`), deadlineSignal(20_000))));
    await Promise.all(connections.map((connection) => connection[Symbol.asyncDispose]()));

    const winner = outcomes.findIndex(({ type, value }) => type === "ok" && value === true);
    expect(await ask(read())).toBe(`one ${winner}`);
    expect(outcomes.filter((_, index) => index !== winner).every(({ type, value }) => type === "fail" || (type === "ok" && value === false))).toBe(true);
  });
});
