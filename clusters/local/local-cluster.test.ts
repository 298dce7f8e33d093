import { existsSync, readdirSync, readFileSync } from "node:fs";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { HarnessError } from "../../harness/errors.ts";
import { type NodeId, nodeId } from "../../harness/ids.ts";
import { processState } from "../../harness/process-identity.ts";
import { deadlineSignal, sleep, until } from "../../harness/time.ts";
import { actorClient } from "./actor-client.ts";
import { ask, connectTo, patience, stage, type Stage } from "./testing/stage.ts";
import { FrameWriter } from "./wire.ts";

const allowMs = 120_000;

test("a cluster serves what its system promises, and its end leaves no process, no folder and no open entry", { timeout: allowMs }, async () => {
  await using at = stage();
  const cluster = await at.start();
  await cluster.converged(patience());

  expect(await ask(cluster, "n1", ["write", 7])).toMatchObject({ type: "ok" });
  expect(await ask(cluster, "n2", ["read"])).toEqual({ type: "ok", value: 7 });
  expect(cluster.nodes).toEqual(["n1", "n2", "n3"]);
  expect(cluster.logs(nodeId("n1")).map((path) => path.split("/").at(-1))).toEqual(["node.log", "messages.jsonl"]);
  const data = dataFolder(at);
  expect(readdirSync(data).sort()).toEqual(["n1", "n2", "n3"]);

  await cluster[Symbol.asyncDispose]();
  await cluster[Symbol.asyncDispose]();

  expect(at.pids().length).toBeGreaterThanOrEqual(4);
  expect(at.pids().map(processState)).toEqual(at.pids().map(() => undefined));
  expect(existsSync(data)).toBe(false);
  expect(at.ledger.open()).toEqual([]);
});

test("what was saved survives SIGKILL of every node; a system that does not save forgets", { timeout: allowMs }, async () => {
  await using at = stage();
  for (const [system, expected] of [["abd", 7], ["abd-amnesia", null]] as const) {
    await using cluster = await at.start({ system });
    await cluster.converged(patience());
    expect(await ask(cluster, "n1", ["write", 7])).toMatchObject({ type: "ok" });

    const kills = cluster.nodes.map((node) => cluster.processes.kill(node));
    for (const kill of kills) await kill.apply(patience());
    for (const kill of kills) expect(await kill.evidence(patience())).toMatchObject({ effective: true });
    for (const kill of kills) await kill.revert(patience());
    await cluster.converged(patience());

    expect(await ask(cluster, "n2", ["read"])).toEqual({ type: "ok", value: expected });
    expect((await kills[0]!.evidence(patience())).seen).toMatch(/^n1 runs again \(pid \d+, was \d+\)$/);
  }
  expect(at.ledger.open()).toEqual([]);
});

test("a killed node is down until it is started again, and the majority serves meanwhile", { timeout: allowMs }, async () => {
  await using at = stage();
  await using cluster = await at.start();
  await cluster.converged(patience());
  const kill = cluster.processes.kill(nodeId("n3"));

  await kill.apply(patience());

  expect(await cluster.healthy(nodeId("n3"), patience())).toBe(false);
  expect(await ask(cluster, "n1", ["write", 1])).toMatchObject({ type: "ok" });
  // Its proxy still takes connections, but nobody welcomes the client: nothing was asked, so nothing happened.
  await expect(connectTo(cluster, "n3")).rejects.toMatchObject({ code: "CLIENT_FAILED" });
  // A revert that is interrupted is gone on with by the next; one more does nothing.
  await expect(kill.revert(deadlineSignal(1))).rejects.toThrow();
  await kill.revert(patience());
  await kill.revert(patience());
  await cluster.converged(patience());
  expect(await ask(cluster, "n3", ["read"])).toEqual({ type: "ok", value: 1 });
});

test("a paused node is in state T and silent; resumed, it answers what waited", { timeout: allowMs }, async () => {
  await using at = stage();
  await using cluster = await at.start();
  await cluster.converged(patience());
  const pause = cluster.processes.pause(nodeId("n1"));
  expect(pause.undo).toMatchObject([{ undo: "signal", signal: "SIGCONT" }]);

  await using connection = await connectTo(cluster, "n1");

  await pause.apply(patience());
  expect(await pause.evidence(patience())).toMatchObject({ effective: true, seen: expect.stringMatching(/n1 \(pid \d+\) is stopped \(state T\)/) });
  expect(await connection.invoke({ f: "write", value: 5 }, deadlineSignal(300))).toMatchObject({ type: "info", error: "no answer before the deadline" });

  await pause.revert(patience());
  expect(await pause.evidence(patience())).toMatchObject({ effective: false });
  await cluster.converged(patience());
  // The write was in the node's socket when its client gave up: info means that it may still happen.
  await until("the write of 5", async () => (await ask(cluster, "n2", ["read"])).value === 5, { deadlineMs: 30_000, everyMs: 50 });
});

test("a node whose handler throws says which event it was and exits with code 70", { timeout: allowMs }, async () => {
  await using at = stage();
  await using cluster = await at.start();
  await cluster.converged(patience());
  const { host, port } = cluster.address(nodeId("n1"));

  // Somebody says that he is n2, newer than all before him, and sends what no replica understands.
  const socket = connect({ host, port });
  const writer = new FrameWriter(socket);
  writer.push(JSON.stringify({ hello: "peer", from: 1, epoch: 9, attempt: 0 }));
  writer.push(JSON.stringify({ mid: "1-9-0", round: 0, clock: [0, 1, 0], message: null }));

  await until("the report of the exit", () => at.lines.some((line) => line.startsWith("n1 exited (code 70)")), { deadlineMs: 30_000, everyMs: 20 });
  expect(at.lines.join("\n")).toContain("handler onMessage of abd 0 for");
  await expect(cluster.converged(patience())).rejects.toMatchObject({ code: "NODE_EXITED" });
});

test("a stranger's bytes end his connection and not the node", { timeout: allowMs }, async () => {
  await using at = stage();
  await using cluster = await at.start();
  const { host, port } = cluster.address(nodeId("n1"));
  for (const bytes of ["GET / HTTP/1.1\r\n\r\n", "\0\0\0\x02{}", "\0\0\0\x01{", "\0\0\0\x04null"]) {
    const socket = connect({ host, port });
    socket.on("error", () => undefined);
    socket.write(bytes);
    await once(socket.resume(), "close");
  }

  expect(await cluster.healthy(nodeId("n1"), patience())).toBe(true);
});

test("cut links carry nothing, the majority goes on, and healed links carry again", { timeout: allowMs }, async () => {
  await using at = stage();
  await using cluster = await at.start();
  await cluster.converged(patience());
  const [n1, n2, n3] = ["n1", "n2", "n3"].map(nodeId) as [NodeId, NodeId, NodeId];
  const cut = cluster.net!.cut([n1, n2].flatMap((other) => [{ from: n3, to: other }, { from: other, to: n3 }]));
  await using lonely = await connectTo(cluster, "n3");

  await cut.apply(patience());

  const waiting = lonely.invoke({ f: "write", value: 3 }, deadlineSignal(1_000));
  expect(await cut.evidence(patience())).toMatchObject({ effective: true });
  expect(await waiting).toMatchObject({ type: "info" });
  expect(await ask(cluster, "n1", ["write", 1])).toMatchObject({ type: "ok" });
  expect(await cluster.healthy(n3, patience())).toBe(true);

  await cut.revert(patience());
  await cluster.converged(patience());
  expect(await ask(cluster, "n3", ["write", 4])).toMatchObject({ type: "ok" });
  expect(await ask(cluster, "n1", ["read"])).toMatchObject({ type: "ok" });
});

test("a cut of one direction leaves the other; clients that come later are cut too", { timeout: allowMs }, async () => {
  await using at = stage();
  await using cluster = await at.start();
  await cluster.converged(patience());
  const n1 = nodeId("n1");
  const oneWay = cluster.net!.cut([{ from: nodeId("n2"), to: n1 }, { from: nodeId("n3"), to: n1 }]);
  await oneWay.apply(patience());

  // n1 asks and hears no answer; the others never miss it.
  await using deaf = await connectTo(cluster, "n1");
  expect(await deaf.invoke({ f: "read", value: null }, deadlineSignal(600))).toMatchObject({ type: "info" });
  expect(await ask(cluster, "n2", ["write", 2])).toMatchObject({ type: "ok" });
  await oneWay.revert(patience());

  const clients = cluster.net!.cut([{ from: "clients", to: n1 }, { from: n1, to: "clients" }]);
  await clients.apply(patience());
  const latecomer = await cluster.endpoint(n1, 900);
  await expect(actorClient().connect({ node: n1, thread: 900, endpoint: latecomer, signal: deadlineSignal(500) })).rejects.toMatchObject({ code: "CLIENT_FAILED" });
  await clients.revert(patience());
  await cluster.converged(patience());
  expect(await ask(cluster, "n1", ["read"])).toEqual({ type: "ok", value: 2 });
});

test("two who hold one node: it goes on when the last lets go, and the cluster ends a stopped node too", { timeout: allowMs }, async () => {
  await using at = stage();
  const cluster = await at.start();
  const first = cluster.processes.pause(nodeId("n2"));
  const second = cluster.processes.pause(nodeId("n2"));

  await first.apply(patience());
  await second.apply(patience());
  await first.revert(patience());
  expect(await second.evidence(patience())).toMatchObject({ effective: true });

  await cluster[Symbol.asyncDispose]();
  expect(at.pids().map(processState)).toEqual(at.pids().map(() => undefined));
  expect(at.ledger.open()).toEqual([]);
});

test("a node that never listens is NODE_UNHEALTHY with the wait and its log's tail, and the others are ended", { timeout: allowMs }, async () => {
  await using at = stage();
  const program = [process.execPath, "-e", "console.log('I wait for ever'); setInterval(() => 0, 1000)"];

  const failed = await at.start({ program, healthyMsMax: 1_500 }).catch((error: unknown) => error);

  expect(failed).toBeInstanceOf(HarnessError);
  expect(failed).toMatchObject({ code: "NODE_UNHEALTHY", message: expect.stringMatching(/^n\d did not listen within \d+ ms; its log ends:\n {4}/) });
  expectNothingLeft(at);
});

test("a node that listens and never answers is NODE_UNHEALTHY", { timeout: allowMs }, async () => {
  await using at = stage();
  const mute = "const s = require('net').createServer(() => 0).listen(0, '127.0.0.1', () => require('fs').writeSync(3, JSON.stringify({ listening: s.address().port }) + '\\n'))";

  const failed = await at.start({ program: [process.execPath, "-e", mute], healthyMsMax: 1_500 }).catch((error: unknown) => error);

  expect(failed).toMatchObject({ code: "NODE_UNHEALTHY", message: expect.stringMatching(/did not answer a health request within \d+ ms; its log ends/) });
  expectNothingLeft(at);
});

test("a node that exits early is NODE_EXITED with its last words", { timeout: allowMs }, async () => {
  await using at = stage();

  const failed = await at.start({ program: [process.execPath, "-e", "console.error('no such disk'); process.exit(3)"] }).catch((error: unknown) => error);

  expect(failed).toMatchObject({ code: "NODE_EXITED", message: expect.stringMatching(/^n\d exited \(code 3\); its log ends:\n {4}no such disk$/) });
  expectNothingLeft(at);
});

test("a fixed port that is taken is PORT_TAKEN and names it", { timeout: allowMs }, async () => {
  await using at = stage();
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const { port } = holder.address() as { port: number };

  const failed = await at.start({ ports: [port] }).catch((error: unknown) => error);

  holder.close();
  expect(failed).toMatchObject({ code: "PORT_TAKEN", message: expect.stringContaining(`n1 cannot listen on 127.0.0.1:${port}`), nextStep: expect.stringContaining(`free port ${port}`) });
  expectNothingLeft(at);
});

test("an interrupted start is INTERRUPTED and leaves nothing", { timeout: allowMs }, async () => {
  await using at = stage();
  const interrupt = new AbortController();
  const starting = at.start({ signal: interrupt.signal }).catch((error: unknown) => error);
  await sleep(100);
  interrupt.abort(new Error("Ctrl-C"));

  expect(await starting).toMatchObject({ code: "INTERRUPTED" });
  expectNothingLeft(at);
});

test("a data folder that holds something is refused and kept", { timeout: allowMs }, async () => {
  await using at = stage();

  await expect(at.start({ dataFolder: at.folder })).rejects.toMatchObject({ code: "CLUSTER_START" });

  expect(existsSync(join(at.folder, "faults.jsonl"))).toBe(true);
});

test("a number of nodes that the system has not is BAD_OPTION", async () => {
  await using at = stage();

  await expect(at.start({ nodes: 5 })).rejects.toMatchObject({ code: "BAD_OPTION", nextStep: "set servers=5" });
});

function expectNothingLeft(at: Stage): void {
  expect(at.pids().length).toBeGreaterThan(0);
  expect(at.pids().map(processState)).toEqual(at.pids().map(() => undefined));
  expect(at.ledger.open()).toEqual([]);
  expect(existsSync(dataFolder(at))).toBe(false);
}

/** The data folder that the ledger names. */
function dataFolder(at: Stage): string {
  const found = /"undo":"remove","path":"([^"]+)"/.exec(readFileSync(at.ledger.path, "utf8"));
  expect(found).not.toBeNull();
  return found![1]!;
}
