import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Client, ClientTarget, Connection } from "./client.ts";
import { calls } from "./generator/calls.ts";
import { cycle } from "./generator/cycle.ts";
import { eachThread } from "./generator/each-thread.ts";
import { limit } from "./generator/limit.ts";
import { mix } from "./generator/mix.ts";
import { always, once } from "./generator/once.ts";
import { sequence } from "./generator/sequence.ts";
import { sleep as pause } from "./generator/sleep.ts";
import { stagger } from "./generator/stagger.ts";
import type { HistoryFile } from "./history-file.ts";
import { openHistoryFile, readHistoryFile } from "./history-file.ts";
import { NEMESIS, nodeNames, seed } from "./ids.ts";
import type { Json } from "./json.ts";
import type { Nemesis } from "./nemesis.ts";
import type { Call, Op, Outcome } from "./op.ts";
import { Random } from "./random.ts";
import { type Progress, run, type RunOptions } from "./runner.ts";
import { after, sleep, until } from "./time.ts";

/** A client whose connections do what `invoke` says, and count themselves. */
class Fake implements Client {
  opened: ClientTarget[] = [];
  closed = 0;
  readonly #invoke: (call: Call, signal: AbortSignal, target: ClientTarget) => Promise<Outcome>;
  connecting: (target: ClientTarget) => Promise<void> = () => Promise.resolve();

  constructor(invoke: (call: Call, signal: AbortSignal, target: ClientTarget) => Promise<Outcome>) {
    this.#invoke = invoke;
  }

  async connect(target: ClientTarget): Promise<Connection> {
    await this.connecting(target);
    this.opened.push(target);
    return {
      invoke: (call, signal) => this.#invoke(call, signal, target),
      [Symbol.asyncDispose]: () => {
        this.closed++;
        return Promise.resolve();
      },
    };
  }
}

const ok = (call: Call): Outcome => ({ type: "ok", value: call.value });
const immediate = (): Fake => new Fake((call) => Promise.resolve(ok(call)));
const writes = calls("w", (index) => ({ f: "write", value: index }));

class FakeNemesis implements Nemesis {
  readonly on: string[] = [];
  healed = 0;
  invoke(call: Call): Promise<{ value: Json }> {
    if (call.f === "isolate") this.on.push(String(call.value));
    else {
      this.on.length = 0;
      if (call.f === "heal") this.healed++;
    }
    return Promise.resolve({ value: call.value });
  }
  healAll(): Promise<void> {
    this.on.length = 0;
    this.healed++;
    return Promise.resolve();
  }
  active(): readonly string[] {
    return this.on;
  }
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

function options(client: Client, more: Partial<RunOptions> = {}): RunOptions {
  return {
    concurrency: 2,
    nodes: nodeNames(3),
    client,
    endpoint: () => Promise.resolve({ host: "127.0.0.1", port: 1 }),
    generator: limit(10, writes),
    timeLimitMs: 60_000,
    random: new Random(seed("runner")),
    ...more,
  };
}

const clientOps = (ops: Iterable<Op>): Op[] => [...ops].filter((op) => op.process !== NEMESIS);
const shape = (op: Op): string => `${op.process} ${op.type} ${op.f} ${JSON.stringify(op.value)}`;
const errorOf = (op: Op): Json | undefined => ("error" in op ? op.error : undefined);

describe("a run", () => {
  it("records every operation, pairs whole, times ascending", async () => {
    const { history, counts } = await run(options(immediate(), { generator: limit(500, writes), concurrency: 7 }));

    expect(counts).toEqual({ ok: 500, fail: 0, info: 0 });
    expect([...history.operations()].map((operation) => operation.completion?.value)).toEqual(Array.from({ length: 500 }, (_, i) => i));
    expect([...history.times]).toEqual([...history.times].sort((a, b) => a - b));
  });

  it("writes the same history to disk", async () => {
    const folder = await mkdtemp(join(tmpdir(), "rashomon-run-"));
    try {
      await using file = await openHistoryFile(join(folder, "history.jsonl"));
      const client = new Fake((call) => Promise.resolve(Number(call.value) % 3 === 0 ? { type: "info", value: null, error: "timeout" } : ok(call)));

      const { history } = await run(options(client, { generator: limit(100, writes), file }));

      expect([...(await readHistoryFile(file.path)).history]).toEqual([...history]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("pins thread i to node i mod n, one connection each, and closes them all", async () => {
    const client = immediate();

    await run(options(client, { concurrency: 7, generator: limit(200, writes) }));

    expect(client.opened.map(({ thread, node }) => `${thread} ${node}`).sort()).toEqual(["0 n1", "1 n2", "2 n3", "3 n1", "4 n2", "5 n3", "6 n1"]);
    expect(client.closed).toBe(7);
  });

  it("gives a thread a new process and a new connection after an info, and only then", async () => {
    const client = new Fake((call) => Promise.resolve({ type: Number(call.value) === 1 ? "info" : Number(call.value) === 2 ? "fail" : "ok", value: null }));

    const { history } = await run(options(client, { concurrency: 1, generator: limit(4, writes) }));

    expect([...history].filter((op) => op.type !== "invoke").map(shape)).toEqual(["0 ok write null", "0 info write null", "1 fail write null", "1 ok write null"]);
    expect(client.opened).toHaveLength(2);
    expect(client.closed).toBe(2);
  });

  it("draws the same values for the same seed, whatever the timing", async () => {
    const random = mix("m", [
      [2, calls("w", (_, source) => ({ f: "write", value: source.int(1000) }))],
      [1, always({ f: "read", value: null })],
    ]);
    const slow = new Fake(async (call) => {
      await sleep(Number(call.value ?? 0) % 3);
      return ok(call);
    });

    const drawn = await Promise.all(
      [immediate(), slow].map(async (client) => {
        const { history } = await run(options(client, { concurrency: 3, generator: limit(60, random) }));
        return [...history.operations()].map(({ invocation }) => `${invocation.f} ${JSON.stringify(invocation.value)}`);
      }),
    );

    expect(drawn[1]).toEqual(drawn[0]);
  });

  it("runs threads at the same time", async () => {
    let now = 0;
    let most = 0;
    const client = new Fake(async (call) => {
      most = Math.max(most, ++now);
      await sleep(5);
      now--;
      return ok(call);
    });

    await run(options(client, { concurrency: 40, generator: limit(80, writes) }));

    expect(most).toBe(40);
  });

  it("ends its main phase at the time limit, with a generator that never ends", async () => {
    const { counts } = await run(options(immediate(), { generator: stagger({ meanMs: 5 }, writes), timeLimitMs: 200 }));

    expect(counts.ok).toBeGreaterThan(0);
    expect(counts.ok).toBeLessThan(200);
  });

  it("tells its progress without being asked twice", async () => {
    const seen: Progress[] = [];

    await run(options(immediate(), { generator: stagger({ meanMs: 2 }, writes), timeLimitMs: 200, progressEveryMs: 20, onProgress: (progress) => seen.push(progress) }));

    expect(seen.length).toBeGreaterThan(2);
    expect(seen.at(-1)).toMatchObject({ phase: "close", open: 0, timeLeftMs: 0 });
    expect(seen.some((progress) => progress.phase === "main" && progress.timeLeftMs > 0 && progress.opsPerSecond > 0)).toBe(true);
  });
});

describe("a client that fails", () => {
  it("by throwing leaves info with the error's class and cause, never fail", async () => {
    const client = new Fake(() => Promise.reject(Object.assign(new Error("socket hang up", { cause: new Error("reset") }), { code: "ECONNRESET" })));

    const { history } = await run(options(client, { concurrency: 1, generator: limit(1, writes) }));

    expect(history.at(1)).toMatchObject({ type: "info", error: { class: "thrown", code: "ECONNRESET", message: "socket hang up;   because: reset" } });
  });

  it("by throwing before it returns a promise is the same", async () => {
    const client = new Fake(() => {
      throw new Error("at once");
    });

    const { counts } = await run(options(client, { generator: limit(3, writes) }));

    expect(counts).toEqual({ ok: 0, fail: 0, info: 3 });
  });

  it("by answering nonsense leaves info", async () => {
    const client = new Fake(() => Promise.resolve({ type: "done" } as unknown as Outcome));

    const { history } = await run(options(client, { concurrency: 1, generator: limit(1, writes) }));

    expect(errorOf(history.at(1))).toEqual({ class: "malformed", message: `the client answered {"type":"done"}, which is no outcome` });
  });

  it("to connect leaves fail, tries again, and keeps its process", async () => {
    const client = immediate();
    let refusals = 3;
    client.connecting = async () => {
      if (refusals-- > 0) throw Object.assign(new Error("connect refused"), { code: "ECONNREFUSED" });
    };

    const { history } = await run(options(client, { concurrency: 1, generator: limit(4, writes) }));

    expect([...history].filter((op) => op.type !== "invoke").map(shape)).toEqual(["0 fail write 0", "0 fail write 1", "0 ok write 2", "0 ok write 3"]);
    expect(errorOf(history.at(1))).toEqual({ class: "no-connection", code: "ECONNREFUSED", message: "connect refused" });
  });

  it("with a broken connection gets a new one for its next call", async () => {
    let connections = 0;
    const client: Client = {
      connect: () => {
        const number = ++connections;
        return Promise.resolve({ broken: number === 1, invoke: (call: Call) => Promise.resolve(ok(call)), [Symbol.asyncDispose]: () => Promise.resolve() });
      },
    };

    await run(options(client, { concurrency: 1, generator: limit(3, writes) }));

    expect(connections).toBe(2);
  });
});

describe("nothing hangs a run", () => {
  const limits = { operationMs: 50, graceMs: 50, healMs: 200, nemesisMs: 50, interruptMs: 30 };

  it("the signal aborts at the deadline, and the client's own answer counts", async () => {
    const client = new Fake(
      (_, signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve({ type: "info", value: null, error: String((signal.reason as Error).message) }))),
    );

    const { history } = await run(options(client, { concurrency: 1, generator: limit(1, writes), limits }));

    expect(errorOf(history.at(1))).toBe("no answer after 50 ms");
  });

  it("a client that ignores its signal is given up as info, and its late answer is not listened to", async () => {
    let release: (() => void) | undefined;
    const client = new Fake((call) => (call.value === 0 ? new Promise((resolve) => (release = (): void => resolve(ok(call)))) : Promise.resolve(ok(call))));
    const releasing = sequence([limit(1, writes), pause(300), limit(3, calls("later", (index) => ({ f: "write", value: index + 1 })))]);
    const timer = after(250, () => release!());

    const { history } = await run(options(client, { concurrency: 1, generator: releasing, limits }));

    timer.cancel();
    expect([...history].filter((op) => op.type !== "invoke").map(shape)).toEqual(["0 info write 0", "1 ok write 1", "1 ok write 2", "1 ok write 3"]);
    expect(errorOf(history.at(1))).toMatchObject({ class: "wedged" });
  });

  it("a connect that never ends is a fail, for it was not sent", async () => {
    const client = immediate();
    client.connecting = () => new Promise(() => {});

    const { history, counts } = await run(options(client, { concurrency: 1, generator: limit(1, writes), limits }));

    expect(counts).toEqual({ ok: 0, fail: 1, info: 0 });
    expect(errorOf(history.at(1))).toMatchObject({ class: "no-connection" });
  });

  it("a connection that never closes", async () => {
    const client: Client = { connect: () => Promise.resolve({ invoke: (call: Call) => Promise.resolve(ok(call)), [Symbol.asyncDispose]: () => new Promise<void>(() => {}) }) };

    expect((await run(options(client, { concurrency: 1 }))).counts.ok).toBe(10);
  });

  it("a nemesis that never answers", async () => {
    const nemesis = new FakeNemesis();
    nemesis.invoke = () => {
      nemesis.on.push("half a fault");
      return new Promise(() => {});
    };

    const { history, problems } = await run(options(immediate(), { generator: always({ f: "read", value: null }), timeLimitMs: 300, faults: { nemesis, generator: once({ f: "isolate", value: "n1" }) }, limits }));

    expect(nemesis.healed).toBe(1);
    expect(problems).toEqual(["isolate failed: isolate not finished after 100 ms", "heal failed: heal not finished after 250 ms"]);
    expect([...history].filter((op) => op.process === NEMESIS).map((op) => op.f)).toEqual(["isolate", "isolate", "heal", "heal", "heal", "heal"]);
  });

  it("a heal that never ends is a problem, and the final reads come all the same", async () => {
    const nemesis = new FakeNemesis();
    nemesis.on.push("a fault that stays");
    nemesis.invoke = (call) => Promise.resolve({ value: call.value, error: "a fault that stays: no route" });
    nemesis.healAll = () => new Promise(() => {});

    const { counts, problems } = await run(
      options(immediate(), { faults: { nemesis, generator: limit(0, writes) }, finalGenerator: limit(5, always({ f: "read", value: null })), limits }),
    );

    expect(counts.ok).toBe(15);
    expect(problems).toEqual(["heal failed: a fault that stays: no route", "heal failed: heal not finished after 250 ms"]);
  });

  it("a generator that waits for ever", async () => {
    const { history } = await run(options(immediate(), { generator: sequence([limit(2, writes), pause(1e9)]), timeLimitMs: 150 }));

    expect(history.operationCount).toBe(2);
  });
});

describe("faults", () => {
  it("run beside the clients, are healed, and only then come the final reads", async () => {
    const nemesis = new FakeNemesis();
    const faults = sequence([pause(20), once({ f: "isolate", value: "n1" }), pause(20), once({ f: "heal-isolate", value: null })]);
    let recovered = 0;

    const { history, phases } = await run(
      options(immediate(), {
        generator: stagger({ meanMs: 2 }, writes),
        timeLimitMs: 150,
        faults: { nemesis, generator: faults },
        recover: () => {
          recovered++;
          return Promise.resolve();
        },
        finalGenerator: eachThread(once({ f: "read", value: null })),
      }),
    );

    const nemesisOps = [...history].filter((op) => op.process === NEMESIS);
    expect(nemesisOps.slice(0, 4).map((op) => `${op.type} ${op.f}`)).toEqual(["info isolate", "info isolate", "info heal-isolate", "info heal-isolate"]);
    expect(nemesisOps.slice(-4).map((op) => op.f)).toEqual(["heal", "heal", "recover", "recover"]);
    const lastHeal = nemesisOps.at(-1)!.index;
    expect(clientOps(history).filter((op) => op.f === "read").map((op) => op.index > lastHeal)).toEqual([true, true, true, true]);
    expect([nemesis.healed, recovered]).toEqual([1, 1]);
    expect(Object.keys(phases)).toEqual(["connect", "main", "heal", "final", "close"]);
  });

  it("stop with the clients' work, and a nemesis that is done early does not stop the clients", async () => {
    const endless = await run(options(immediate(), { faults: { nemesis: new FakeNemesis(), generator: cycle(sequence([pause(1), once({ f: "isolate", value: "n1" })])) } }));
    const brief = await run(options(immediate(), { generator: sequence([pause(30), limit(5, writes)]), faults: { nemesis: new FakeNemesis(), generator: once({ f: "isolate", value: "n1" }) } }));

    expect(endless.counts.ok).toBe(10);
    expect(brief.counts.ok).toBe(5);
  });
});

describe("an abort", () => {
  it("stops drawing, heals, gives open operations a short time and closes the rest as info", async () => {
    const nemesis = new FakeNemesis();
    const stop = new AbortController();
    const client = new Fake((call) => (call.f === "read" ? new Promise(() => {}) : sleep(20).then(() => ok(call))));
    const running = run(
      options(client, {
        generator: eachThread(sequence([limit(3, writes), once({ f: "read", value: null })])),
        faults: { nemesis, generator: once({ f: "isolate", value: "n1" }) },
        finalGenerator: once({ f: "read", value: "final" }),
        signal: stop.signal,
        limits: { interruptMs: 50 },
      }),
    );

    await until("the fault", () => nemesis.on.length > 0, { deadlineMs: 10_000, everyMs: 1 });
    await sleep(150);
    stop.abort();
    const { history, interrupted, counts } = await running;

    expect(interrupted).toBe(true);
    expect(nemesis).toMatchObject({ on: [], healed: 1 });
    expect(counts).toEqual({ ok: 6, fail: 0, info: 2 });
    expect([...history.operations()].every((operation) => operation.completion !== undefined)).toBe(true);
    expect([...history].some((op) => op.value === "final")).toBe(false);
  });

  it("before the beginning runs nothing, and heals", async () => {
    const nemesis = new FakeNemesis();

    const { history, interrupted } = await run(options(immediate(), { signal: AbortSignal.abort(), faults: { nemesis, generator: once({ f: "isolate", value: "n1" }) } }));

    expect([interrupted, nemesis.healed, history.operationCount]).toEqual([true, 1, 0]);
  });

  it("during the final reads ends them", async () => {
    const stop = new AbortController();
    const client = new Fake((call) => {
      if (call.f !== "read") return Promise.resolve(ok(call));
      stop.abort();
      return new Promise(() => {});
    });

    const { counts, interrupted } = await run(options(client, { finalGenerator: always({ f: "read", value: null }), signal: stop.signal, limits: { interruptMs: 30 } }));

    expect(interrupted).toBe(true);
    expect(counts.ok).toBe(10);
    expect(counts.info).toBeGreaterThan(0);
  });
});

describe("a bug or a full disk", () => {
  it("in a generator heals first, then is thrown", async () => {
    const nemesis = new FakeNemesis();
    const broken = calls("w", (index) => {
      if (index === 5) throw new Error("a bug at 5");
      return { f: "write", value: index };
    });

    await expect(run(options(immediate(), { generator: broken, faults: { nemesis, generator: once({ f: "isolate", value: "n1" }) } }))).rejects.toThrow("a bug at 5");
    expect(nemesis).toMatchObject({ on: [], healed: 1 });
  });

  it.each([100, 101, 102, 103])("stops the run after %i lines, heals, and says which", async (room) => {
    const nemesis = new FakeNemesis();
    let lines = 0;
    const full: HistoryFile = {
      path: "full",
      congested: false,
      append: () => {
        if (++lines > room) throw new Error("no space left");
      },
      flush: () => Promise.resolve(),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };

    await expect(run(options(immediate(), { generator: writes, file: full, faults: { nemesis, generator: once({ f: "isolate", value: "n1" }) } }))).rejects.toThrow("no space left");
    expect(nemesis.healed).toBe(1);
  });

  it("a disk that is slow holds the generator back, and loses nothing", async () => {
    const pending: Op[] = [];
    const written: Op[] = [];
    const slow: HistoryFile = {
      path: "slow",
      get congested() {
        return pending.length > 50;
      },
      append: (op) => void pending.push(op),
      flush: async () => {
        await sleep(2);
        written.push(...pending.splice(0));
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };

    const { history } = await run(options(immediate(), { generator: limit(1000, writes), concurrency: 8, file: slow }));

    expect(written).toEqual([...history]);
    expect(history.operationCount).toBe(1000);
  });
});
