import { canonicalJson, type Json } from "../../harness/json.ts";
import type { Part } from "./parts.ts";

/**
 * A monitor decides special histories outright, in linear or nearly linear time, where a search could take for ever:
 * when every value is written once, the answers themselves say who must come before whom.
 *
 * A monitor first tests its precondition and answers `undefined` where it does not hold; then the next engine is asked.
 * When the part is linearizable it knows an order that explains every answer (`certify` asks for it); when it is not, the
 * few operations that contradict each other, as a hint for the proof.
 */
export interface Monitor {
  readonly name: string;
  readonly summary: string;
  judge(part: Part): MonitorAnswer | undefined;
}
export type MonitorAnswer =
  /** `linearization`: operations in an explaining order, computed on demand; crashed ones that need not have happened are left out. */
  | { readonly linearizable: true; linearization(): number[] }
  | { readonly linearizable: false; readonly witness: readonly number[] };

/** A value as a key of a `Map`: equal values have equal keys. */
export function identityOf(value: Json): Json {
  return typeof value === "object" && value !== null ? `\u0000${canonicalJson(value)}` : value;
}

/** Not linearizable, because of these operations (each once, negative numbers are left out). */
export function contradiction(...operations: readonly number[]): MonitorAnswer {
  return contradictionAmong(operations);
}

/** The same for any number of them. */
export function contradictionAmong(operations: readonly number[]): MonitorAnswer {
  return { linearizable: false, witness: [...new Set(operations)].filter((operation) => operation >= 0).sort((a, b) => a - b) };
}

/**
 * Operations in groups that must follow each other: every operation of a group comes before every operation of the next.
 * That is possible exactly if none returned before an operation of an earlier group was called. Feed the groups in order.
 */
export class GroupOrder {
  #maxCall = -1;
  #last = -1;
  #pendingCall = -1;
  #pendingLast = -1;

  /** Closes the present group; what follows belongs to a later one. */
  next(): void {
    if (this.#pendingCall > this.#maxCall) {
      this.#maxCall = this.#pendingCall;
      this.#last = this.#pendingLast;
    }
  }

  /** Adds an operation to the present group; returns an operation of an earlier group that it contradicts, or -1. */
  add(operation: number, call: number, ret: number): number {
    if (ret < this.#maxCall) return this.#last;
    if (call > this.#pendingCall) {
      this.#pendingCall = call;
      this.#pendingLast = operation;
    }
    return -1;
  }
}
