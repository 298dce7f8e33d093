import { describe, expect, it } from "vitest";
import { unlimited } from "../../harness/budget.ts";
import { historyOf } from "../../harness/history.ts";
import { seed } from "../../harness/ids.ts";
import { register } from "../../harness/objects/register.ts";
import { freshSeed, Random } from "../../harness/random.ts";
import { certify, verifyCertificate } from "./certificate.ts";
import { checkLinearizable } from "./linearizability.ts";
import { randomHistory } from "./testing/random-history.ts";
import { fuzzed } from "./testing/shapes.ts";

const history = historyOf([
  { process: 0, type: "invoke", f: "write", value: 1 },
  { process: 1, type: "invoke", f: "read", value: null },
  { process: 1, type: "ok", f: "read", value: 1 },
  { process: 0, type: "ok", f: "write", value: null },
  { process: 2, type: "invoke", f: "write", value: 2 },
  { process: 2, type: "fail", f: "write", value: 2 },
  { process: 1, type: "invoke", f: "read", value: null },
  { process: 1, type: "ok", f: "read", value: 1 },
]);
const flaw = (...order: number[]): string | undefined => verifyCertificate(history, register(0), { parts: [{ key: null, order }] });

describe("a certificate", () => {
  it("is an order that explains every answer", () => {
    const certificate = certify(history, register(0), unlimited());

    expect(certificate).toEqual({ parts: [{ key: null, order: [0, 1, 6] }] });
    expect(verifyCertificate(history, register(0), certificate!)).toBeUndefined();
  });

  it.each<[string, number[], RegExp]>([
    ["an operation is missing", [0, 1], /op 6 returned and is not placed/],
    ["one is placed twice", [0, 1, 1, 6], /op 1 is placed twice/],
    ["a failed one is placed", [0, 1, 4, 6], /op 4 failed and is placed/],
    ["an answer does not follow", [1, 0, 6], /op 1 \(read\) cannot answer 1 there/],
    ["time runs backwards", [0, 6, 1], /op 1 had returned before op 6 was called, and comes after it/],
    ["it names no invocation", [0, 2, 6], /op 2 is no invocation/],
  ])("is refused when %s", (_, order, expected) => {
    expect(flaw(...order)).toMatch(expected);
  });

  const base = process.env["RASHOMON_TEST_SEED"] ?? freshSeed();
  it.each(fuzzed)(`exists and verifies exactly for the linearizable histories of $name (seed ${base})`, ({ name, spec, call }) => {
    for (let i = 0; i < 60; i++) {
      const random = new Random(seed(`${base}/certificate/${name}/${i}`));
      const shape = { spec, call, operations: 3 + random.int(12), clients: 2 + random.int(3), crashRatio: random.pick([0, 0.2]), lies: random.int(3), busy: true };
      const example = randomHistory(shape, random);
      const certificate = certify(example, spec, unlimited());

      expect(certificate !== undefined, `history ${i}`).toBe(checkLinearizable(example, spec, { budget: unlimited(), explain: false }).verdict === "valid");
      if (certificate !== undefined) expect(verifyCertificate(example, spec, certificate), `history ${i}`).toBeUndefined();
    }
  });
});

describe("evidence", () => {
  const crashed = historyOf([
    { process: 0, type: "invoke", f: "write", value: 1 },
    { process: 0, type: "info", f: "write", value: 1 },
    { process: 1, type: "invoke", f: "read", value: null },
    { process: 1, type: "ok", f: "read", value: 0 },
    { process: 1, type: "invoke", f: "read", value: null },
    { process: 1, type: "ok", f: "read", value: 1 },
  ]);
  const check = (evidence: Parameters<typeof checkLinearizable>[2]["evidence"]): ReturnType<typeof checkLinearizable> =>
    checkLinearizable(crashed, register(0), { budget: unlimited(), ...(evidence === undefined ? {} : { evidence }) });

  it("that a write did not happen makes the read of it impossible, and the verdict says what it used", () => {
    expect(check(undefined).verdict).toBe("valid");
    const verdict = check([{ operation: 0, source: "write-ahead log", says: "did not happen" }]);

    expect(verdict.verdict).toBe("invalid");
    expect(verdict.details?.["evidence"]).toEqual(["op 0 did not happen, says write-ahead log"]);
  });

  it("that a write happened before an op moves its end there", () => {
    expect(check([{ operation: 0, source: "watch", says: "happened" }]).verdict).toBe("valid");
    expect(check([{ operation: 0, source: "watch", says: "happened", before: 4 }]).verdict).toBe("valid");
    expect(check([{ operation: 0, source: "watch", says: "happened", before: 2 }])).toMatchObject({
      verdict: "invalid",
      details: { evidence: ["op 0 happened before op 2, says watch"] },
    });
  });

  it("about an operation whose outcome is known is refused", () => {
    expect(() => check([{ operation: 2, source: "watch", says: "did not happen" }])).toThrow(/evidence of watch about op 2: its outcome is known already/);
    expect(() => check([{ operation: 1, source: "watch", says: "happened" }])).toThrow(/there is no invocation/);
  });
});
