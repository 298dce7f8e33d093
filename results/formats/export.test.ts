import { describe, expect, it } from "vitest";
import { type History, historyOf } from "../../harness/history.ts";
import { seed } from "../../harness/ids.ts";
import { append, get, kv, put } from "../../harness/objects/kv.ts";
import { cas, casRegister, read, write } from "../../harness/objects/register.ts";
import { Random } from "../../harness/random.ts";
import { randomHistory } from "../../checkers/linearizability/testing/random-history.ts";
import { checkElle } from "../../checkers/elle/elle.ts";
import { elleVerdict } from "../../checkers/elle/report.ts";
import { simulate } from "../../checkers/elle/testing/simulate.ts";
import { exportHistory } from "./export.ts";
import { parseHistory } from "./formats.ts";

const readBack = (text: string): ReturnType<typeof parseHistory> => parseHistory(new TextEncoder().encode(text), { file: "exported" });
const plain = (history: History): unknown[] => [...history].map(({ process, type, f, value }) => [process, type, f, value]);

describe("an exported history", () => {
  it("for Porcupine reads back as it was", () => {
    const random = new Random(seed("export"));
    const shape = { spec: kv({ absent: "" }), call: (r: Random) => r.pick([get("a"), put("a", "1"), append("b", "2")]), operations: 40, clients: 3, crashRatio: 0, lies: 0 };
    const history = randomHistory(shape, random);
    const back = readBack(exportHistory(history, "porcupine"));

    expect(back.format).toBe("porcupine-kv");
    const answers = (one: History): unknown[] => [...one].map(({ process, type, f, value }) => [process, type, f, type === "invoke" || f === "get" ? value : null]);
    expect(answers(back.history)).toEqual(answers(history));
  });

  it("for Knossos reads back as it was, but for a refused cas, which is a failure there", () => {
    const random = new Random(seed("export"));
    const shape = { spec: casRegister(0), call: (r: Random) => r.pick([read(), write(r.int(3)), cas(r.int(3), r.int(3))]), operations: 40, clients: 3, crashRatio: 0.2, lies: 0 };
    const history = randomHistory(shape, random);
    const back = readBack(exportHistory(history, "knossos"));

    expect(back.format).toBe("jepsen-edn");
    const invoked = (index: number): unknown => history.at(history.pairs[index]!).value;
    const expected = [...history].map(({ index, process, type, f, value }) =>
      type === "ok" && f === "cas" ? [process, value === false ? "fail" : "ok", f, invoked(index)] : [process, type, f, value],
    );
    expect(plain(back.history)).toEqual(expected);
  });

  it.each([
    ["list-append", "strict-serializable"],
    ["list-append", "read-committed"],
    ["rw-register", "snapshot-isolation"],
    ["rw-register", "read-committed"],
  ] as const)("for Elle reads back with the same operations and the same verdict (%s, %s)", (workload, level) => {
    const history = simulate({ workload, level, transactions: 60, concurrency: 4, keys: 3, writesPerKey: 8, lengthMax: 4, failRatio: 0.05, infoRatio: 0.05, random: new Random(seed(`elle-${level}`)) });
    const back = readBack(exportHistory(history, "elle"));

    expect([back.format, back.kind]).toEqual(["jepsen-edn", "txn"]);
    expect(plain(back.history)).toEqual(plain(history));
    const [before, after] = [history, back.history].map((one) => elleVerdict("elle", checkElle(one, workload, { wfrKeys: true })));
    expect(after).toEqual(before);
  });

  it("for Elle names functions and predicates by keywords", () => {
    const value = [["append", "x", 1], ["r", 2, [3, "é"]], ["rp", ["=", 1], { x: 1 }], ["rp", "true", {}]];
    const history = historyOf([{ process: 0, type: "invoke", f: "txn", value }]);

    expect(exportHistory(history, "elle")).toBe('{:index 0, :process 0, :type :invoke, :f :txn, :value [[:append "x" 1] [:r 2 [3 "é"]] [:rp [:= 1] {:x 1}] [:rp :true {}]]}\n');
    expect(() => exportHistory(historyOf([{ process: 0, type: "invoke", f: "txn", value: [7] }]), "elle")).toThrow(/the op 0, invoke txn, cannot be written for Elle: its form knows only micro-operations, and this holds 7/);
  });

  it("that Porcupine's form cannot say is refused, with the op", () => {
    const history = historyOf([
      { process: 0, type: "invoke", f: "put", value: ["a", "1"] },
      { process: 0, type: "info", f: "put", value: ["a", "1"] },
    ]);

    expect(() => exportHistory(history, "porcupine")).toThrow(/the op 1, info put, cannot be written for Porcupine: its form has no word for an operation that did not return/);
  });

  it.each(["knossos", "elle"] as const)("for %s reads back with values of every kind", (form) => {
    const values = [null, true, false, 0, -1, 1.5, 2 ** 53 - 1, "9007199254740993", 1e21, 1e-7, "", "nil", ":k", 'a "quoted" \\ one', "é\n\u2028😀", [], [[]], [1, [null]], {}, { a: null, "b c": [{ d: "" }], 1: 2 }];
    const history = historyOf(values.flatMap((value, process) => [
      { process, type: "invoke" as const, f: "write", value },
      { process, type: (["ok", "fail", "info"] as const)[process % 3]!, f: "write", value },
    ]));

    expect(plain(readBack(exportHistory(history, form)).history)).toEqual(plain(history));
  });

  it("that has a function with a space in its name is refused, since a keyword has none", () => {
    expect(() => exportHistory(historyOf([{ process: 0, type: "invoke", f: "take one", value: 1 }]), "knossos")).toThrow(/the op 0, invoke "take one", cannot be written for Jepsen/);
  });

  it("of nothing is nothing", () => {
    expect([exportHistory(historyOf([]), "knossos"), exportHistory(historyOf([]), "porcupine")]).toEqual(["", ""]);
  });
});
