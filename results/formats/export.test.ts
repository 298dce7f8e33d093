import { describe, expect, it } from "vitest";
import { type History, historyOf } from "../../harness/history.ts";
import { seed } from "../../harness/ids.ts";
import { append, get, kv, put } from "../../harness/objects/kv.ts";
import { cas, casRegister, read, write } from "../../harness/objects/register.ts";
import { Random } from "../../harness/random.ts";
import { randomHistory } from "../../checkers/linearizability/testing/random-history.ts";
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

  it("that Porcupine's form cannot say is refused, with the op", () => {
    const history = historyOf([
      { process: 0, type: "invoke", f: "put", value: ["a", "1"] },
      { process: 0, type: "info", f: "put", value: ["a", "1"] },
    ]);

    expect(() => exportHistory(history, "porcupine")).toThrow(/the op 1, info put, cannot be written for Porcupine: its kv form has no word for an operation that did not return/);
  });

  it("of nothing is nothing", () => {
    expect([exportHistory(historyOf([]), "knossos"), exportHistory(historyOf([]), "porcupine")]).toEqual(["", ""]);
  });
});
