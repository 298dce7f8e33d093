import type { ProcessId } from "../ids.ts";
import type { Op } from "../op.ts";

/**
 * Which of the run's open ops came from this generator: for those that react to their own ops only. An op counts from
 * its invocation, not from its draw, for whoever wraps this generator may skip a drawn op (`filter` does).
 */
export class OwnOps {
  static readonly none: OwnOps = new OwnOps(new Set(), undefined);
  /** The processes whose open op is one of ours. */
  readonly open: ReadonlySet<ProcessId>;
  /** The process of the op drawn last, until it is invoked; a draw that is followed by another one was skipped. */
  readonly #drawn: ProcessId | undefined;

  private constructor(open: ReadonlySet<ProcessId>, drawn: ProcessId | undefined) {
    this.open = open;
    this.#drawn = drawn;
  }

  /** After an op for `process` was drawn. */
  drawn(process: ProcessId): OwnOps {
    return new OwnOps(this.open, process);
  }

  /** After an event; itself when the event was not of ours. */
  heard(event: Op): OwnOps {
    if (event.process === this.#drawn) return new OwnOps(new Set(this.open).add(event.process), undefined);
    if (event.type === "invoke" || !this.open.has(event.process)) return this;
    const fewer = new Set(this.open);
    fewer.delete(event.process);
    return new OwnOps(fewer, this.#drawn);
  }
}
