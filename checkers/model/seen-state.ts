import type { ActorId } from "../../harness/actor.ts";
import type { Json } from "../../harness/json.ts";
import type { Flows } from "./flows.ts";
import type { Memo } from "./memo.ts";
import { LOCALS } from "./record.ts";

/** A state as objects, for whoever looks at whole states. */
export interface SeenState {
  /** States are numbered from 0 as they are found. */
  readonly number: number;
  /** As properties show them: null for a party that is down. */
  readonly servers: readonly Json[];
  readonly clients: readonly Json[];
  readonly messages: readonly { readonly from: ActorId; readonly to: ActorId; readonly message: Json }[];
}

/** Makes objects of records. O(parties + messages) each. */
export class StateViewer {
  readonly #memo: Memo;
  readonly #flows: Flows;

  constructor(memo: Memo, flows: Flows) {
    this.#memo = memo;
    this.#flows = flows;
  }

  /** `record` from its length word on; the network begins at `header`. */
  view(record: Int32Array, header: number, number: number): SeenState {
    const parties = this.locals(record.subarray(LOCALS, LOCALS + this.#memo.model.parties.length));
    const { servers } = this.#memo.model;
    return { number, servers: parties.slice(0, servers), clients: parties.slice(servers), messages: this.messages(record.subarray(header)) };
  }

  /** Parties' states. */
  locals(ids: Int32Array): Json[] {
    return Array.from(ids, (id) => {
      const { party, local } = this.#memo.locals.objects[id]!;
      return this.#memo.model.parties[party]!.show(local);
    });
  }

  /** What is in flight. */
  messages(items: Int32Array): SeenState["messages"] {
    const fifo = this.#memo.model.network.order === "fifo";
    return Array.from(items).flatMap((item) => (fifo ? this.#flows.hashes.objects[item]! : [item]).map((envelope) => this.#memo.envelopes.objects[envelope]!));
  }
}
