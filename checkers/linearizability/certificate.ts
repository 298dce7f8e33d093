import type { Budget } from "../../harness/budget.ts";
import type { History } from "../../harness/history.ts";
import type { Json } from "../../harness/json.ts";
import { type SequentialSpec, statesAfter } from "../../harness/spec.ts";
import { decide } from "./decide.ts";
import { partsOf } from "./parts.ts";

/**
 * Why to believe `valid`: for each independent part the operations (`Op.index` of their invocations) in an order that
 * explains every answer. Monitors and the search are thousands of lines that may be wrong; `verifyCertificate` reads the
 * history and the order once and shares nothing with them but the reference object.
 */
export interface Certificate {
  readonly parts: readonly { readonly key: string | null; readonly order: readonly number[] }[];
}

/**
 * A certificate, or undefined where the history is not linearizable or the budget ended. By the first monitor that
 * answers, nearly linear in the operations; otherwise by the search.
 */
export function certify(history: History, spec: SequentialSpec, budget: Budget): Certificate | undefined {
  const parts: { key: string | null; order: number[] }[] = [];
  for (const part of partsOf(history, spec)) {
    const { linearization } = decide(part, budget);
    if (linearization === undefined) return undefined;
    parts.push({ key: part.key ?? null, order: linearization().map((operation) => part.invocations[operation]!) });
  }
  return { parts };
}

/**
 * Undefined when the certificate proves that the history is linearizable, otherwise the first flaw in words. Checks that
 * every operation that returned is placed once and in its own part, that none is placed that failed, that nothing is
 * placed before something that had returned before its call, and that the object gives every recorded answer. O(ops).
 *
 * Operations that returned but tell nothing (a read of null in a history that says so by it) may be left out, when the
 * object allows them anywhere.
 */
export function verifyCertificate(history: History, spec: SequentialSpec, certificate: Certificate): string | undefined {
  const placed = new Uint8Array(history.length);
  for (const { key, order } of certificate.parts) {
    let latestCall = -1;
    let states: readonly Json[] = [(key === null ? spec : (spec.part?.(key) ?? spec)).initial];
    for (const invocation of order) {
      if (!(invocation >= 0 && invocation < history.length) || history.types[invocation] !== 0) return `op ${invocation} is no invocation`;
      if (placed[invocation] === 1) return `op ${invocation} is placed twice`;
      placed[invocation] = 1;
      const pair = history.pairs[invocation]!;
      const type = pair < 0 ? 3 : history.types[pair]!;
      if (type === 2) return `op ${invocation} failed and is placed`;
      if (type === 1 && pair < latestCall) return `op ${invocation} had returned before op ${latestCall} was called, and comes after it`;
      latestCall = Math.max(latestCall, invocation);
      const { f, value } = history.at(invocation);
      const split = spec.partition?.({ f, value });
      if ((split?.key ?? null) !== key) return `op ${invocation} does not belong to part ${String(key)}`;
      const own = key === null ? spec : (spec.part?.(key) ?? spec);
      const recorded = type === 1 ? history.at(pair).value : undefined;
      const call = split?.call ?? { f, value };
      states = states.flatMap((state) => statesAfter(own, state, { call, recorded }));
      if (states.length === 0) return `op ${invocation} (${f}) cannot answer ${JSON.stringify(recorded ?? null)} there`;
    }
  }
  for (const { invocation, completion } of history.operations()) {
    if (completion?.type !== "ok" || placed[invocation.index] === 1) continue;
    if (!tellsNothing(spec, { f: invocation.f, value: invocation.value }, completion.value)) return `op ${invocation.index} returned and is not placed`;
  }
  return undefined;
}

function tellsNothing(spec: SequentialSpec, call: { f: string; value: Json }, recorded: Json): boolean {
  if (recorded !== null || call.f !== "read" || spec.agrees === undefined) return false;
  return spec.agrees(call, 0, recorded) && spec.agrees(call, 1, recorded);
}
