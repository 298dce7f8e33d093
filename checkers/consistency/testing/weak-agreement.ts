import { expect } from "vitest";
import type { History } from "../../../harness/history.ts";
import { seed } from "../../../harness/ids.ts";
import { Random } from "../../../harness/random.ts";
import { causalNotions, checkCausal } from "../causal.ts";
import { checkSessions, guarantees } from "../sessions.ts";
import { causalByBruteForce } from "./causal-brute-force.ts";
import { randomAccesses } from "./random-accesses.ts";
import { sessionsByBruteForce } from "./sessions-brute-force.ts";

interface Amount {
  readonly base: string;
  /** Random histories, crashed writes included. */
  readonly count: number;
}

/** Each notion of causality agrees with its definition on each history; how often which notions were kept, as `valid,invalid,valid`. */
export function expectCausalAgrees({ base, count }: Amount): ReadonlyMap<string, number> {
  const seen = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    const history = randomAccesses(new Random(seed(`${base}/causal/${i}`)));
    const expected = causalNotions.map((notion) => (causalByBruteForce(history, notion) ? "valid" : "invalid"));

    expect(causalNotions.map((notion) => checkCausal(history, { notion }).verdict), `history ${i}: ${inWords(history)}`).toEqual(expected);
    seen.set(expected.join(), (seen.get(expected.join()) ?? 0) + 1);
  }
  return seen;
}

/** The same for each session guarantee by itself; how often each was kept and broken, as `monotonic-reads invalid`. */
export function expectSessionsAgree({ base, count }: Amount): ReadonlyMap<string, number> {
  const seen = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    const history = randomAccesses(new Random(seed(`${base}/sessions/${i}`)));
    for (const guarantee of guarantees) {
      const expected = sessionsByBruteForce(history, guarantee) ? "valid" : "invalid";

      expect(checkSessions(history, { guarantees: [guarantee] }).verdict, `history ${i}, ${guarantee}: ${inWords(history)}`).toBe(expected);
      seen.set(`${guarantee} ${expected}`, (seen.get(`${guarantee} ${expected}`) ?? 0) + 1);
    }
  }
  return seen;
}

function inWords(history: History): string {
  return [...history].map((op) => `${op.process} ${op.type} ${op.f} ${JSON.stringify(op.value)}`).join("; ");
}
