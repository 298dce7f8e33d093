import type { Budget } from "../../harness/budget.ts";
import { genericProblem } from "./generic-problem.ts";
import { asRegister } from "./kv-as-register.ts";
import { kvProblem } from "./kv-problem.ts";
import { monitors } from "./monitors.ts";
import { NEVER, type Part } from "./parts.ts";
import { registerProblem } from "./register-problem.ts";
import { Search } from "./search.ts";
import type { Outcome, SearchProblem } from "./search-problem.ts";

/** The answer for one part, and how it was found. */
export interface Decision {
  readonly outcome: Outcome;
  /** `search`, or a monitor's name. */
  readonly method: string;
  readonly configurations: number;
  /** Orders in which the search tried them; 0 where a monitor answered. */
  readonly orders: number;
  /** The furthest event that could be explained up to. */
  readonly reached: number;
  /** Operations that contradict each other, where a monitor knows them. */
  readonly hint?: readonly number[];
  /** When linearizable: operations in an explaining order, computed on demand. */
  linearization?(): number[];
}

/** Judges one part: by the first monitor whose precondition holds, otherwise by search. */
export function decide(given: Part, budget: Budget): Decision {
  const part = asRegister(given) ?? given;
  for (const monitor of monitors) {
    const answer = monitor.judge(part);
    if (answer === undefined) continue;
    budget.spend(part.count);
    const common = { method: monitor.name, configurations: 0, orders: 0 };
    if (answer.linearizable) {
      return { ...common, outcome: "linearizable", reached: part.eventCount, linearization: () => answer.linearization() };
    }
    const returned = answer.witness.map((operation) => part.returns[operation]!).filter((event) => event !== NEVER);
    return { ...common, outcome: "not-linearizable", reached: Math.max(0, ...returned), hint: answer.witness };
  }
  return search(part, budget);
}

/** The compact search alone, without monitors. */
export function search(part: Part, budget: Budget): Decision {
  const search = new Search(problemOf(part));
  const outcome = search.run(budget);
  return {
    outcome,
    method: "search",
    configurations: search.configurations,
    orders: search.orders,
    reached: search.reached,
    ...(outcome === "linearizable" ? { linearization: () => search.linearization() } : {}),
  };
}

/** What the search is told of the part's object. */
export function problemOf(part: Part): SearchProblem {
  switch (part.spec.behavesAs) {
    case "register":
      return registerProblem(part);
    case "kv-key":
      return keyProblem(part);
    default:
      return genericProblem(part);
  }
}

function keyProblem(part: Part): SearchProblem {
  const asOne = asRegister(part);
  return asOne === undefined ? kvProblem(part) : registerProblem(asOne);
}
