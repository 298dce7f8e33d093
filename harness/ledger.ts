import type { Evidence, Undo } from "./disturbance.ts";

/**
 * The write-ahead ledger of everything that must be undone: `faults.jsonl` in the run's folder, fsynced line by line.
 *
 *     {"id":"pause-n3-1","event":"intent","what":"pause n3","kind":"fault","undo":[…],"timeNs":…}   before the injection
 *     {"id":"pause-n3-1","event":"done","evidence":{…},"timeNs":…}                                  after it took effect
 *     {"id":"pause-n3-1","event":"healed","evidence":{…},"timeNs":…}                                after the undo
 *
 * `heal` undoes, last in first out, every id with an intent and without a healed line.
 */
export interface Ledger {
  /** Absolute path of the ledger's file. */
  readonly path: string;
  /** On disk when it returns. `kind`: `fault` for injections, `resource` for processes, containers, folders. */
  intend(entry: {
    readonly id: string;
    readonly what: string;
    readonly kind: "fault" | "resource";
    readonly undo: readonly Undo[];
    /** Of a container that this resource is: what `http` undos may reach beside loopback. */
    readonly addresses?: readonly string[];
  }): void;
  done(id: string, evidence?: Evidence): void;
  healed(id: string, evidence?: Evidence): void;
  /** An id that was never used in this ledger: `prefix-1`, `prefix-2`, … */
  freshId(prefix: string): string;
}
