import { equalJson, type Json } from "./json.ts";
import type { Call } from "./op.ts";

/**
 * The reference object: what a single, never failing copy would answer, one call after the other.
 * It drives the linearizability search, the model checker's monitor and the brute-force oracle alike.
 *
 * @example A register in ten lines
 * ```ts
 * const register: SequentialSpec<Json> = {
 *   name: "register",
 *   initial: null,
 *   apply: (state, call) =>
 *     call.f === "write" ? [{ state: call.value, ret: null }] : [{ state, ret: state }],
 *   observes: (call) => call.f === "read",
 * };
 * ```
 */
export interface SequentialSpec<State extends Json = Json> {
  readonly name: string;
  readonly initial: State;
  /**
   * All results of `call` in `state`: one for a deterministic object, several for a loose one,
   * none where the call cannot happen (acquiring a held mutex). Pure. Throws `HarnessError` for an unknown `f`.
   */
  apply(state: State, call: Call): readonly { readonly state: State; readonly ret: Json }[];
  /**
   * For objects with endlessly many answers (a new id, a greater token), where `apply` cannot list them: the states after
   * `call` returned `recorded`, none if that answer is impossible. `apply` then stands for the calls whose answer
   * nobody knows. Such an object can be checked, not explored.
   */
  accept?(state: State, call: Call, recorded: Json): readonly State[];
  /** Whether the returned value tells anything (default: yes). A write's does not. */
  observes?(call: Call): boolean;
  /** Whether a recorded value agrees with `ret`; default: equal as JSON. */
  agrees?(call: Call, ret: Json, recorded: Json): boolean;
  /**
   * True when the call, having returned `recorded` (undefined: unknown), changes no state wherever it was possible:
   * the search commits it eagerly. A refused cas is read-only; a write of the value already held is not.
   */
  readOnly?(call: Call, recorded?: Json): boolean;
  /**
   * The object of `harness/objects` that this spec behaves as, exactly and with the same calls. Checkers then use the
   * methods made for that object; the tests of `harness/objects` hold the claim against `apply`.
   */
  readonly behavesAs?: KnownObject;
  /** The independent part that the call touches (a key), with the call as that part sees it; parts are judged alone. */
  partition?(call: Call): { readonly key: string; readonly call: Call };
  /** The spec of one part, when `partition` is there; default: this spec itself. */
  part?(key: string): SequentialSpec;
  /** `write 3`, `read → 4`; default: f and values. `ret` is undefined while unknown. */
  describe?(call: Call, ret: Json | undefined): string;
  /** How to say a state: `the register holds 3`. */
  describeState?(state: State): string;
}

/** Objects for which checkers know a faster method than search. */
export type KnownObject =
  | "register"
  | "kv-key"
  | "mutex"
  | "queue"
  | "stack"
  | "priority-queue"
  | "append-list"
  | "grow-only-set"
  | "set-element"
  | "counter"
  | "fetch-add";

/** True when `recorded` may be what `call` returned, given the reference's `ret`. */
export function agrees(spec: SequentialSpec, call: Call, ret: Json, recorded: Json): boolean {
  if (spec.observes !== undefined && !spec.observes(call)) return true;
  if (spec.agrees !== undefined) return spec.agrees(call, ret, recorded);
  return equalJson(ret, recorded);
}

/** The states after `call` in `state` returned `recorded` (undefined: nobody knows what); none where that is impossible. */
export function statesAfter(spec: SequentialSpec, state: Json, answered: { readonly call: Call; readonly recorded: Json | undefined }): Json[] {
  const { call, recorded } = answered;
  if (recorded !== undefined && spec.accept !== undefined) return [...spec.accept(state, call, recorded)];
  const states: Json[] = [];
  for (const result of spec.apply(state, call)) if (recorded === undefined || agrees(spec, call, result.ret, recorded)) states.push(result.state);
  return states;
}

/** `write 3`, `read → 4`, `cas [1,2]`. */
export function describeCall(spec: SequentialSpec, call: Call, ret: Json | undefined): string {
  if (spec.describe !== undefined) return spec.describe(call, ret);
  const input = call.value === null ? "" : ` ${JSON.stringify(call.value)}`;
  const shown = ret === undefined || (spec.observes !== undefined && !spec.observes(call));
  return `${call.f}${input}${shown ? "" : ` → ${JSON.stringify(ret)}`}`;
}
