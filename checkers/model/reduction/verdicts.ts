/** Verdicts by envelope and local state of its receiver; what is not known is 0. */
export class ReductionTables {
  readonly localCount: number;
  readonly envelopeCount: number;
  readonly #dead: Uint8Array;
  readonly #idle: Uint8Array;
  /** By idle envelope: for each receiver of its answers, the local states in which all of them are dead. */
  readonly #answersDead = new Map<number, readonly (readonly [party: number, locals: Uint8Array])[]>();
  readonly #commutes: Uint8Array;

  constructor(localCount: number, envelopeCount: number) {
    this.localCount = localCount;
    this.envelopeCount = envelopeCount;
    this.#dead = new Uint8Array(localCount * envelopeCount);
    this.#idle = new Uint8Array(localCount * envelopeCount);
    this.#commutes = new Uint8Array(localCount * envelopeCount);
  }

  /** The envelope changes nothing more: dead, or idle with dead answers. `locals[at + p]` is party p's local state. */
  useless(envelope: number, local: number, locals: { readonly list: Int32Array; readonly at: number; readonly moved: number; readonly to: number }): boolean {
    if (envelope >= this.envelopeCount || local >= this.localCount) return false;
    const key = envelope * this.localCount + local;
    if (this.#dead[key] === 1) return true;
    if (this.#idle[key] === 0) return false;
    for (const [party, dead] of this.#answersDead.get(envelope)!) {
      const receiver = party === locals.moved ? locals.to : locals.list[locals.at + party]!;
      if (receiver >= this.localCount || dead[receiver] === 0) return false;
    }
    return true;
  }

  setIdle(envelope: number, locals: readonly number[], answersDead: readonly (readonly [party: number, locals: Uint8Array])[]): void {
    for (const local of locals) this.#idle[envelope * this.localCount + local] = 1;
    this.#answersDead.set(envelope, answersDead);
  }

  dead(envelope: number, local: number): boolean {
    return envelope < this.envelopeCount && local < this.localCount && this.#dead[envelope * this.localCount + local] === 1;
  }

  commutes(envelope: number, local: number): boolean {
    return envelope < this.envelopeCount && local < this.localCount && this.#commutes[envelope * this.localCount + local] === 1;
  }

  setDead(envelope: number, local: number): void {
    this.#dead[envelope * this.localCount + local] = 1;
  }

  setCommutes(envelope: number, local: number): void {
    this.#commutes[envelope * this.localCount + local] = 1;
  }

  /** Whether a verdict of these tables does not hold in `later`, which knows more. */
  contradictedBy(later: ReductionTables): boolean {
    for (let envelope = 0; envelope < this.envelopeCount; envelope++) {
      for (let local = 0; local < this.localCount; local++) {
        const at = envelope * this.localCount + local;
        if (this.#dead[at] === 1 && !later.dead(envelope, local)) return true;
        if (this.#commutes[at] === 1 && !later.commutes(envelope, local)) return true;
        if (this.#idle[at] === 1 && later.#idle[envelope * later.localCount + local] === 0) return true;
      }
      const answers = this.#answersDead.get(envelope);
      if (answers === undefined) continue;
      const still = later.#answersDead.get(envelope);
      for (const [party, dead] of still ?? []) {
        const before = answers.find(([other]) => other === party);
        // No answers to that party before: as if all of them had been dead everywhere.
        for (let local = 0; local < this.localCount; local++) if ((before === undefined || before[1][local] === 1) && dead[local] === 0) return true;
      }
    }
    return false;
  }
}
