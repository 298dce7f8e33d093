import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { unlimited } from "../../harness/budget.ts";
import { historyOf } from "../../harness/history.ts";
import type { Json } from "../../harness/json.ts";
import { ownedMutex } from "../../harness/objects/locks.ts";
import { specNamed } from "../../harness/objects/registry.ts";
import { readHistory } from "../../results/formats/formats.ts";
import { begunWindow, deletableBeginning } from "./beginning.ts";
import { decide } from "./decide.ts";
import { deletions } from "./deletion.ts";
import { checkLinearizable } from "./linearizability.ts";
import { partsOf } from "./parts.ts";
import { CAS, READ, registerForms } from "./register-forms.ts";
import { explainable, returnedWithin } from "./window.ts";
import { shrink } from "./witness.ts";

// Histories of real systems with the verdicts that Porcupine and Knossos gave them; read in place, never copied.
const root = process.env["RASHOMON_CONFORMANCE"] ?? join(import.meta.dirname, "../../../shared/conformance");
const folder = join(root, "linearizability");
const expectedCount = 108;

interface Expected {
  readonly file: string;
  readonly object: string;
  readonly initial: Json | undefined;
  readonly verdict: "valid" | "invalid";
}

function expectations(): Expected[] {
  const truth = (verdict: string): "valid" | "invalid" => (verdict === "linearizable" ? "valid" : "invalid");
  const read = (name: string): { [file: string]: Json } => JSON.parse(readFileSync(join(folder, name, "verdicts.json"), "utf8")) as { [file: string]: Json };
  const porcupine = Object.entries(read("porcupine")).map(([file, verdict]) => ({
    file: join("porcupine", file),
    object: file.startsWith("kv/") ? "kv" : "cas-register",
    initial: undefined,
    verdict: truth(String(verdict)),
  }));
  const knossos = Object.entries(read("knossos")).map(([file, entry]) => {
    const { model, initial, verdict } = entry as { model: string; initial: Json; verdict: string };
    return { file: join("knossos", file), object: model, initial: model === "mutex" ? undefined : initial, verdict: truth(verdict) };
  });
  return [...porcupine, ...knossos];
}

if (existsSync(folder)) {
  const files = expectations();

  describe("recorded histories get the verdict that Porcupine and Knossos gave them", () => {
    it(`there are ${expectedCount} of them`, () => {
      expect(files.length).toBe(expectedCount);
    });

    it.each(files)("$file is $verdict as a $object", async ({ file, object, initial, verdict }) => {
      const recorded = await readHistory(join(folder, file));
      const spec = specNamed(object, { ...(initial === undefined ? {} : { initial }), recorded });

      const result = checkLinearizable(recorded.history, spec, { budget: unlimited() });

      expect(result.verdict).toBe(verdict);
    });

    const wrong = files.filter(({ file, verdict }) => file.includes("etcd_") && verdict === "invalid");
    it.each(wrong)("$file shrinks to a 1-minimal proof: forget any of its operations and the rest can be explained", async ({ file }) => {
      const { history } = await readHistory(join(folder, file));
      const part = partsOf(history, specNamed("cas-register"))[0]!;

      const witness = shrink(part, decide(part, unlimited()), unlimited());

      expect(explainable(part, witness, unlimited())).toBe(false);
      const verdicts = witness.kept.map((gone) => explainable(part, { ...witness, kept: witness.kept.filter((operation) => operation !== gone) }, unlimited()));
      expect(verdicts).toEqual(witness.kept.map(() => true));
    });

    it.each(wrong)("$file: delete any operation of the proof and it is valid, unless somebody saw what was deleted", async ({ file }) => {
      const { history } = await readHistory(join(folder, file));
      const part = partsOf(history, specNamed("cas-register"))[0]!;
      const { kinds, froms, tos } = registerForms(part);

      const deleted = deletions(shrink(part, decide(part, unlimited()), unlimited()), unlimited());

      for (const { operation, explainable: valid, contradicting } of deleted) {
        const made = tos[part.classes[operation]!]!;
        const seers = contradicting.filter((other) => [READ, CAS].includes(kinds[part.classes[other]!]!) && froms[part.classes[other]!] === made);
        expect([valid, made >= 0 && seers.length > 0], `op ${part.invocations[operation]!}`).toEqual(valid === true ? [true, false] : [false, true]);
      }
      expect(deleted.some(({ explainable: valid }) => valid === true)).toBe(true);
    });

    it.each(wrong)("$file has a beginning from which it is wrong, and valid when any operation of the proof is deleted", async ({ file }) => {
      const { history } = await readHistory(join(folder, file));
      const part = partsOf(history, specNamed("cas-register"))[0]!;
      const witness = shrink(part, decide(part, unlimited()), unlimited());
      const isOwn = deletions(witness, unlimited()).every(({ explainable: valid }) => valid === true);

      const beginning = isOwn ? undefined : deletableBeginning(part, witness, unlimited());

      expect(isOwn || beginning !== undefined).toBe(true);
      const proof = beginning === undefined ? { ...witness, deleted: [] } : begunWindow(witness, beginning);
      expect(explainable(part, proof, unlimited())).toBe(false);
      expect(proof.kept.length).toBeGreaterThan(1);
      for (const gone of proof.kept) {
        const rest = { ...proof, kept: proof.kept.filter((operation) => operation !== gone), deleted: [...proof.deleted, gone] };
        expect(explainable(part, rest, unlimited()), `op ${part.invocations[gone]!}`).toBe(true);
      }
    });

    // A lock that anybody may release: 131 had acquired it when 129 releases were called. Leave any one out and it fits.
    describe("the wrong mutex history of Knossos", async () => {
      const { history } = await readHistory(join(folder, "knossos/mutex/bad-etcd.edn"));

      it("has no smaller proof than all acquires up to the impossible one, as long as nobody knows who holds the lock", () => {
        const part = partsOf(history, specNamed("mutex"))[0]!;

        const witness = shrink(part, decide(part, unlimited()), unlimited());

        expect(witness.kept.length).toBe(131);
        const { to } = witness;
        const all = returnedWithin(part, 0, to);
        const without = witness.kept.map((gone) => explainable(part, { from: 0, to, kept: all.filter((operation) => operation !== gone) }, unlimited()));
        expect(without).toEqual(witness.kept.map(() => true));
        const windows = Array.from({ length: to - 1 }, (_, i) => explainable(part, { from: i + 1, to, kept: returnedWithin(part, i + 1, to) }, unlimited()));
        expect(windows.every((right) => right === true)).toBe(true);
      });

      it("is told by its count, and drawn by the last twenty operations", () => {
        const verdict = checkLinearizable(history, specNamed("mutex"), { budget: unlimited() });

        const [anomaly] = verdict.verdict === "invalid" ? verdict.anomalies : [];
        expect(anomaly?.explanation).toContain("Count them: 131 acquires had returned, but only 129 releases had been called, and they take turns.");
        const drawing = anomaly?.diagrams?.[0];
        expect(drawing?.kind === "process-lines" && drawing.lanes.flatMap(({ bars }) => bars).length).toBe(20);
        expect(drawing?.caption).toMatch(/; 111 earlier operations of the proof are left out$/);
      });

      it("is three operations as a lock that knows its holder: it was held by two", () => {
        const owned = historyOf([...history].map((op) => ({ ...op, value: op.process })));
        const part = partsOf(owned, ownedMutex())[0]!;

        const witness = shrink(part, decide(part, unlimited()), unlimited());

        const told = witness.kept.map((operation) => {
          const { call } = part.classTable[part.classes[operation]!]!;
          return `${call.f} by ${String(call.value)}`;
        });
        expect(told).toEqual(["release by 0", "acquire by 3", "acquire by 0"]);
      });
    });
  });
} else {
  describe.skip(`${expectedCount} conformance histories: no data at RASHOMON_CONFORMANCE (${folder})`, () => {
    it.each(Array.from({ length: expectedCount }, (_, i) => i + 1))("recorded history %i", () => undefined);
  });
}
