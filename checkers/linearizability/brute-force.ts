import type { History } from "../../harness/history.ts";
import { canonicalJson, type Json } from "../../harness/json.ts";
import type { Call } from "../../harness/op.ts";
import { type SequentialSpec, statesAfter } from "../../harness/spec.ts";

/**
 * Linearizability by its definition, slow and obvious: the oracle of everything fast in this folder.
 *
 * Try every order. Next may come any operation that was called before every operation not yet placed returned; an
 * operation that returned must agree with what the object answers; one that never returned may come or stay out.
 * No memo, no partition, no encoding: O(n!) time, for histories of about ten operations.
 */
export function linearizableByBruteForce(history: History, spec: SequentialSpec): boolean {
  const operations: Placeable[] = [];
  for (const { invocation, completion } of history.operations()) {
    if (completion?.type === "fail") continue;
    const done = completion?.type === "ok";
    operations.push({
      call: { f: invocation.f, value: invocation.value },
      called: invocation.index,
      returned: done ? completion.index : Number.POSITIVE_INFINITY,
      recorded: done ? completion.value : undefined,
    });
  }
  return placeable(operations, spec, spec.initial);
}

interface Placeable {
  readonly call: Call;
  readonly called: number;
  readonly returned: number;
  readonly recorded: Json | undefined;
}

function placeable(rest: readonly Placeable[], spec: SequentialSpec, state: Json): boolean {
  const firstReturn = Math.min(...rest.map((operation) => operation.returned));
  if (firstReturn === Number.POSITIVE_INFINITY) return true;
  const tried = new Set<string>();
  for (const operation of rest) {
    if (operation.called > firstReturn) continue;
    // Interchangeable crashed operations need not be tried twice; nothing else is skipped.
    if (operation.recorded === undefined) {
      const key = canonicalJson([operation.call.f, operation.call.value]);
      if (tried.has(key)) continue;
      tried.add(key);
    }
    for (const next of statesAfter(spec, state, operation)) {
      if (placeable(rest.filter((other) => other !== operation), spec, next)) return true;
    }
  }
  return false;
}
