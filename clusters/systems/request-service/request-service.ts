import type { Actor, ActorContext, ActorId, OperationId, Out } from "../../../harness/actor.ts";
import { submissionOf } from "../../../harness/objects/idempotent-counter.ts";
import type { Call } from "../../../harness/op.ts";
import { unknownCall } from "../bounds.ts";

/**
 * A service that charges an account, for clients who submit twice: a double click, a retry after a lost answer, a page
 * that is loaded again. Each submission carries a key that its author chose once; the service keeps its first answer to
 * every key, in the same record as the balance, and gives that answer again:
 *
 *     tab 1 → n2 → n1   submit k 5    balance 5,  answers {k: 5}, one save
 *     tab 1 ◀───── 5
 *     tab 2 → n1        submit k 5    known: 5, and nothing is charged
 *
 * Server n1 keeps the account, the others are doors to it, and since a repetition does no harm a door repeats what stays
 * unanswered: what a lost message or a crash of n1 swallowed is asked again until it is answered. Saving the answer apart
 * from the balance, or not at all, is how this goes wrong in practice: those are the twins.
 */
export interface RequestServiceVariant {
  readonly kind: string;
  /** The answers by key are used; without it: the bug of `request-service-no-keys`. */
  readonly remembers: boolean;
  /** The answers by key are saved with the balance; without it: the bug of `request-service-volatile-keys`. */
  readonly savesAnswers: boolean;
  /** How long a door waits before it asks again, ms: [least, most]. */
  readonly retryMs: readonly [number, number];
}

type Kept = { readonly balance: number; readonly answers: { readonly [key: string]: number } };
type Submission = { readonly key: string; readonly amount: number };
type RequestServiceState = Kept & {
  /** As a door: what is not answered yet; null asks for the balance. */
  readonly open: { readonly [operation: OperationId]: Submission | null };
};
type RequestServiceMessage =
  | { readonly type: "ask"; readonly operation: OperationId; readonly submission: Submission | null }
  | { readonly type: "answer"; readonly operation: OperationId; readonly value: number };
type RequestServiceOut = Out<RequestServiceMessage, OperationId, never, Kept>;

const keeper: ActorId = 0;

/** One server; `variant` chooses the correct system or a twin. */
export function requestServiceActor(variant: RequestServiceVariant): Actor<RequestServiceState, RequestServiceMessage, OperationId, never, Kept> {
  /** The state after the submission, and the answer. */
  const submit = (state: RequestServiceState, submission: Submission | null, out: RequestServiceOut): readonly [RequestServiceState, number] => {
    if (submission === null) return [state, state.balance];
    const { key, amount } = submission;
    const known = variant.remembers ? state.answers[key] : undefined;
    if (known !== undefined) return [state, known];
    const balance = state.balance + amount;
    const answers = variant.remembers ? { ...state.answers, [key]: balance } : state.answers;
    out.save({ balance, answers: variant.savesAnswers ? answers : {} });
    return [{ ...state, balance, answers }, balance];
  };

  return {
    kind: variant.kind,

    start: (_self, durable) => ({ ...(durable ?? { balance: 0, answers: {} }), open: {} }),

    onClient(self: ActorContext, state, operation, call, out) {
      const submission = submissionIn(call);
      if (self.id === keeper) {
        const [after, value] = submit(state, submission, out);
        out.reply(operation, value);
        return after;
      }
      out.send(keeper, { type: "ask", operation, submission });
      out.setTimer(operation, variant.retryMs);
      return { ...state, open: { ...state.open, [operation]: submission } };
    },

    onMessage(_self, state, from, message, out) {
      if (message.type === "ask") {
        const [after, value] = submit(state, message.submission, out);
        out.send(from, { type: "answer", operation: message.operation, value });
        return after;
      }
      const { [message.operation]: asked, ...open } = state.open;
      if (asked === undefined) return state;
      out.cancelTimer(message.operation);
      out.reply(message.operation, message.value);
      return { ...state, open };
    },

    onTimer(_self, state, operation, out) {
      const submission = state.open[operation];
      if (submission === undefined) return state;
      out.send(keeper, { type: "ask", operation, submission });
      out.setTimer(operation, variant.retryMs);
      return state;
    },
  };
}

function submissionIn(call: Call): Submission | null {
  if (call.f === "read") return null;
  if (call.f === "submit") return submissionOf(call);
  throw unknownCall(call, "submit, read");
}
