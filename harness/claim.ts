/** What a system's users may expect: the promise that a run puts to the test. */
export interface Claim {
  /** The promise itself. */
  readonly text: string;
  /** The consistency model's name: `linearizability`. */
  readonly model: string;
  /** Where it stands among the models: `the strongest for single objects; implies sequential consistency`. */
  readonly lattice?: string;
  /** Where the promise is made: a document's name, an address. */
  readonly source?: string;
}

/** The claim of a system whose operations on single objects are linearizable; `source` says where it is made. */
export function linearizable(object: string, source: string): Claim {
  return {
    text: `every operation takes effect at one moment between its call and its return, as if there were a single ${object}`,
    model: "linearizability",
    lattice: "the strongest model of single objects; it implies sequential consistency",
    source,
  };
}
