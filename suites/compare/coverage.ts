import type { Covered } from "./handler-steps.ts";

/** How much of what the model has, one kind of testing has met; each round or run is one sample. */
export interface Coverage {
  readonly samples: number;
  /** Different ones met that the model has, and that it has not (within its bounds). */
  readonly seen: number;
  readonly outside: number;
  /** After so many samples, so many of the model's were met; ascending. */
  readonly curve: readonly { readonly rounds: number; readonly seen: number }[];
  /** Share of samples-with-something-new to expect next: Good and Turing's estimate (Good, Biometrika 1953). */
  readonly unseenMass: number;
  /** Estimated number that exist for this kind of testing, met or not: a lower bound (see `estimatedTotal`). */
  readonly estimated: number;
}

/** Counts, sample by sample, which of the model's things were met. Order of the samples is the curve's. */
export class CoverageTally {
  readonly #model: ReadonlySet<string>;
  /** In how many samples each thing was. */
  readonly #counts = new Map<string, number>();
  readonly #curve: { rounds: number; seen: number }[] = [];
  #samples = 0;
  #seen = 0;

  constructor(model: ReadonlySet<string>) {
    this.#model = model;
  }

  /** One sample with all that it met. */
  add(met: ReadonlySet<string>): void {
    this.#samples++;
    const before = this.#seen;
    for (const one of met) {
      const count = (this.#counts.get(one) ?? 0) + 1;
      this.#counts.set(one, count);
      if (count === 1 && this.#model.has(one)) this.#seen++;
    }
    if (this.#seen > before) this.#curve.push({ rounds: this.#samples, seen: this.#seen });
  }

  result(): Coverage {
    const counts = [...this.#counts.values()];
    const once = counts.filter((count) => count === 1).length;
    const twice = counts.filter((count) => count === 2).length;
    const all = counts.reduce((sum, count) => sum + count, 0);
    const curve = this.#curve.at(-1)?.rounds === this.#samples ? this.#curve : [...this.#curve, { rounds: this.#samples, seen: this.#seen }];
    return {
      samples: this.#samples,
      seen: this.#seen,
      outside: this.#counts.size - this.#seen,
      curve: thinned(curve),
      unseenMass: all === 0 ? 1 : once / all,
      estimated: estimatedTotal({ observed: this.#counts.size, once, twice, samples: this.#samples }),
    };
  }
}

/**
 * Chao's lower bound for how many different things there are, from how many were in exactly one and in exactly two of
 * the samples, in its bias-corrected form (Chao, "Nonparametric estimation of the number of classes in a population",
 * 1984, for samples of one thing each; Chao 1987 for samples of several):
 *
 *     S + (m-1)/m · f1 (f1 - 1) / (2 (f2 + 1))
 */
export function estimatedTotal(met: { readonly observed: number; readonly once: number; readonly twice: number; readonly samples: number }): number {
  const { observed, once, twice, samples } = met;
  return samples === 0 ? 0 : observed + (((samples - 1) / samples) * once * (once - 1)) / (2 * (twice + 1));
}

/** Collects what handlers covered, sample by sample. */
export class CoverageSamples {
  readonly states: Set<string>[] = [];
  readonly branches: Set<string>[] = [];
  #open: { readonly states: Set<string>; readonly branches: Set<string> } | undefined;

  begin(): void {
    this.#open = { states: new Set(), branches: new Set() };
  }

  /** Between `begin` and `end`; nothing otherwise. */
  see({ state, branch }: Covered): void {
    this.#open?.states.add(state);
    this.#open?.branches.add(branch);
  }

  end(): void {
    if (this.#open === undefined) return;
    this.states.push(this.#open.states);
    this.branches.push(this.#open.branches);
    this.#open = undefined;
  }
}

/** About 200 points are enough to draw; the last is always there. */
function thinned<T>(curve: readonly T[]): readonly T[] {
  const stride = Math.max(1, Math.ceil(curve.length / 200));
  return curve.filter((_, at) => at % stride === 0 || at === curve.length - 1);
}
