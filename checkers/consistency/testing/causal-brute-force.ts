import type { History } from "../../../harness/history.ts";
import { canonicalJson } from "../../../harness/json.ts";
import { type Access, accessesOf } from "../accesses.ts";
import type { CausalNotion } from "../causal.ts";

/**
 * Causal consistency by its definitions (Bouajjani et al., 2017, section 3), for about eight operations on registers
 * whose values are written once. The causal order is the least possible: process order and reads-from, closed.
 *
 *     causal        for each operation, some order of its causes in which its own answer is right
 *     memory        for each operation, some order of its causes in which all its process' answers so far are right
 *     convergence   one order of all operations in which, among its causes alone, each operation's answer is right
 */
export function causalByBruteForce(history: History, notion: CausalNotion): boolean {
  const all = accessesOf(history);
  const accesses = all.filter(({ key, writes, returned }) => returned || all.some((read) => read.key === key && read.reads === writes && read.reads !== undefined));
  const initial = canonicalJson(null);
  const causes = new Map<Access, Set<Access>>(accesses.map((access) => [access, new Set<Access>()]));
  accesses.forEach((access, i) => {
    for (const earlier of accesses.slice(0, i)) if (earlier.process === access.process) causes.get(access)!.add(earlier);
    if (access.reads === undefined || access.reads === initial) return;
    const writer = accesses.find(({ key, writes }) => key === access.key && writes === access.reads);
    if (writer === undefined) causes.get(access)!.add(access);
    else causes.get(access)!.add(writer);
  });
  for (let grown = true; grown; ) {
    grown = false;
    for (const past of causes.values()) {
      for (const cause of [...past]) for (const further of causes.get(cause)!) if (!past.has(further)) grown = past.add(further).has(further);
    }
  }
  if (accesses.some((access) => causes.get(access)!.has(access))) return false;
  const rightAfter = (before: readonly Access[], access: Access): boolean => {
    const last = before.findLast(({ key, writes }) => key === access.key && writes !== undefined);
    return access.reads === undefined || access.reads === (last?.writes ?? initial);
  };
  /** Some order of `rest` after `placed` that respects causes, each placed operation being `right`. */
  const orderable = (placed: readonly Access[], rest: readonly Access[], right: (before: readonly Access[], access: Access) => boolean): boolean =>
    rest.length === 0 ||
    rest.some((next) => !rest.some((other) => causes.get(next)!.has(other)) && right(placed, next) && orderable([...placed, next], rest.filter((other) => other !== next), right));
  switch (notion) {
    case "causal":
      return accesses.every((one) => orderable([], [...causes.get(one)!, one], (before, access) => access !== one || rightAfter(before, access)));
    case "memory":
      return accesses.every((one) => orderable([], [...causes.get(one)!, one], (before, access) => access.process !== one.process || rightAfter(before, access)));
    case "convergence":
      return orderable([], accesses, (before, access) => rightAfter(before.filter((other) => causes.get(access)!.has(other)), access));
  }
}
