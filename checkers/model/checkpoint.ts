import { HarnessError } from "../../harness/errors.ts";
import type { Engine } from "./engine.ts";
import type { Envelope, OwnEvent } from "./memo.ts";

/**
 * A search that can go on elsewhere and later. What is kept is its tree: for every state the number of the state that
 * it was found from, and the event that found it, 8 bytes together. Walking the tree again (only the steps that found
 * something; none is looked up twice) gives back all records and fingerprints, at a fraction of what finding them took,
 * and checks on the way that model and code are those of before. Handler calls and local transitions are counted anew.
 */
export interface Checkpoint {
  readonly model: string;
  readonly track: "history" | "monitor";
  /** What event codes stand for. */
  readonly envelopes: readonly Envelope[];
  readonly inputs: readonly OwnEvent[];
  /** Event codes that met their party, and whether one had an effect: what coverage is made of. */
  readonly fired: readonly (readonly [code: number, reacted: boolean])[];
  readonly tree: SearchTree;
}

/** A breadth-first search so far. */
export interface SearchTree {
  readonly expanded: number;
  readonly generated: number;
  /** By state: the state that it was found from; -1 for the initial one. Ascending. */
  readonly parents: Int32Array;
  /** By state: the code of the event that found it. */
  readonly events: Int32Array;
  /** First states that show the histories in which runs end. */
  readonly terminal: readonly number[];
}

/** The engine's search so far. O(states). */
export function checkpointOf(engine: Engine, track: Checkpoint["track"]): Checkpoint {
  return { model: engine.model.name, track, envelopes: [...engine.memo.envelopes.objects], inputs: [...engine.memo.inputs.objects], fired: [...engine.memo.fired], tree: engine.tree() };
}

/** Gives a new engine the meaning of the checkpoint's codes; run it with `checkpoint.tree` then. */
export function restore(engine: Engine, checkpoint: Checkpoint, track: Checkpoint["track"]): void {
  if (checkpoint.model !== engine.model.name || checkpoint.track !== track) {
    throw new HarnessError("USAGE", `the checkpoint is of ${checkpoint.model} (${checkpoint.track}), not of ${engine.model.name} (${track})`, {
      nextStep: "resume it with the model, settings and options that it was written with",
    });
  }
  for (const envelope of checkpoint.envelopes) engine.memo.envelope(envelope);
  for (const { party, input } of checkpoint.inputs) engine.memo.input(party, input);
  for (const [code, reacted] of checkpoint.fired) engine.memo.fired.set(code, reacted);
}
