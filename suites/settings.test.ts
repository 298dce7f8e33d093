import { expect, test } from "vitest";
import { splitSettings } from "./settings.ts";

const system = { name: "etcd", options: [{ name: "reads", kind: "choice", choices: ["linearizable", "serializable"], default: "linearizable", reason: "" }] } as const;
const workload = { name: "register", options: [{ name: "values", kind: "integer", default: 5, min: 1, reason: "" }] } as const;

test("each setting goes to the owner that has it, the rest keep their defaults", () => {
  expect(splitSettings(["reads=serializable"], [system, workload])).toEqual([{ reads: "serializable" }, { values: 5 }]);
});

test("a key that nobody has is refused with the keys that exist", () => {
  expect(() => splitSettings(["reeds=1"], [system, workload])).toThrow(/no option "reeds" here \(options of etcd: reads; register: values\)/);
});

test("all wrong values are told at once", () => {
  expect(() => splitSettings(["values=0"], [system, workload])).toThrow(/values takes at least 1/);
});
