import type { Json } from "../../../harness/json.ts";
import { unknownCall } from "../bounds.ts";
import type { ReplicatedType } from "../state-based.ts";
import { distinct } from "./or-set.ts";

/**
 * The two-phase set of RR-7506, §3.3.2: what was ever added, without what was ever removed, by value. It converges, but a
 * removal wins over additions that it has not seen, and over all that come after it: not what an observed-remove set
 * promises, and what it becomes when removals are remembered by value.
 */
export type TwoPhaseSetState = { readonly added: readonly Json[]; readonly removed: readonly Json[] };

export const twoPhaseSet: ReplicatedType<TwoPhaseSetState> = {
  initial: () => ({ added: [], removed: [] }),
  apply(_self, state, call) {
    if (call.f === "read") return { state, value: elementsLeft(state) };
    if (call.f === "add") return { state: { ...state, added: distinct([...state.added, call.value]) }, value: null };
    if (call.f === "remove") return { state: { ...state, removed: distinct([...state.removed, call.value]) }, value: null };
    throw unknownCall(call, "add, remove, read");
  },
  join: (mine, theirs) => ({ added: distinct([...mine.added, ...theirs.added]), removed: distinct([...mine.removed, ...theirs.removed]) }),
};

export function elementsLeft({ added, removed }: TwoPhaseSetState): readonly Json[] {
  const gone = new Set(removed.map((value) => JSON.stringify(value)));
  return added.filter((value) => !gone.has(JSON.stringify(value)));
}
