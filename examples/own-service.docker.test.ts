/** A service of one's own in each of its forms: `docs/own-service.md` tells of these runs. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rashomon } from "../cli/testing/cli.ts";
import { connectEngine, type Engine } from "../clusters/docker/engine.ts";
import { runLabel } from "../clusters/docker/labels.ts";

let folder: string;
let engine: Engine;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "rashomon-own-"));
  engine = await connectEngine();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const definition = (name: string): string => join(import.meta.dirname, "own-service", `${name}.ts`);
const cli = (args: readonly string[], env: { readonly [name: string]: string } = {}): ReturnType<typeof rashomon> => rashomon(args, { cwd: folder, timeoutMs: 600_000, env });
const run = (name: string, args: readonly string[], env?: { readonly [name: string]: string }): ReturnType<typeof rashomon> =>
  cli(["run", definition(name), "--rate", "60", "--concurrency", "6", "--json", ...args], env);

/** What runs with that in their name left in the engine. */
async function left(name: string): Promise<string[]> {
  const list = await engine.api.listContainers({ all: true, filters: { label: [runLabel] } });
  return list.flatMap(({ Names }) => Names).filter((container) => container.includes(name));
}

describe("A service built from its Dockerfile", () => {
  test("whose instances trust what they read last answers from the past", async () => {
    const ran = await run("service", ["--set", "cache=1000", "--time-limit", "4s", "--seed", "own-cache"]);

    expect(ran.code, ran.err + ran.out).toBe(1);
    expect(await left("own-cache")).toEqual([]);
  });

  test("without that cache stays linearizable while nodes are cut off, paused and killed", async () => {
    const ran = await run("service", ["--nemesis", "isolate,pause,kill", "--fault-every", "6s", "--fault-for", "3s", "--time-limit", "18s", "--set", "cas-share=0.2", "--seed", "own-faults"]);

    expect(ran.code, ran.err + ran.out).toBe(0);
    const [result] = ran.json();
    const faults = readFileSync(join(String(result!["run"]), "faults.jsonl"), "utf8");
    expect(faults).toMatch(/"what":"pause/);
    expect(await left("own-faults")).toEqual([]);
  });
});

test("A Compose file is run as it is: the links among its services are cut, and the instance with a cache gives itself away", async () => {
  const ran = await run("compose", ["--nemesis", "isolate", "--fault-every", "5s", "--fault-for", "2s", "--time-limit", "6s", "--seed", "own-compose"]);

  expect(ran.code, ran.err + ran.out).toBe(1);
  expect(await left("own-compose")).toEqual([]);
  const { Volumes } = await engine.api.listVolumes({ filters: { label: [runLabel] } });
  expect((Volumes ?? []).map(({ Name }) => Name).filter((name) => name.includes("own-compose"))).toEqual([]);
});

describe("A container that somebody else started", () => {
  let id: string;
  beforeAll(async () => {
    const container = await engine.api.createContainer({
      Image: "rashomon-own-n1:latest",
      ExposedPorts: { "8080/tcp": {} },
      HostConfig: { PortBindings: { "8080/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] } },
    });
    await container.start();
    id = container.id;
  });
  afterAll(() => engine.api.getContainer(id).remove({ force: true }));

  test("gets load only", async () => {
    const plain = await run("adopted", ["--time-limit", "2s", "--seed", "own-adopted"], { CONTAINER: id });
    const refused = await run("adopted", ["--nemesis", "pause", "--time-limit", "6s"], { CONTAINER: id });

    expect(plain.code, plain.err + plain.out).toBe(0);
    expect(refused.code).toBe(4);
    expect(refused.err).toMatch(/without --allow-faults/);
  });

  test("is paused and killed with leave, runs on afterwards, and is not removed", async () => {
    const ran = await run("adopted", ["--allow-faults", "--nemesis", "pause,kill", "--fault-every", "4s", "--fault-for", "2s", "--time-limit", "9s", "--seed", "own-leave"], { CONTAINER: id });

    expect(ran.code, ran.err + ran.out).toBe(0);
    expect((await engine.api.getContainer(id).inspect()).State).toMatchObject({ Running: true, Paused: false });
  });

  test("is also a server at a loopback address, and a server elsewhere is refused", async () => {
    const port = (await engine.api.getContainer(id).inspect()).NetworkSettings.Ports["8080/tcp"]![0]!.HostPort;
    const here = await run("endpoints", ["--time-limit", "2s", "--seed", "own-here"], { ENDPOINT: `127.0.0.1:${port}` });
    const elsewhere = await run("endpoints", ["--time-limit", "2s"], { ENDPOINT: `192.0.2.1:${port}` });

    expect(here.code, here.err + here.out).toBe(0);
    expect(elsewhere.code).not.toBe(0);
    expect(elsewhere.err).toMatch(/not on this machine's loopback/);
  });
});

describe("A cluster that is kept", () => {
  test("can be entered, tells its logs, and goes with heal", async () => {
    const ran = await run("service", ["--nodes", "2", "--time-limit", "1s", "--seed", "own-kept", "--keep", "--verbose"]);
    expect(ran.code, ran.err + ran.out).toBe(0);
    expect(ran.err).toMatch(/n2 \| asks n1:8080/);
    expect(ran.err).toMatch(/enter with: .*shell n1/);
    expect(await left("own-kept")).toHaveLength(4);

    const inside = await cli(["shell", "n2", "--run", "own-kept", "--", "sh", "-c", "echo at $STORE; exit 7"]);
    const nobody = await cli(["shell", "n3", "--run", "own-kept"]);
    const healed = await cli(["heal", String(ran.json()[0]!["run"]), "--json"]);

    expect(inside).toMatchObject({ code: 7, out: "at n1:8080\n" });
    expect(nobody.err).toMatch(/no node n3 runs.*n1 of run/s);
    expect(healed.code, healed.err + healed.out).toBe(0);
    expect(await left("own-kept")).toEqual([]);
  });
});
