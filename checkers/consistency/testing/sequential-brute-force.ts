import type { History } from "../../../harness/history.ts";
import type { Json } from "../../../harness/json.ts";
import type { Call } from "../../../harness/op.ts";
import { type SequentialSpec, statesAfter } from "../../../harness/spec.ts";

interface Step {
  readonly call: Call;
  /** Undefined: it crashed. */
  readonly recorded: Json | undefined;
}

/** Sequential consistency by its definition: every merge of the processes, without memo; exponential. */
export function sequentialByBruteForce(history: History, spec: SequentialSpec): boolean {
  const lines = new Map<number, Step[]>();
  for (const { invocation, completion } of history.operations()) {
    if (completion?.type === "fail") continue;
    const line = lines.get(invocation.process) ?? [];
    line.push({ call: { f: invocation.f, value: invocation.value }, recorded: completion?.type === "ok" ? completion.value : undefined });
    lines.set(invocation.process, line);
  }
  const place = (rest: readonly (readonly Step[])[], state: Json): boolean => {
    if (rest.every((line) => line.every(({ recorded }) => recorded === undefined))) return true;
    return rest.some((line, i) => {
      const [first, ...others] = line;
      if (first === undefined) return false;
      const after = rest.map((other, j) => (i === j ? others : other));
      if (first.recorded === undefined && place(after, state)) return true;
      return statesAfter(spec, state, first).some((next) => place(after, next));
    });
  };
  return place([...lines.values()], spec.initial);
}
