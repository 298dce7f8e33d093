import { expect } from "vitest";
import type { Seed } from "../../../harness/ids.ts";
import { Random } from "../../../harness/random.ts";
import { validateTrace, type ValidationOptions } from "../validation.ts";
import { mutators } from "./mutate-trace.ts";

/** Wherever one event is left out of a valid trace, the event behind the hole is blamed, and no node that waits for what was in it. */
export function expectHolesFound(valid: ValidationOptions): void {
  for (const [id, diary] of valid.diaries.entries()) {
    for (const [index, { epoch }] of diary.lines.entries()) {
      const next = diary.lines[index + 1];
      if (next?.epoch !== epoch) continue;
      const diaries = valid.diaries.with(id, { ...diary, lines: diary.lines.toSpliced(index, 1) });
      expect(validateTrace({ ...valid, diaries }), `${diary.node} without event ${index}`).toMatchObject({ verdict: "invalid", first: { node: diary.node, event: next.seq } });
    }
  }
}

/** Every mutant of a valid trace is rejected at an event at which its change shows. Returns how many each mutator made. */
export function expectMutantsRejected(valid: ValidationOptions, how: { readonly each: number; readonly seed: Seed }): { readonly [mutator: string]: number } {
  const random = new Random(how.seed);
  const made: { [mutator: string]: number } = {};
  for (const [name, mutate] of Object.entries(mutators)) {
    made[name] = 0;
    for (let i = 0; i < how.each; i++) {
      const mutant = mutate(valid.diaries, random.fork(`${name} ${i}`));
      if (mutant === undefined) break;
      made[name]++;
      const verdict = validateTrace({ ...valid, diaries: mutant.diaries });
      const places = mutant.at.map(([id, index]) => {
        const { epoch, seq, round } = mutant.diaries[id]!.lines[index]!;
        return { node: valid.diaries[id]!.node, epoch, event: seq, round };
      });
      const rejectedAt = verdict.verdict === "invalid" ? { node: verdict.first.node, epoch: verdict.first.epoch, event: verdict.first.event, round: verdict.first.round } : verdict.verdict;
      expect(places, `seed ${how.seed}: ${name}, mutant ${i}`).toContainEqual(rejectedAt);
    }
  }
  return made;
}
