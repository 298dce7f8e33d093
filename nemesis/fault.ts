import type { Abilities, Capability, FixedMembers, RunningCluster } from "../harness/cluster.ts";
import { HarnessError } from "../harness/errors.ts";
import { type OptionSpec, parseSettings, type Settings } from "../harness/options.ts";
import type { Plan, PlanContext } from "./plan.ts";
import { missingProcess } from "./process.ts";
import { type Names, namesOf, targetsMost } from "./target.ts";

export type { Plan, PlanContext } from "./plan.ts";

/**
 * What goes wrong, as policy: a fault decides *whom* it hits and *with what*, in terms of what a cluster can do
 * (cut a flow, pause a node), and never how that is done. The same `isolate` acts through proxies, a firewall or a simulator.
 *
 *     fault ── plan(cluster, random, settings) ──→ disturbances ── nemesis: ledger, apply, evidence … revert
 *
 * Planning has no effect, so what is going to happen is on disk before it does.
 */
export interface Fault {
  /** Also the name of the op that begins it; `heal-<name>` ends it. */
  readonly name: string;
  /** One sentence for `rashomon list faults`. */
  readonly summary: string;
  /** What the cluster must be able to do. */
  readonly needs: readonly Need[];
  /** With fewer nodes it makes no sense. */
  readonly nodesMin: number;
  /** It hits no more nodes at once; absent: any number. */
  readonly targetsMax?: number;
  readonly options: readonly OptionSpec[];
  plan(context: PlanContext): Promise<Plan>;
}

/** A capability of a cluster; `toxics` are links that can do more than be cut and delayed. */
export type Need = Capability | "toxics";

/** A fault with its settings: what a run is given. */
export interface ArmedFault {
  readonly fault: Fault;
  readonly settings: Settings;
}

/** A fault with settings of its own; what they leave out has its default. */
export function arm(fault: Fault, settings: Settings = {}): ArmedFault {
  return { fault, settings: { ...parseSettings([], fault.options, fault.name), ...settings } };
}

/**
 * Throws `CAPABILITY_MISSING`, naming everything that is missing at once, unless `cluster` can do what all `faults`
 * need. To be called before the first operation.
 */
export function checkCapabilities(faults: readonly ArmedFault[], cluster: RunningCluster): void {
  checkAbilities(faults, { name: cluster.name, abilities: abilitiesOf(cluster), instead: [] });
}

/** The same of a cluster that has not started; `instead`: names of the faults that it takes, for the error's text. */
export function checkAbilities(faults: readonly ArmedFault[], { name, abilities, instead }: { readonly name: string; readonly abilities: Abilities; readonly instead: readonly string[] }): void {
  const problems = new Map<string, string[]>();
  for (const armed of faults) {
    for (const what of missing(armed, abilities)) problems.set(what, [...(problems.get(what) ?? []), armed.fault.name]);
  }
  if (problems.size === 0) return;
  const said = [...problems].map(([what, names]) => `${what} (for ${names.join(", ")})`);
  const able = faults.filter((armed) => missing(armed, abilities).length === 0).map((armed) => armed.fault.name);
  throw new HarnessError("CAPABILITY_MISSING", `cluster '${name}' cannot do this: ${said.join("; ")}`, {
    nextStep: [
      able.length > 0 ? `use a cluster that can, or run with --nemesis ${able.join(",")}` : "use a cluster that can, or other faults (see `rashomon list faults`)",
      ...(instead.length === 0 ? [] : [`it takes ${instead.join(", ")}`]),
    ].join("; "),
  });
}

/** Whether a fault can be done to some target of such a cluster, whatever its number of nodes. */
export function isSupported(fault: Fault, { can }: Pick<Abilities, "can">): boolean {
  return fault.needs.every((need) => can.includes(need));
}

function abilitiesOf(cluster: RunningCluster): Abilities {
  const able = (need: Need): boolean => (need === "toxics" ? cluster.net?.toxic !== undefined : cluster[need] !== undefined);
  return {
    nodes: cluster.nodes,
    can: (Object.keys(needs) as Need[]).filter(able),
    processes: cluster.processes?.names ?? [],
    roles: cluster.roles === undefined ? [] : "unknown",
    ...(cluster.membership?.fixed === undefined ? {} : { fixedMembers: cluster.membership.fixed }),
  };
}

function missing({ fault, settings }: ArmedFault, abilities: Abilities): string[] {
  const { nodes, can, roles, fixedMembers } = abilities;
  const problems = fault.needs.filter((need) => !can.includes(need)).map((need) => needs[need]);
  if (nodes.length < fault.nodesMin) problems.push(`it has ${nodes.length} node(s) where ${fault.nodesMin} are needed`);
  const target = settings.target;
  if (typeof target === "string") {
    const names = namesOf(target, nodes);
    if (names.kind === "unknown") problems.push(`it has no node ${names.names.join(", ")} (its nodes: ${nodes.join(", ")})`);
    if (targetsMost(names, nodes.length) > (fault.targetsMax ?? Infinity)) problems.push(`it does this to ${fault.targetsMax} node(s) at a time, not to ${target}`);
    if (fault.needs.includes("membership") && fixedMembers !== undefined && meansFixed(names, fixedMembers)) {
      problems.push(`${fixedMembers.nodes.join(", ")} is its ${fixedMembers.roles[0]} for good and cannot leave, so ${target} cannot be the target`);
    }
    if (names.kind === "role" && roles !== "unknown" && !roles.includes(target)) problems.push(`its nodes have no roles such as ${JSON.stringify(target)}${roles.length === 0 ? "" : ` (they have ${roles.join(", ")})`}`);
  }
  const process = missingProcess(settings, abilities.processes);
  if (process !== undefined) problems.push(process);
  return problems;
}

function meansFixed(names: Names, { nodes, roles }: FixedMembers): boolean {
  return (names.kind === "nodes" && names.nodes.some((node) => nodes.includes(node))) || (names.kind === "role" && roles.includes(names.role));
}

const needs: { readonly [need in Need]: string } = {
  net: "act on links",
  toxics: "do more to links than cut and delay them",
  processes: "act on processes",
  clocks: "skew clocks of processes (on x86-64 Linux only)",
  membership: "change who belongs to it",
  power: "take what was not synced from disks",
};
