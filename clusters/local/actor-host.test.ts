import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Actor } from "../../harness/actor.ts";
import { HarnessError } from "../../harness/errors.ts";
import { seed } from "../../harness/ids.ts";
import type { Json } from "../../harness/json.ts";
import { Random } from "../../harness/random.ts";
import { sleep, until } from "../../harness/time.ts";
import { ActorHost } from "./actor-host.ts";
import { DurableStore } from "./durable-store.ts";
import type { TraceLine } from "./trace.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rashomon-test-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const patience = { deadlineMs: 20_000, everyMs: 2 };
let hosts = 0;

/** A host whose effects are written down in the order in which they leave, with what was on disk then. */
function host(actor: Partial<Actor>, pace: "clock" | "command" = "clock"): { host: ActorHost; left: Json[]; trace: () => TraceLine[]; path: string } {
  const path = join(folder, `${hosts++}.jsonl`);
  const left: Json[] = [];
  let lines = "";
  let mids = 0;
  const onDisk = (): Json => {
    try {
      return readFileSync(path, "utf8").trim().split("\n").at(-1) ?? null;
    } catch {
      return null;
    }
  };
  const made = new ActorHost({
    actor: { kind: "test", start: () => 0, onMessage: (_self, state) => state, ...actor },
    self: { id: 0, peers: [1], servers: 2 },
    epoch: 0,
    round: 0,
    store: new DurableStore(path),
    random: new Random(seed(1)),
    pace,
    trace: { append: (text) => (lines += text), nextSeq: () => 0 },
    nextMid: () => `0-0-${mids++}`,
    send: (to, text) => left.push(["send", to, (JSON.parse(text) as { message: Json }).message, onDisk()]),
    reply: (operation) => left.push(["reply", operation, onDisk()]),
    refuse: (operation, reason) => left.push(["refused", operation, reason]),
    log: () => undefined,
  });
  return { host: made, left, path, trace: () => lines.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as TraceLine) };
}

const frame = (message: Json): { mid: string; clock: number[]; message: Json } => ({ mid: "1-0-0", clock: [0, 1], message });

test("what a handler puts out leaves after its save is on disk, in the order of its calls", async () => {
  const { host: subject, left } = host({
    onMessage(_self, _state, from, message, out) {
      out.save({ seen: message });
      out.send(from, "stored");
      out.reply("c0.0", null);
      return message;
    },
  });
  subject.start();

  subject.message(1, frame("a"));

  await until("both effects", () => left.length === 2, patience);
  expect(left).toEqual([
    ["send", 1, "stored", '[{"seen":"a"}]'],
    ["reply", "c0.0", '[{"seen":"a"}]'],
  ]);
});

test("handlers that run while a sync is under way leave after it, and no later than their own save", async () => {
  const { host: subject, left } = host({
    onMessage(_self, _state, from, message, out) {
      if (typeof message === "number") out.save(message);
      out.send(from, message);
      return message;
    },
  });
  subject.start();

  subject.message(1, frame(1));
  await Promise.resolve();
  subject.message(1, frame("not saved"));
  subject.message(1, frame(2));
  subject.message(1, frame(3));

  await until("all effects", () => left.length === 4, patience);
  // One sync for 1, one for all that came meanwhile: the last save wins.
  expect(left).toEqual([
    ["send", 1, 1, "[1]"],
    ["send", 1, "not saved", "[3]"],
    ["send", 1, 2, "[3]"],
    ["send", 1, 3, "[3]"],
  ]);
});

test("the diary's line of an event is written before its effects leave", async () => {
  const { host: subject, left, trace } = host({
    onMessage(_self, _state, from, _message, out) {
      out.send(from, "seen");
      return 5;
    },
  });
  subject.start();
  subject.message(1, frame("a"));
  await until("the effect", () => left.length === 1, patience);

  expect(trace()).toEqual([
    { node: 0, seq: 0, epoch: 0, round: 0, event: "start", in: { durable: null }, out: [], replies: [], stateHash: expect.any(String), clock: [1, 0] },
    {
      ...{ node: 0, seq: 0, epoch: 0, round: 0, event: "deliver", in: { mid: "1-0-0", from: 1, message: "a" } },
      ...{ out: [{ mid: "0-0-0", to: 1, message: "seen" }], replies: [], stateHash: expect.any(String), clock: [2, 1] },
    },
  ]);
});

test("a timer that is set while it is set fires once; a cancelled one never", async () => {
  const fired: Json[] = [];
  const { host: subject } = host({
    start(_self, _durable, out) {
      out.setTimer({ name: "twice" }, [1, 2]);
      out.setTimer({ name: "twice" }, [1, 2]);
      out.setTimer("cancelled", [1, 2]);
      out.cancelTimer("cancelled");
      return 0;
    },
    onTimer(_self, state, timer) {
      fired.push(timer);
      return state;
    },
  });
  subject.start();

  await sleep(50);
  await until("the timer", () => fired.length > 0, patience);
  expect(fired).toEqual([{ name: "twice" }]);
});

test("a choice is drawn from the seed, handled next, and written down", async () => {
  const { host: subject, trace } = host({
    start(_self, _durable, out) {
      out.choose("coin", ["head", "tail"]);
      return "undecided";
    },
    onChoice: (_self, _state, _key, choice) => choice,
  });
  subject.start();
  await until("the choice", () => trace().length === 2, patience);

  const taken = trace()[1]?.in;
  expect(taken).toMatchObject({ key: "coin" });
  expect(["head", "tail"]).toContain((taken as { choice: Json }).choice);
});

test("a call that the actor refuses changes nothing, and any other error passes through", () => {
  const { host: subject, left, trace } = host({
    onClient(_self, state, operation, call, out) {
      out.reply(operation, "must not leave");
      if (call.f === "cas") throw new HarnessError("CLIENT_FAILED", "no cas here", { nextStep: "read or write" });
      if (call.f === "bug") throw new TypeError("a bug");
      return state;
    },
  });
  subject.start();

  subject.call("c0.0", { f: "cas", value: null });

  expect(left).toEqual([["refused", "c0.0", "no cas here"]]);
  expect(() => subject.call("c0.1", { f: "bug", value: null })).toThrow("handler onClient of test 0");
  expect(trace().filter((line) => line.event === "call")).toEqual([]);
});

test("an actor that has ended handles and sends nothing more, not even what waits for a sync", async () => {
  const { host: subject, left } = host({
    onMessage(_self, state, from, message, out) {
      out.save(message);
      out.send(from, message);
      return state;
    },
  });
  subject.start();
  subject.message(1, frame(1));
  await Promise.resolve();

  subject.end();
  subject.message(1, frame(2));

  await sleep(50);
  expect(left).toEqual([]);
});

test("by command, timers fire and choices are taken when somebody says so, each once", () => {
  const { host: subject } = host(
    {
      start(_self, _durable, out) {
        out.setTimer("due at once", [0, 0]);
        out.choose("side", ["left", "right"]);
        return [];
      },
      onTimer: (_self, state, timer) => [...(state as Json[]), timer],
      onChoice: (_self, state, key, choice) => [...(state as Json[]), key, choice],
    },
    "command",
  );
  subject.start();

  expect([subject.choose("side", 2), subject.choose("side", 1), subject.choose("side", 1)]).toEqual([false, true, false]);
  expect([subject.fire("another"), subject.fire("due at once"), subject.fire("due at once")]).toEqual([false, true, false]);
  expect(subject.counts).toMatchObject({ handled: 3, timersFired: 1 });
});
