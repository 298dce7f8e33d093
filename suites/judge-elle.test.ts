import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rashomon } from "../cli/testing/cli.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rashomon-elle-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An EDN history: transactions one after the other, or all at once. */
function history(name: string, transactions: readonly string[], options: { readonly concurrent: boolean }): string {
  const blank = (value: string): string => value.replace(/(\[:r \S+) (?:\[[^\]]*\]|[^\]]*)\]/g, "$1 nil]");
  const invokes = transactions.map((value, i) => `{:process ${i}, :type :invoke, :f :txn, :value ${blank(value)}}`);
  const oks = transactions.map((value, i) => `{:process ${i}, :type :ok, :f :txn, :value ${value}}`);
  const lines = options.concurrent ? [...invokes, ...oks] : invokes.flatMap((line, i) => [line, oks[i]!]);
  const path = join(folder, name);
  writeFileSync(path, lines.join("\n"));
  return path;
}

describe("check --elle", () => {
  test("a write skew is not serializable, but is snapshot isolation", async () => {
    const file = history("skew.edn", ["[[:r :x nil] [:append :y 1]]", "[[:r :y nil] [:append :x 1]]"], { concurrent: true });

    const serializable = await rashomon(["check", file, "--elle", "list-append", "--models", "serializable", "--json"]);
    const snapshot = await rashomon(["check", file, "--elle", "list-append", "--models", "snapshot-isolation", "--json"]);

    expect(serializable.code).toBe(1);
    expect(serializable.json()).toMatchObject([{ verdict: "invalid", checker: "elle/list-append", operations: 2, "anomaly-types": ["G2-item"], not: ["repeatable-read"], "also-not": ["serializable", "strong-serializable", "strong-session-serializable"] }]);
    expect(snapshot.code).toBe(0);
    expect(snapshot.json()).toMatchObject([{ verdict: "valid", "anomaly-types": [], not: [], "also-not": [], anomalies: [] }]);
  });

  test("settings choose the sources of version order", async () => {
    const file = history("registers.edn", ["[[:w :x 1]]", "[[:r :x 1] [:w :x 2]]", "[[:r :x 2] [:w :x 3]]", "[[:r :x 3] [:r :x 3]]"], { concurrent: false });
    const stale = history("stale.edn", ["[[:w :x 1]]", "[[:r :x 1] [:w :x 2]]", "[[:r :x 1]]"], { concurrent: false });

    expect((await rashomon(["check", file, "--elle", "rw-register", "--set", "wfr-keys=true"])).code).toBe(0);
    expect((await rashomon(["check", stale, "--elle", "rw-register"])).code).toBe(0);
    expect((await rashomon(["check", stale, "--elle", "rw-register", "--set", "wfr-keys=true", "--json"])).json()).toMatchObject([{ "anomaly-types": ["G-single-item-realtime"] }]);
  });

  test("for people: each transaction, each reason, and what is ruled out", async () => {
    const file = history("long-fork.edn", ["[[:append :x 1]]", "[[:r :x nil]]"], { concurrent: false });

    const { out, code } = await rashomon(["check", file, "--elle", "list-append"]);

    expect(code).toBe(1);
    expect(out).toMatch(/G-single-item-realtime/);
    expect(out).toMatch(/T1 read x = \[\] and did not see 1, which T2 appended next/);
    expect(out).toMatch(/not strong-snapshot-isolation/);
  });

  test.each([
    ["an unknown workload", ["--elle", "queue"], 254, /list-append/],
    ["an unknown model", ["--elle", "list-append", "--models", "serialisable"], 254, /no consistency model "serialisable"/],
    ["an unknown setting", ["--elle", "list-append", "--set", "nosuch=1"], 254, /wfr-keys/],
  ])("%s is a usage error that lists what there is", async (_, args, code, message) => {
    const file = history("some.edn", ["[[:append :x 1]]"], { concurrent: false });

    const ran = await rashomon(["check", file, ...args]);

    expect(ran.code).toBe(code);
    expect(ran.err).toMatch(message);
  });

  test.each([
    ["the same element appended twice", "list-append", ["[[:append :x 1]]", "[[:append :x 1]]"], /op 3: appends 1 to x, as op 1 did before/],
    ["the same value written twice", "rw-register", ["[[:w :x 1]]", "[[:w :x 1]]"], /op 3: writes 1 to x, as op 1 did before/],
    ["an unknown micro-operation", "list-append", ["[[:pop :x 1]]"], /op 1: the micro-operation \["pop","x",1\] is neither r nor append/],
    ["a read that is no list", "list-append", ["[[:append :x 1]]", "[[:r :x 7]]"], /op 3: a read of x gave 7, not a list/],
    ["a value that is no transaction", "list-append", ["7"], /op 1: its value is 7/],
  ])("%s is refused with the operation named", async (_, workload, transactions, message) => {
    const file = history("bad.edn", transactions, { concurrent: false });

    const ran = await rashomon(["check", file, "--elle", workload]);

    expect(ran.code).toBe(4);
    expect(ran.err).toMatch(message);
    expect(ran.out).toBe("");
  });
});
