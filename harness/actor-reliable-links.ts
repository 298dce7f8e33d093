import type { Actor, ActorId, Out } from "./actor.ts";
import type { Json } from "./json.ts";

/**
 * Ordered reliable links as a layer: what runs inside sees each message of a peer once and in the order in which it was
 * sent, over a network that loses, repeats and reorders (Cachin, Guerraoui and Rodrigues, "Reliable and Secure
 * Distributed Programming", stubborn and perfect links; go-back-n).
 *
 *     inner ──send──▶ number, keep, send data n ──▶ (lossy) ──▶ n is next? hand to inner, count ──▶ inner
 *                     forget up to n             ◀── (lossy) ◀── acknowledge the last in order
 *                     resend what is kept when the timer fires
 *
 * Numbers live in memory: a node that restarts begins at 0, and its peers take what it sends for old. So it is a layer
 * for nodes that do not crash, as TCP's guarantee ends with its connection. Clients' calls and answers pass as they are.
 */
export function reliableLinks<State extends Json>(actor: Actor<State>, options: { readonly resendAfterMs: readonly [number, number] }): Actor<LinkState<State>> {
  const inside = (state: LinkState<State>, out: Out, run: (inner: State, innerOut: Out) => State): LinkState<State> => {
    const links = new SendingLinks(state, out, options.resendAfterMs);
    const inner = run(state.inner, links);
    return inner === state.inner && links.sent === state.sent ? state : { ...state, inner, sent: links.sent, kept: links.kept };
  };

  return {
    kind: `${actor.kind} over reliable links`,
    start(self, durable, out) {
      const links = new SendingLinks({ sent: {}, kept: [] }, out, options.resendAfterMs);
      const inner = actor.start(self, durable, links);
      return { inner, sent: links.sent, kept: links.kept, received: {} };
    },
    onMessage(self, state, from, message, out) {
      const frame = message as Frame;
      if (frame.link === "ack") {
        const kept = state.kept.filter(({ to, n }) => to !== from || n > frame.n);
        if (kept.length === state.kept.length) return state;
        if (kept.length === 0) out.cancelTimer(resend);
        return { ...state, kept };
      }
      const last = state.received[from] ?? -1;
      // A gap is filled by a resend; what is old is acknowledged again, for the acknowledgement may have been lost.
      if (frame.n > last + 1) return state;
      out.send(from, { link: "ack", n: Math.max(last, frame.n) });
      if (frame.n <= last) return state;
      const counted = { ...state, received: { ...state.received, [from]: frame.n } };
      return inside(counted, out, (inner, innerOut) => actor.onMessage(self, inner, from, frame.message, innerOut));
    },
    onTimer(self, state, timer, out) {
      if (timer !== resend) return inside(state, out, (inner, innerOut) => actor.onTimer!(self, inner, (timer as OwnTimer).own, innerOut));
      for (const { to, n, message } of state.kept) out.send(to, { link: "data", n, message });
      if (state.kept.length > 0) out.setTimer(resend, options.resendAfterMs);
      return state;
    },
    ...(actor.onChoice === undefined ? {} : { onChoice: (self, state, key, choice, out) => inside(state, out, (inner, innerOut) => actor.onChoice!(self, inner, key, choice, innerOut)) }),
    ...(actor.onClient === undefined ? {} : { onClient: (self, state, operation, call, out) => inside(state, out, (inner, innerOut) => actor.onClient!(self, inner, operation, call, innerOut)) }),
  };
}

/** The inner state, and per peer: messages sent, messages not acknowledged, the last one received in order. */
export type LinkState<State extends Json> = {
  readonly inner: State;
  readonly sent: { readonly [peer: string]: number };
  readonly kept: readonly { readonly to: ActorId; readonly n: number; readonly message: Json }[];
  readonly received: { readonly [peer: string]: number };
};

type Frame = { readonly link: "data"; readonly n: number; readonly message: Json } | { readonly link: "ack"; readonly n: number };
const resend = "resend";
/** The inner actor's timers, apart from the layer's own. */
type OwnTimer = { readonly own: Json };

/** What the inner actor sends through. */
class SendingLinks implements Out {
  sent: LinkState<Json>["sent"];
  kept: LinkState<Json>["kept"];
  readonly #out: Out;
  readonly #resendAfterMs: readonly [number, number];

  constructor(state: Pick<LinkState<Json>, "sent" | "kept">, out: Out, resendAfterMs: readonly [number, number]) {
    this.sent = state.sent;
    this.kept = state.kept;
    this.#out = out;
    this.#resendAfterMs = resendAfterMs;
  }

  send(to: ActorId, message: Json): void {
    const n = this.sent[to] ?? 0;
    if (this.kept.length === 0) this.#out.setTimer(resend, this.#resendAfterMs);
    this.sent = { ...this.sent, [to]: n + 1 };
    this.kept = [...this.kept, { to, n, message }];
    this.#out.send(to, { link: "data", n, message });
  }
  setTimer(timer: Json, afterMs: readonly [number, number]): void {
    this.#out.setTimer({ own: timer } satisfies OwnTimer, afterMs);
  }
  cancelTimer(timer: Json): void {
    this.#out.cancelTimer({ own: timer } satisfies OwnTimer);
  }
  choose(key: string, options: readonly Json[]): void {
    this.#out.choose(key, options);
  }
  save(durable: Json): void {
    this.#out.save(durable);
  }
  reply(operation: string, value: Json): void {
    this.#out.reply(operation, value);
  }
}
