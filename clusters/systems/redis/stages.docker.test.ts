import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Connection } from "../../../harness/client.ts";
import type { Endpoint } from "../../../harness/cluster.ts";
import { nodeId } from "../../../harness/ids.ts";
import { casKey, get, put } from "../../../harness/objects/kv.ts";
import { add, readAll } from "../../../harness/objects/set.ts";
import type { Call, Outcome } from "../../../harness/op.ts";
import { parseSettings, type Settings } from "../../../harness/options.ts";
import { deadlineSignal, until } from "../../../harness/time.ts";
import { expectNothingLeft } from "../../docker/testing/engine.ts";
import { singleNode } from "../testing/single-node.ts";
import { CutProxy, type CutSide } from "../testing/stages.ts";
import { redis } from "./redis.ts";

/** The connection is cut at each stage of an operation on a real server; what the client says is held against what is then in the database. */
const n1 = nodeId("n1");
const settingsOf = (...texts: string[]): Settings => parseSettings(texts, redis.options, "redis");
const sides = ["unsent", "unanswered"] as const;
expectNothingLeft();

describe("redis' client", () => {
  let node: Awaited<ReturnType<typeof singleNode>>;
  let proxy: CutProxy;
  let elements = 0;
  beforeAll(async () => {
    node = await singleNode(redis);
    proxy = await CutProxy.to(await node.cluster.endpoint(n1, 0));
  });
  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]();
    await node?.[Symbol.asyncDispose]();
  });

  const connect = async (object: string, options: { readonly endpoint?: Endpoint; readonly settings?: Settings } = {}): Promise<Connection> =>
    await redis
      .client(options.settings ?? settingsOf(), object)
      .connect({ node: n1, thread: 0, endpoint: options.endpoint ?? (await node.cluster.endpoint(n1, 0)), signal: deadlineSignal(20_000) });

  /** What the client says of a call during which it is cut off. */
  async function cutDuring(call: Call, object: string, at: { readonly request: number; readonly side: CutSide; readonly settings?: Settings }): Promise<Outcome> {
    await using connection = await connect(object, { ...at, endpoint: proxy.endpoint });
    proxy.cutAt(at.request, at.side);
    const outcome = await connection.invoke(call, deadlineSignal(20_000));
    expect(connection.broken).toBe(true);
    return outcome;
  }

  /** A call's answer on a way that nothing cuts. */
  async function ask(call: Call, object: string): Promise<Outcome["value"]> {
    await using connection = await connect(object);
    const outcome = await connection.invoke(call, deadlineSignal(20_000));
    expect(outcome.type).toBe("ok");
    return outcome.value;
  }

  it.each(sides)("a write that is %s may have happened", async (side) => {
    const element = ++elements;

    expect(await cutDuring(add(element), "grow-only-set", { request: 1, side })).toMatchObject({ type: "info", error: ["connection-lost", expect.any(String)] });
    expect((await ask(readAll(), "grow-only-set")) as number[]).toEqual(side === "unanswered" ? expect.arrayContaining([element]) : expect.not.arrayContaining([element]));
  });

  it.each(sides)("a write that was answered, and whose WAIT is %s, may be on too few replicas", async (side) => {
    const element = ++elements;

    expect(await cutDuring(add(element), "grow-only-set", { request: 2, side, settings: settingsOf("wait=1") })).toMatchObject({ type: "info", error: ["not-waited", expect.any(String)] });
    expect((await ask(readAll(), "grow-only-set")) as number[]).toContain(element);
  });

  it.each(["primary", "any-node"].flatMap((reads) => sides.map((side) => ({ reads, side }))))("a read (reads=$reads) that is $side changed nothing: a fail", async ({ reads, side }) => {
    const settings = settingsOf(`reads=${reads}`);

    expect(await cutDuring(readAll(), "grow-only-set", { request: 1, side, settings })).toMatchObject({ type: "fail", error: ["connection-lost", expect.any(String)] });
  });

  it("what was asked of a connection that was lost before was not sent: a fail, and so is a connect to nobody", async () => {
    await using connection = await connect("grow-only-set", { endpoint: proxy.endpoint });
    proxy.cut();
    await until("the end of the connection", () => connection.broken === true, { deadlineMs: 20_000, everyMs: 2 });

    expect(await connection.invoke(add(1), deadlineSignal(20_000))).toMatchObject({ type: "fail", error: ["not-connected", expect.any(String)] });
    await expect(connect("grow-only-set", { endpoint: { host: "127.0.0.1", port: 9 } })).rejects.toMatchObject({ code: "CLIENT_FAILED" });
  });

  it("a deadline that ends while a stopped server does not answer is info for a write, a fail for a read", async () => {
    await using writer = await connect("grow-only-set");
    await using reader = await connect("grow-only-set");
    const pause = node.cluster.processes!.pause(n1, "redis");
    const signal = deadlineSignal(60_000);
    await pause.apply(signal);
    try {
      expect(await pause.evidence(signal)).toMatchObject({ effective: true });
      const [added, read] = await Promise.all([writer.invoke(add(++elements), deadlineSignal(300)), reader.invoke(readAll(), deadlineSignal(300))]);

      expect(added).toMatchObject({ type: "info", error: ["deadline", expect.any(String)] });
      expect(read).toMatchObject({ type: "fail", error: ["deadline", expect.any(String)] });
    } finally {
      await pause.revert(signal);
    }
  });

  it("a write that fewer replicas have than were asked for may be lost: info, and the connection goes on", async () => {
    await using connection = await connect("grow-only-set", { settings: settingsOf("wait=1") });

    expect(await connection.invoke(add(++elements), deadlineSignal(20_000))).toMatchObject({ type: "info", error: ["too-few-replicas", expect.any(String)] });
    expect(connection.broken).toBe(false);
  });

  it("compare-and-set knows a key that is not there, changes what it compared, and nothing else", async () => {
    expect(await ask(casKey("k", 1, 2), "kv")).toBe(false);
    expect(await ask(casKey("k", null, 1), "kv")).toBe(true);
    expect(await ask(casKey("k", null, 3), "kv")).toBe(false);
    expect(await ask(casKey("k", 1, 2), "kv")).toBe(true);
    expect(await ask(get("k"), "kv")).toBe(2);
    expect(await ask(casKey("k", 2, null), "kv")).toBe(true);
    expect(await ask(get("k"), "kv")).toBe(null);
    expect(await ask(put("k", [4]), "kv")).toEqual([4]);
    expect(await ask(get("k"), "kv")).toEqual([4]);
  });
});
