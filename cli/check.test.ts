import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rashomon } from "./testing/cli.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rashomon-check-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, lines.join("\n"));
  return path;
}
const op = (process: number, type: string, f: string, value: unknown): string => JSON.stringify({ process, type, f, value });
const stale = [op(0, "invoke", "write", 1), op(0, "ok", "write", 1), op(1, "invoke", "read", null), op(1, "ok", "read", null)];
const fresh = [...stale.slice(0, 3), op(1, "ok", "read", 1)];

describe("the contract of `check --json`", () => {
  test("one JSON object a line on standard output, with file, verdict, operations, checker, anomalies and cpuMs", async () => {
    const ran = await rashomon(["check", file("stale.jsonl", stale), file("fresh.jsonl", fresh), "--spec", "register", "--json"]);

    expect(ran.code).toBe(1);
    const [first, second] = ran.json();
    expect(first).toMatchObject({ file: join(folder, "stale.jsonl"), verdict: "invalid", operations: 2 });
    expect(first!["anomalies"]).toMatchObject([{ name: "nonlinearizable" }]);
    expect(second).toMatchObject({ verdict: "valid", operations: 2, anomalies: [] });
    expect(typeof first!["cpuMs"]).toBe("number");
    expect(typeof first!["checker"]).toBe("string");
  });

  test("the explanation names the read and what it should have seen, in plain words", async () => {
    const ran = await rashomon(["check", file("stale.jsonl", stale), "--spec", "register"]);
    expect(ran.out).toMatch(/invalid/);
    expect(ran.out).toMatch(/read/);
  });

  test("an initial value is taken as JSON", async () => {
    const path = file("initial.jsonl", [op(0, "invoke", "read", null), op(0, "ok", "read", 7)]);
    expect((await rashomon(["check", path, "--spec", "register", "--initial", "7"])).code).toBe(0);
    expect((await rashomon(["check", path, "--spec", "register"])).code).toBe(1);
  });

  test("the object's options are settings: a read of null may mean that the value is not known", async () => {
    expect((await rashomon(["check", file("stale.jsonl", stale), "--spec", "register", "--initial", "0", "--set", "null-reads=unknown"])).code).toBe(0);
    expect((await rashomon(["check", file("stale.jsonl", stale), "--spec", "register", "--set", "nosuch=1"])).code).toBe(254);
  });

  test("an empty history is valid", async () => {
    expect((await rashomon(["check", file("empty.jsonl", []), "--spec", "register"])).code).toBe(0);
  });
});

describe("bad input ends in a clear error that names the place and the next step", () => {
  const cases: [title: string, lines: readonly string[], message: RegExp, args?: readonly string[]][] = [
    ["a cut line", [...stale.slice(0, 3), stale[3]!.slice(0, 20)], /bad\.jsonl:4/],
    ["two open operations of one process", [op(0, "invoke", "write", 1), op(0, "invoke", "write", 2)], /bad\.jsonl:2.*process 0/],
    ["a completion without its invocation", [op(0, "ok", "write", 1)], /bad\.jsonl:1.*without an invocation/],
    ["a process that is no number", ['{"process":"x","type":"invoke","f":"read","value":null}'], /bad\.jsonl:1/],
    ["an unknown type", [op(0, "invoke", "read", null), op(0, "done", "read", 1)], /bad\.jsonl:2/],
    ["an object that the history was not recorded on", [op(0, "invoke", "acquire", null), op(0, "ok", "acquire", null)], /acquire/, ["--spec", "register"]],
    ["EDN that is not closed", ["[{:process 0, :type :invoke, :f :read, :value nil}", "{:process 0 :type :ok"], /bad\.jsonl:2/],
  ];
  test.each(cases)("%s", async (_title, lines, message, args = []) => {
    const ran = await rashomon(["check", file("bad.jsonl", lines), ...args, "--json"]);
    expect(ran.code).toBe(4);
    expect(ran.err).toMatch(message);
    expect(ran.err).toMatch(/next: /);
    expect(ran.json()).toMatchObject([{ error: { message: expect.stringMatching(message) as string, exit: 4 } }]);
  });

  test("a file without an operation and without --spec says that its object cannot be told", async () => {
    const ran = await rashomon(["check", file("empty.jsonl", ["", ""])]);
    expect(ran.code).toBe(254);
    expect(ran.err).toMatch(/empty\.jsonl: there is no client's operation in it/);
  });

  test("a file that is not there", async () => {
    const ran = await rashomon(["check", join(folder, "nowhere.edn")]);
    expect(ran.code).toBe(4);
    expect(ran.err).toMatch(/nowhere\.edn/);
  });

  test("an unknown option is usage: 254", async () => {
    expect((await rashomon(["check", "x", "--nonsense"])).code).toBe(254);
    expect((await rashomon(["check"])).code).toBe(254);
    expect((await rashomon(["nonsense"])).code).toBe(254);
    expect((await rashomon(["constructor"])).code).toBe(254);
  });

  test("a bad file hides neither a good one nor a real failure: the worst exit code wins", async () => {
    const ran = await rashomon(["check", file("bad.jsonl", [op(0, "ok", "write", 1)]), file("stale.jsonl", stale), "--spec", "register", "--json"]);
    expect(ran.code).toBe(4);
    expect(ran.json()).toMatchObject([{ error: { code: "HISTORY_MALFORMED" } }, { verdict: "invalid" }]);
  });
});
