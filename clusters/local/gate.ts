/**
 * Keeps out what has arrived at a node until somebody lets it in: the transport's end of a replay, in which the order of
 * deliveries is a schedule's and not the machine's.
 *
 *     frames, calls ──▶ hold(name) ┄┄┄┄ release(name) ──▶ actor
 */
export class Gate {
  readonly #held = new Map<string, () => void>();
  readonly #arrived: string[] = [];

  /** All that has come to this door, let in or not. */
  get arrived(): readonly string[] {
    return this.#arrived;
  }

  /** `name`: a message's mid, or a call's operation; each arrives once. */
  hold(name: string, letIn: () => void): void {
    this.#held.set(name, letIn);
    this.#arrived.push(name);
  }

  /** Lets it in; false when it has not arrived. `once`: it is used up; `again`: it can be let in another time. */
  release(name: string, use: "once" | "again"): boolean {
    const letIn = this.#held.get(name);
    if (letIn === undefined) return false;
    if (use === "once") this.#held.delete(name);
    letIn();
    return true;
  }
}
