/**
 * Consistency models and the anomalies that they forbid, as one lattice.
 *
 * A model is a set of histories; a stronger model is a smaller set. Adya described the models of databases by what may
 * not happen in their dependency graphs (phenomena: G0, G1a, …), and others extended his list by sessions and real time.
 * Two relations follow from the definitions and are all that is kept here:
 *
 *     model   --implies-->  weaker model        serializable → snapshot-isolation → read-atomic → read-committed
 *     anomaly --implies-->  more general one    G0 → G1c;  G-single → G-nonadjacent → G2;  X → X-process → X-realtime
 *
 * From them two questions are answered by closure. Which anomalies does a model forbid: what it and all weaker models
 * forbid directly, and whatever implies one of those. Which models does a set of anomalies rule out: those that forbid
 * directly one of the anomalies or of their generalisations, and everything stronger. The weakest of the ruled out is
 * the verdict's `not`, the others are `also-not`.
 *
 * Sources: Adya (PhD thesis, MIT 1999): PL-1 … PL-3, PL-CS, PL-2L, PL-2+, PL-FCV, PL-3U, PL-SI, PL-MSR; Bailis et al.
 * (VLDB 2013): read atomic, monotonic atomic view; Cerone, Bernardi and Gotsman (CONCUR 2015): causal, prefix, parallel
 * SI; Daudjee and Salem (VLDB 2006): strong session SI; Viotti and Vukolić (CSUR 2016): the non-transactional ones.
 * PL-SS is Adya's name for strict serializability. Names and boundaries agree with Elle 0.2.8.
 */
interface Model {
  /** The canonical name: Adya's where he has one. */
  readonly name: string;
  /** The name people use, where it is another. */
  readonly friendly?: string;
  readonly aliases?: readonly string[];
  /** Directly weaker models. */
  readonly implies: readonly string[];
  /** What it forbids directly; graph models also forbid the existence of a cycle in their subgraph. */
  readonly forbids?: readonly string[];
}

const models: readonly Model[] = [
  // Isolation by dependency graphs.
  { name: "PL-1", friendly: "read-uncommitted", implies: [], forbids: ["G0", "duplicate-elements", "cyclic-versions", "PL-1-cycle-exists"] },
  { name: "PL-2", friendly: "read-committed", implies: ["PL-1"], forbids: ["G1", "PL-2-cycle-exists"] },
  { name: "PL-CS", friendly: "cursor-stability", implies: ["PL-2"], forbids: ["G1", "G-cursor", "lost-update"] },
  { name: "PL-2L", friendly: "monotonic-view", implies: ["PL-2"], forbids: ["G1", "G-monotonic"] },
  { name: "PL-MSR", friendly: "monotonic-snapshot-read", implies: ["PL-2"], forbids: ["G1", "G-MSR"] },
  { name: "PL-2+", friendly: "consistent-view", implies: ["PL-2L", "PL-CS"], forbids: ["G1", "G-single"] },
  { name: "PL-FCV", friendly: "forward-consistent-view", implies: ["PL-2+"], forbids: ["G1", "G-SIb"] },
  { name: "PL-3U", friendly: "update-serializable", implies: ["PL-FCV"], forbids: ["G1", "G-update"] },
  { name: "PL-2.99", friendly: "repeatable-read", implies: ["PL-CS", "monotonic-atomic-view"], forbids: ["G1", "G2-item", "lost-update", "PL-2.99-cycle-exists"] },
  {
    name: "PL-SI",
    friendly: "snapshot-isolation",
    implies: ["PL-FCV", "PL-MSR", "monotonic-atomic-view", "parallel-snapshot-isolation", "prefix"],
    forbids: ["G1", "G-SI", "G-nonadjacent", "internal", "PL-SI-cycle-exists"],
  },
  {
    name: "PL-3",
    friendly: "serializable",
    aliases: ["conflict-serializable"],
    implies: ["PL-2.99", "PL-3U", "PL-SI", "view-serializable"],
    forbids: ["G1", "G2", "internal", "predicate-read-miss", "PL-3-cycle-exists"],
  },
  // Atomic visibility.
  { name: "monotonic-atomic-view", implies: ["PL-2"] },
  { name: "read-atomic", implies: ["monotonic-atomic-view"], forbids: ["G1a", "future-read", "internal"] },
  { name: "update-atomic", implies: ["read-atomic"], forbids: ["lost-update"] },
  { name: "causal-cerone", implies: ["read-atomic"], forbids: ["G1a", "internal"] },
  { name: "prefix", implies: ["causal-cerone"], forbids: ["G1a", "internal"] },
  { name: "parallel-snapshot-isolation", implies: ["causal-cerone", "update-atomic"], forbids: ["G1a", "internal"] },
  // The same, with the order within each session.
  { name: "strong-session-PL-1", friendly: "strong-session-read-uncommitted", implies: ["PL-1"], forbids: ["G0-process", "strong-session-PL-1-cycle-exists"] },
  {
    name: "strong-session-PL-2",
    friendly: "strong-session-read-committed",
    implies: ["PL-2", "strong-session-PL-1"],
    forbids: ["G1c-process", "strong-session-PL-2-cycle-exists"],
  },
  {
    name: "strong-session-snapshot-isolation",
    implies: ["PL-SI", "strong-session-PL-2"],
    forbids: ["G1-process", "G-nonadjacent-process", "internal", "strong-session-snapshot-isolation-cycle-exists"],
  },
  {
    name: "strong-session-serializable",
    implies: ["PL-3", "strong-session-snapshot-isolation"],
    forbids: ["G1-process", "G2-process", "strong-session-serializable-cycle-exists"],
  },
  // The same, with the order of real time.
  { name: "strong-PL-1", friendly: "strong-read-uncommitted", implies: ["strong-session-PL-1"], forbids: ["G0-realtime", "strong-PL-1-cycle-exists"] },
  { name: "strong-PL-2", friendly: "strong-read-committed", implies: ["strong-PL-1", "strong-session-PL-2"], forbids: ["G1c-realtime", "strong-PL-2-cycle-exists"] },
  {
    name: "strong-snapshot-isolation",
    implies: ["strong-PL-2", "strong-session-snapshot-isolation"],
    forbids: ["G1-realtime", "G-nonadjacent-realtime", "internal", "strong-snapshot-isolation-cycle-exists"],
  },
  {
    name: "PL-SS",
    friendly: "strong-serializable",
    aliases: ["strict-serializable"],
    implies: ["PL-3", "PL-SI", "linearizable", "session-serializable", "strong-session-serializable", "strong-snapshot-isolation"],
    forbids: ["G1", "G1c-realtime", "G2-realtime", "PL-SS-cycle-exists"],
  },
  // Named in the literature; nothing here is forbidden by them directly.
  { name: "view-serializable", implies: [] },
  { name: "1SR", implies: [] },
  { name: "session-serializable", implies: ["1SR"] },
  { name: "linearizable", implies: ["sequential"] },
  { name: "sequential", implies: ["causal"] },
  { name: "causal", implies: ["PRAM", "writes-follow-reads"] },
  { name: "PRAM", implies: ["monotonic-reads", "monotonic-writes", "read-your-writes"] },
  { name: "monotonic-reads", implies: [] },
  { name: "monotonic-writes", implies: [] },
  { name: "read-your-writes", implies: [] },
  { name: "writes-follow-reads", implies: [] },
];

/** The eight shapes of a cycle, without order edges; each exists with the suffixes `-process` and `-realtime` too. */
export const cycleShapes: readonly string[] = ["G0", "G1c", "G-single-item", "G-single", "G-nonadjacent-item", "G-nonadjacent", "G2-item", "G2"];

/** From an anomaly to those that it is a special case of. */
const generalisations: ReadonlyMap<string, readonly string[]> = (() => {
  const edges = new Map<string, string[]>();
  const link = (from: string, ...to: readonly string[]): void => {
    edges.set(from, [...(edges.get(from) ?? []), ...to]);
  };
  for (const suffix of ["", "-process", "-realtime"]) {
    const within = (from: string, ...to: readonly string[]): void => link(from + suffix, ...to.map((name) => name + suffix));
    within("G0", "G1c");
    within("G1c", "G1");
    within("G-single-item", "G-single", "G-nonadjacent-item");
    within("G-single", "G-nonadjacent");
    within("G-nonadjacent-item", "G-nonadjacent", "G2-item");
    within("G-nonadjacent", "G2");
    within("G2-item", "G2");
  }
  // An order edge may be added to the wanted set without being used.
  for (const shape of [...cycleShapes, "G1"]) {
    link(shape, `${shape}-process`);
    link(`${shape}-process`, `${shape}-realtime`);
  }
  link("G1a", "G1");
  link("G1b", "G1");
  link("incompatible-order", "G1a");
  link("dirty-update", "G1a");
  link("future-read", "G1c");
  link("lost-update", "G2-item", "write-skew");
  link("write-skew", "G2");
  link("G-single", "GSIb");
  link("GSIa", "GSI");
  link("GSIb", "GSI");
  return edges;
})();

/** Orders the search only: what is worse to have comes first. */
const severity: ReadonlyMap<string, readonly string[]> = new Map([
  ...["", "-process", "-realtime"].flatMap((suffix): [string, string[]][] => [
    [`G0${suffix}`, [`G1c${suffix}`]],
    [`G1c${suffix}`, [`G-single${suffix}`, `G2-item${suffix}`]],
  ]),
  ["G2", ["G0-process"]],
  ["G2-process", ["G0-realtime"]],
]);

const byName: ReadonlyMap<string, Model> = new Map(models.map((model) => [model.name, model]));
const canonical: ReadonlyMap<string, string> = new Map(
  models.flatMap((model) => [model.name, ...(model.friendly === undefined ? [] : [model.friendly]), ...(model.aliases ?? [])].map((name): [string, string] => [name, model.name])),
);

/** Every accepted name of a model, sorted. */
export const modelNames: readonly string[] = [...canonical.keys()].sort();

/** Every anomaly that some model forbids or that implies another, sorted. */
export const anomalyNames: readonly string[] = [
  ...new Set([...models.flatMap((model) => model.forbids ?? []), ...[...generalisations].flatMap(([from, to]) => [from, ...to]), ...[...severity.keys()]]),
].sort();

/** The canonical name of an accepted one, or undefined. */
export function canonicalModel(name: string): string | undefined {
  return canonical.get(name);
}

/** The name that people use. */
export function friendlyModel(name: string): string {
  const model = byName.get(canonical.get(name) ?? name);
  return model?.friendly ?? model?.name ?? name;
}

const reach = (from: Iterable<string>, next: (name: string) => readonly string[]): Set<string> => {
  const seen = new Set<string>(from);
  for (const name of seen) for (const further of next(name)) seen.add(further);
  return seen;
};

/** The anomaly and everything that it is a special case of. */
export function implied(anomalies: Iterable<string>): ReadonlySet<string> {
  return reach(anomalies, (name) => generalisations.get(name) ?? []);
}

/** The anomalies and everything that implies one of them. */
export function implying(anomalies: Iterable<string>): ReadonlySet<string> {
  const wanted = new Set(anomalies);
  return new Set([...wanted, ...anomalyNames.filter((name) => [...implied([name])].some((general) => wanted.has(general)))]);
}

/** The models and everything weaker; canonical names. Unknown names are passed over: ask `canonicalModel` first. */
export function weaker(names: Iterable<string>): ReadonlySet<string> {
  return reach([...names].flatMap((name) => canonical.get(name) ?? []), (name) => byName.get(name)?.implies ?? []);
}

/** What the models forbid between them, sorted: their own and all weaker models' anomalies, and whatever implies one. */
export function forbidden(names: Iterable<string>): readonly string[] {
  return [...implying([...weaker(names)].flatMap((name) => byName.get(name)?.forbids ?? []))].sort();
}

/** Canonical names of the models that the anomalies rule out. */
export function impossible(anomalies: Iterable<string>): ReadonlySet<string> {
  const found = implied(anomalies);
  const direct = models.filter((model) => model.forbids?.some((anomaly) => found.has(anomaly))).map((model) => model.name);
  return reach(direct, stronger);
}

function stronger(name: string): readonly string[] {
  return models.filter((model) => model.implies.includes(name)).map((model) => model.name);
}

/** What a set of anomalies rules out: the weakest such models, and the rest of them. Friendly names, sorted. */
export interface Boundary {
  readonly not: readonly string[];
  readonly alsoNot: readonly string[];
}

/** The boundary between possible and impossible models. */
export function boundary(anomalies: Iterable<string>): Boundary {
  const out = impossible(anomalies);
  const isWeakest = (name: string): boolean => [...weaker([name])].every((other) => other === name || !out.has(other));
  const names = [...out];
  return {
    not: names.filter(isWeakest).map(friendlyModel).sort(),
    alsoNot: names.filter((name) => !isWeakest(name)).map(friendlyModel).sort(),
  };
}

/** How far an anomaly is from the sources of both relations (implication and severity): the longest way. */
const depths = new Map<string, number>();
function depth(name: string): number {
  const known = depths.get(name);
  if (known !== undefined) return known;
  let result = 0;
  for (const relation of [generalisations, severity]) {
    for (const [from, to] of relation) if (to.includes(name)) result = Math.max(result, depth(from) + 1);
  }
  depths.set(name, result);
  return result;
}

/** All anomalies from worst to mildest: by depth, then by name. */
export const anomaliesByDepth: readonly (readonly [name: string, depth: number])[] = anomalyNames
  .map((name): [string, number] => [name, depth(name)])
  .sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1));

/** The 24 kinds of cycles in the order in which they are looked for: what is found spares the search for what it implies. */
export const cycleSearchOrder: readonly string[] = anomaliesByDepth
  .map(([name]) => name)
  .filter((name) => cycleShapes.includes(name.replace(/-(?:process|realtime)$/, "")));
