import { createInterface } from "node:readline";
import { assert, unreachable } from "../../harness/assert.ts";
import { describeError } from "../../harness/errors.ts";
import { familyIn, processTable } from "./family.ts";
import { localKeeper } from "./keeper.ts";
import { decode, encode, type KeeperRequest, programsVariable } from "./keeper-wire.ts";

/**
 * The keeper of a node's clocks as a program beside the node's processes, in their process namespace: see `keeper-wire.ts`
 * for how it is spoken with, and `family.ts` for whose clocks it may touch.
 */
assert(process.ppid === 0, "it came into a process namespace from outside: that of a node's container, never that of a machine");
const programs = JSON.parse(process.env[programsVariable] ?? "{}") as { readonly [process: string]: string };
const names = new Set<string>();
const keeper = localKeeper((name) => {
  const root = name === undefined ? undefined : programs[name];
  return familyIn(processTable(), root === undefined ? {} : { root, spared: Object.values(programs) });
});

async function answer(request: KeeperRequest): Promise<unknown> {
  switch (request.ask) {
    case "hold":
      names.add(request.name);
      return await keeper.hold(request.name, request.skew, request.process);
    case "release":
      await keeper.release(request.name);
      return names.delete(request.name);
    case "look":
      return await keeper.look(request.name);
    default:
      return unreachable(request);
  }
}

async function serve(line: string): Promise<void> {
  // Only the harness writes here.
  const request = decode(line) as KeeperRequest;
  const { id } = request;
  process.stdout.write(encode(await answer(request).then((value) => ({ id, value: value ?? null }), (error: unknown) => ({ id, refused: describeError(error) }))));
}

async function end(): Promise<never> {
  for (const name of names) await keeper.release(name).catch((error: unknown) => process.stderr.write(`${describeError(error)}\n`));
  process.exit(0);
}

process.on("SIGTERM", () => void end());
const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => void serve(line));
lines.on("close", () => void end());
