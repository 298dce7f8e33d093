import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { anomaliesByDepth, boundary, canonicalModel, cycleSearchOrder, forbidden, friendlyModel, implied, modelNames, weaker } from "./models.ts";

const root = process.env["RASHOMON_CONFORMANCE"] ?? join(import.meta.dirname, "../../../shared/conformance");
const path = join(root, "elle/consistency-models.json");

interface Lattice {
  readonly "all-anomalies-by-depth": [string, number][];
  readonly "all-models": string[];
  readonly "anomalies-prohibited-by": { readonly [model: string]: string[] };
  readonly "boundary-of-single-anomaly": { readonly [anomaly: string]: { readonly not: string[]; readonly "also-not": string[] } };
  readonly "canonical-names": { readonly [name: string]: string };
  readonly "friendly-names": { readonly [name: string]: string };
  readonly "cycle-search-order": string[];
  readonly "implied-anomalies": { readonly [name: string]: string[] };
  readonly models: { readonly [name: string]: string[] };
}

describe("the lattice by its own definitions", () => {
  it("a stronger model forbids whatever a weaker one forbids", () => {
    for (const strong of modelNames) {
      for (const weak of weaker([strong])) expect(forbidden([strong])).toEqual(expect.arrayContaining([...forbidden([weak])]));
    }
  });

  it("an anomaly rules out exactly the models that forbid it", () => {
    for (const [anomaly] of anomaliesByDepth) {
      const { not, alsoNot } = boundary([anomaly]);
      const out = modelNames.filter((model) => forbidden([model]).includes(anomaly)).map((model) => friendlyModel(model));
      expect([...new Set(out)].sort()).toEqual([...not, ...alsoNot].sort());
    }
  });

  it("nothing is ruled out by no anomaly", () => {
    expect(boundary([])).toEqual({ not: [], alsoNot: [] });
  });
});

describe.skipIf(!existsSync(path))(existsSync(path) ? "the lattice agrees with Elle 0.2.8's" : `skipped, no conformance data at ${path}`, () => {
  const lattice = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Lattice) : undefined;

  it("accepts the same 54 names, and means the same models by them", () => {
    expect(modelNames).toEqual(lattice!["all-models"]);
    for (const [name, canonical] of Object.entries(lattice!["canonical-names"])) expect(canonicalModel(name)).toBe(canonical);
    for (const [name, friendly] of Object.entries(lattice!["friendly-names"])) expect(friendlyModel(name)).toBe(friendly);
  });

  it("the same models imply the same models", () => {
    for (const [name, direct] of Object.entries(lattice!.models)) {
      expect([...weaker([name])].sort()).toEqual([...new Set([name, ...direct.flatMap((model) => [...weaker([model])])])].sort());
    }
  });

  it("the same models forbid the same anomalies", () => {
    const ours = Object.fromEntries(Object.keys(lattice!["anomalies-prohibited-by"]).map((model) => [model, forbidden([model])]));

    expect(ours).toEqual(lattice!["anomalies-prohibited-by"]);
  });

  it("each anomaly alone has the same boundary", () => {
    for (const [anomaly, expected] of Object.entries(lattice!["boundary-of-single-anomaly"])) {
      const { not, alsoNot } = boundary([anomaly]);

      expect({ anomaly, not, "also-not": alsoNot }).toEqual({ anomaly, ...expected });
    }
  });

  it("implications, depths and the order of the search are the same", () => {
    for (const [from, to] of Object.entries(lattice!["implied-anomalies"])) expect([...implied([from])]).toEqual(expect.arrayContaining(to));
    expect(anomaliesByDepth).toEqual(lattice!["all-anomalies-by-depth"]);
    expect(cycleSearchOrder).toEqual(lattice!["cycle-search-order"]);
  });
});
