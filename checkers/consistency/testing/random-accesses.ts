import { type History, historyOf, type OpInput } from "../../../harness/history.ts";
import type { Json } from "../../../harness/json.ts";
import type { Random } from "../../../harness/random.ts";

/**
 * A few puts of distinct values and gets of any of them (or null), by two or three processes on two keys, one after the
 * other: real time does not matter to the conditions that it is for. Some puts crash; their process ends.
 */
export function randomAccesses(random: Random): History {
  const count = random.between(4, 8);
  const processes = random.between(2, 3);
  const puts: Step[] = [];
  const plan = Array.from({ length: count }, (_, i): Step => {
    const common: Step = { process: random.int(processes), key: random.chance(0.7) ? "x" : "y" };
    if (!random.chance(0.5)) return common;
    const put = { ...common, value: i + 1 };
    puts.push(put);
    return put;
  });
  const ops: OpInput[] = [];
  const ended = new Set<number>();
  for (const { process, key, value: written } of plan) {
    if (ended.has(process)) continue;
    if (written !== undefined) {
      ops.push({ process, type: "invoke", f: "put", value: [key, written] });
      if (random.chance(0.1)) {
        ended.add(process);
        ops.push({ process, type: "info", f: "put", value: [key, written] });
      } else ops.push({ process, type: "ok", f: "put", value: null });
    } else {
      const known = puts.flatMap((one): Json[] => (one.key === key && one.value !== undefined ? [one.value] : []));
      const value = random.pick([...known, null]);
      ops.push({ process, type: "invoke", f: "get", value: key }, { process, type: "ok", f: "get", value });
    }
  }
  return historyOf(ops);
}

/** A put of `value`, or a get. */
interface Step {
  readonly process: number;
  readonly key: string;
  readonly value?: number;
}
