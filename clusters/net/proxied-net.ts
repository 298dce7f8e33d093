import type { Flow, Net } from "../../harness/cluster.ts";
import type { Disturbance, Evidence, Undo } from "../../harness/disturbance.ts";
import { HarnessError } from "../../harness/errors.ts";
import { type Effect, measureEffect, type Probe, type ProbeAnswer } from "./effect.ts";
import { type Arm, type LinkSpec, type LinkTable, type ProxyLink, undoOf } from "./links.ts";
import { type ToxicSpec, unreachable } from "./toxiproxy-client.ts";

/**
 * Faults on message flows, made of toxics.
 *
 * The direction of a proxy is not the direction of messages: in many systems B opens the stream over which A sends to
 * it. So a flow from → to takes two toxics, one on each proxy between the two, whoever dialled:
 *
 *     flow a → b  =  upstream toxic on a-b   (a dialled, a sends)
 *                 +  downstream toxic on b-a (b dialled, a answers)
 *
 * A cut is a `timeout` toxic of 0: bytes vanish, connections stay open and silent as behind a dropped route, and die
 * when it heals, because their streams have holes. The other way to cut, `disable`, is about dialling: flow a → b then
 * means that a's connections to b end now (FIN) and new ones are refused.
 *
 * Each disturbance names its own toxics, so two that overlap do not undo each other.
 */
export interface ProxiedNetOptions {
  readonly links: LinkTable;
  /** How `cut` cuts. Default `silence`. */
  readonly cut?: "silence" | "disable";
  /** How long `evidence` waits for traffic to meet the fault. Default 500: systems worth testing beat every 100 ms. */
  readonly evidenceMsMax?: number;
  /** Asks through a link, for servers without counters; see `effect.ts`. */
  readonly probe?: Probe;
}

/** A `Net` over the links of a table, those that come later included. */
export function proxiedNet(options: ProxiedNetOptions): Required<Net> {
  const make = (what: string, flows: readonly Flow[], effect: Effect): Disturbance => new FlowDisturbance(what, flows, { effect, options });
  return {
    cut: (flows) => make("cut", flows, options.cut === "disable" ? { by: "disable" } : { by: "toxic", type: "timeout", attributes: { timeout: 0 } }),
    refuse: (flows) => make("refuse", flows, { by: "disable" }),
    delay: (flows, { latencyMs, jitterMs }) => {
      const attributes = { latency: Math.round(latencyMs), jitter: Math.round(jitterMs) };
      return make(`delay by ${latencyMs}${jitterMs > 0 ? ` ± ${jitterMs}` : ""} ms`, flows, { by: "toxic", type: "latency", attributes });
    },
    toxic: (flows, { type, attributes }) => make(`${type} ${JSON.stringify(attributes)}`, flows, { by: "toxic", type, attributes }),
  };
}

class FlowDisturbance implements Disturbance, Arm {
  readonly description: string;
  readonly undo: readonly Undo[];
  readonly #flows: readonly Flow[];
  readonly #effect: Effect;
  readonly #options: ProxiedNetOptions;
  readonly #serial: number;
  /** Links whose undo the ledger has with the whole. */
  readonly #planned: ReadonlySet<string>;
  /** By name, every link on which it is or may be on, with the ledger's id where the link came late. */
  readonly #touched = new Map<string, string | undefined>();
  #before: ReadonlyMap<string, ProbeAnswer> = new Map();

  constructor(what: string, flows: readonly Flow[], how: { readonly effect: Effect; readonly options: ProxiedNetOptions }) {
    for (const { from, to } of flows) {
      if (from === to) throw new HarnessError("FAULT_FAILED", `no link carries a flow from ${from} to ${to}`, { nextStep: "name two different parties, at most one of them clients" });
    }
    this.description = `${what} ${describeFlows(flows)}`;
    this.#flows = flows;
    this.#effect = how.effect;
    this.#options = how.options;
    this.#serial = how.options.links.nextSerial();
    const links = this.#matching();
    this.#planned = new Set(links.map((link) => link.name));
    this.undo = links.flatMap((link) => undoOf(this, link));
  }

  toxicsFor(link: LinkSpec): readonly ToxicSpec[] {
    const effect = this.#effect;
    if (effect.by === "disable") return [];
    const toxic = (stream: ToxicSpec["stream"]): ToxicSpec => ({
      name: `${effect.type}-${this.#serial}-${stream === "upstream" ? "up" : "dn"}`,
      type: effect.type,
      stream,
      toxicity: 1,
      attributes: effect.attributes,
    });
    return [
      ...(this.#flows.some(({ from, to }) => from === link.from && to === link.to) ? [toxic("upstream")] : []),
      ...(this.#flows.some(({ from, to }) => to === link.from && from === link.to) ? [toxic("downstream")] : []),
    ];
  }

  disables(link: LinkSpec): boolean {
    if (this.#effect.by !== "disable") return false;
    // A client's link has one proxy: whichever way the messages flow, the client dials.
    return this.#flows.some(({ from, to }) => (from === link.from && to === link.to) || (from === link.to && to === "clients" && link.from === "clients"));
  }

  onLateLink(link: ProxyLink, id: string | undefined): void {
    this.#touched.set(link.name, id);
  }

  async apply(signal: AbortSignal): Promise<void> {
    const { links, probe } = this.#options;
    links.arm(this);
    for (const link of this.#matching()) {
      if (!this.#touched.has(link.name)) this.#touched.set(link.name, this.#planned.has(link.name) ? undefined : links.intendLate(this, link));
    }
    const names = [...this.#touched.keys()];
    if (probe !== undefined) this.#before = await askAll(await this.#standing(), probe, signal);
    await each(names, async (name) => {
      signal.throwIfAborted();
      const link = await links.standing(name);
      if (link === undefined) return;
      for (const toxic of this.toxicsFor(link)) await link.client.addToxic(name, toxic);
      if (this.disables(link)) await link.client.updateProxy(name, { enabled: false });
    });
  }

  async revert(signal: AbortSignal): Promise<void> {
    const { links } = this.#options;
    links.disarm(this);
    await each([...this.#touched], async ([name, lateId]) => {
      signal.throwIfAborted();
      const link = await links.standing(name);
      try {
        if (link !== undefined) {
          for (const toxic of this.toxicsFor(link)) await link.client.removeToxic(name, toxic.name);
          if (this.disables(link) && !links.isDisabledByOther(link, this)) await link.client.updateProxy(name, { enabled: true });
        }
      } catch (error) {
        // Proxies die with their server, and their faults with them.
        if (!unreachable(error)) throw error;
      }
      links.healedLate(lateId);
      this.#touched.delete(name);
    });
  }

  async evidence(signal: AbortSignal): Promise<Evidence> {
    const links = await this.#standing();
    if (links.length === 0) return { effective: false, seen: `no link carries ${describeFlows(this.#flows)}` };
    const { probe, evidenceMsMax = 500 } = this.#options;
    return measureEffect({ links, effect: this.#effect, toxicsFor: (link) => this.toxicsFor(link), before: this.#before, probe, evidenceMsMax }, signal);
  }

  #matching(): ProxyLink[] {
    return this.#options.links.links().filter((link) => this.disables(link) || this.toxicsFor(link).length > 0);
  }

  async #standing(): Promise<ProxyLink[]> {
    const found = await Promise.all([...this.#touched.keys()].map((name) => this.#options.links.standing(name)));
    return found.filter((link) => link !== undefined);
  }
}

/** All of them, also when some fail; then one error that tells how many and why the first. */
async function each<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const settled = await Promise.allSettled(items.map(act));
  const failures = settled.filter((result) => result.status === "rejected");
  if (failures.length === 0) return;
  throw new HarnessError("FAULT_FAILED", `${failures.length} of ${items.length} links could not be changed`, { nextStep: "look into the proxy server's log", cause: failures[0]!.reason });
}

async function askAll(links: readonly ProxyLink[], probe: Probe, signal: AbortSignal): Promise<Map<string, ProbeAnswer>> {
  const answers = new Map<string, ProbeAnswer>();
  await Promise.all(
    links.map(async (link) => {
      const answer = await probe(link, signal);
      if (answer !== undefined) answers.set(link.name, answer);
    }),
  );
  return answers;
}

/** `n1 ↔ n2, n1 → n3`. */
function describeFlows(flows: readonly Flow[]): string {
  const has = (from: string, to: string): boolean => flows.some((flow) => flow.from === from && flow.to === to);
  const texts = flows.map(({ from, to }) => (!has(to, from) ? `${from} → ${to}` : from < to ? `${from} ↔ ${to}` : `${to} ↔ ${from}`));
  return [...new Set(texts)].join(", ");
}

