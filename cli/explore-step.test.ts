import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** Runs the command with these lines as its standard input. */
function stepped(args: readonly string[], lines: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  return new Promise((resolve) => {
    const main = fileURLToPath(new URL("./main.ts", import.meta.url));
    const child = execFile(process.execPath, [main, "explore", ...args, "--step"], { encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
    child.stdin!.end(lines.join("\n"));
  });
}

test("a walk by hand shows each state, what can happen next, and the property that broke; back takes a step back", async () => {
  const places = (await stepped(["single-copy-split", "--set", "partitions=1", "--json"], ["1", "back", "1", "1", "1", "1", "1", "1"])).out.trim().split("\n").map((line) => JSON.parse(line) as { steps: number; last: string; choices: string[]; broken: string | null; parties: object[] });

  expect(places.map(({ steps }) => steps)).toEqual([0, 1, 0, 1, 2, 3, 4, 5, 6]);
  expect(places[0]!.choices).toEqual(expect.arrayContaining(["client 0 calls #0", "client 1 calls #0", "cut n1 | n2"]));
  expect(places[0]).toEqual(places[2]);
  expect(places[0]!.parties).toHaveLength(4);
  expect(places.at(-1)!.broken).toBe("linearizable");
  expect(places.at(-2)!.broken).toBe(null);
});

test("what is no choice is refused with those that there are, and the walk goes on to its quit", async () => {
  const { out, err } = await stepped(["chain"], ["99", "one", "1", "quit", "1"]);

  expect(err).toMatch(/"99" is no choice here \(there are 1 … 2\)/);
  expect(err).toMatch(/"one" is no choice/);
  expect(out.match(/^step \d+/gm)).toEqual(["step 1"]);
});
