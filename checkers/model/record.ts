/**
 * A global state as integers:
 *
 *     [length, fingerprint lo, hi, history, spent budgets, local 0 … P-1, (last delivered), (timers' zone), network …]
 *
 *     network = any:  ids of the envelopes in flight, ascending, with repetition (a bag)
 *               set:  the same without repetition; nothing leaves it but by loss; the envelope that was delivered last
 *                     is a part of the state
 *               fifo: ids of the non-empty flows, by link; a flow is an interned queue of envelopes
 *
 * Equal states have equal records, fingerprint included, so records are exact keys.
 */
export const LO = 1;
export const HI = 2;
export const HISTORY = 3;
export const SPENT = 4;
export const LOCALS = 5;
