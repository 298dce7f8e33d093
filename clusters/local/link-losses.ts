import { assert } from "../../harness/assert.ts";
import type { ActorModel } from "../../harness/actor-model.ts";
import type { ActorId } from "../../harness/actor.ts";
import type { Net } from "../../harness/cluster.ts";
import { HarnessError } from "../../harness/errors.ts";
import type { NodeId } from "../../harness/ids.ts";
import type { Ledger } from "../../harness/ledger.ts";
import type { Schedule, ScheduleStep } from "../../harness/schedule.ts";
import { type SentMessage, World } from "../../harness/world.ts";
import { inject } from "./injection.ts";

/**
 * Makes the messages that a schedule loses be lost on the real links, at their proxies, with the others untouched. A
 * schedule is known beforehand, so each message's fate is known when it is sent:
 *
 *     model   send a ── send b ── send c ── cut ── send d ── heal ── send e          a is delivered; b, c, d are lost
 *     link    ─────────▶│ cut (a has arrived)                     │ mended ────▶     at the proxy: b, c, d
 *
 * A link is cut just before the first message that it must swallow and mended just before the next that it must not: its
 * connection dies then, as TCP's does, and nothing is sent before the next one is there. A partition also cuts those of
 * its links on which nothing is under way.
 *
 * What one handler sends on one link in one step shares its fate, for it leaves in one piece: where the schedule loses a
 * part of that, the part is kept out at the receiver's door. So are losses on clients' links, which are cut for all clients
 * or for none, of what nodes send when they first start, and of what is sent to a node that is down: it waits at the sender.
 */
export class LinkLosses {
  readonly #options: LinkLossesOptions;
  readonly #links = new Map<string, Link>();
  /** Messages (`from to n`) that the schedule loses on their way. */
  readonly #doomed: ReadonlySet<string>;
  #partition: readonly Direction[] = [];
  #keptOut = 0;

  constructor(options: LinkLossesOptions) {
    this.#options = options;
    this.#doomed = doomedIn(options.model, options.schedule);
  }

  /** To be called before a step is really done; `sends`: what the model's actor has sent in it. */
  async before(step: ScheduleStep, sends: readonly SentMessage[]): Promise<void> {
    if (step.step === "heal") return await this.#mend(this.#partition.map((direction) => this.#link(direction)));
    if (step.step === "cut") {
      this.#partition = this.#options.model.cuts.find(({ name }) => name === step.cut)!.links;
      return await this.#cut(this.#partition.map((direction) => this.#link(direction)));
    }
    const fates = new Map<Link, boolean[]>();
    for (const sent of sends) {
      if (!this.#isBetweenServers(sent)) continue;
      const link = this.#link(sent);
      fates.set(link, [...(fates.get(link) ?? []), this.#doomed.has(keyOf(sent))]);
    }
    // What is sent to a node that is down waits at the sender, with what must be delivered once it is up.
    await this.#cut([...fates].flatMap(([link, doomed]) => (doomed.every(Boolean) && this.#options.isUp(link.to) ? [link] : [])));
    await this.#mend([...fates].flatMap(([link, doomed]) => (doomed.every(Boolean) ? [] : [link])));
  }

  /** The node has put out what the model's `sent` is, under that name. */
  sent(sent: SentMessage, name: string): void {
    const doomed = this.#doomed.has(keyOf(sent));
    if (!this.#isBetweenServers(sent)) {
      if (doomed) this.#keptOut++;
      return;
    }
    const link = this.#link(sent);
    if (!doomed) link.underway.add(name);
    else if (link.mend === undefined || !this.#options.isUp(link.to)) this.#keptOut++;
    else link.swallowed.push(name);
  }

  /** What was on its way to and from the node is nobody's any more. */
  crashed(node: ActorId): void {
    for (const link of this.#links.values()) if (link.from === node || link.to === node) link.underway.clear();
  }

  /** How each message was lost that the schedule loses. What a link swallowed is nowhere to be found, or the replay is another. */
  async lost(): Promise<MessagesLost> {
    let onLinks = 0;
    for (const link of this.#links.values()) {
      if (link.swallowed.length === 0) continue;
      const arrived = this.#options.isUp(link.to) ? await this.#options.arrived(link.to) : new Set<string>();
      const found = link.swallowed.find((name) => arrived.has(name));
      if (found !== undefined) {
        throw new HarnessError("REPLAY_DIVERGED", `message ${found} arrived at ${this.#name(link.to)} over a link that was cut`, { nextStep: "look into the proxies' log for when the link was cut and mended" });
      }
      onLinks += link.swallowed.length;
    }
    return { onLinks, keptOut: this.#keptOut };
  }

  /** Undoes what is still on. */
  async end(): Promise<void> {
    for (const link of this.#links.values()) await this.#revert(link);
  }

  async #cut(links: readonly Link[]): Promise<void> {
    for (const link of links) {
      if (link.mend !== undefined) continue;
      await this.#allArrived(link);
      link.mend = await inject(this.#options.net.cut([{ from: this.#name(link.from), to: this.#name(link.to) }]), { ...this.#options, name: "cut" });
      if (this.#options.isUp(link.from) && this.#options.isUp(link.to)) await this.#connected(link, 0);
    }
  }

  /**
   * The connections of a cut link die when it is mended, and those of the other direction, whose answers it carried. They
   * are reset before the link is whole, so that no connection of before is taken for the new one.
   */
  async #mend(links: readonly Link[]): Promise<void> {
    const cut = links.filter((link) => link.mend !== undefined);
    const pairs = new Map<string, Direction>();
    for (const { from, to } of cut) {
      if (!this.#options.isUp(from) || !this.#options.isUp(to)) continue;
      for (const direction of [{ from, to }, { from: to, to: from }]) pairs.set(linkKey(direction), direction);
    }
    for (const direction of pairs.values()) await this.#allArrived(this.#link(direction));
    const before: { readonly direction: Direction; readonly times: number }[] = [];
    for (const direction of pairs.values()) before.push({ direction, times: await this.#connected(direction, 0) });
    const flows = [...pairs.values()].map(({ from, to }) => ({ from: this.#name(from), to: this.#name(to) }));
    const admit = flows.length === 0 ? undefined : await inject(this.#options.net.refuse(flows), { ...this.#options, name: "reset" });
    for (const link of cut) await this.#revert(link);
    await admit?.();
    for (const { direction, times } of before) await this.#connected(direction, times);
  }

  /** Waits for a later connection than that, into which all goes that is sent; resolves to its number. */
  async #connected(direction: Direction, than: number): Promise<number> {
    let times = 0;
    await this.#options.until(
      async () => {
        const dialled = await this.#options.dialled(direction);
        times = dialled.times;
        return dialled.open && times > than;
      },
      `${this.#name(direction.from)} to dial ${this.#name(direction.to)}`,
    );
    return times;
  }

  async #revert(link: Link): Promise<void> {
    await link.mend?.();
    link.mend = undefined;
  }

  /** Waits until what the link must bring over has come over. */
  async #allArrived(link: Link): Promise<void> {
    if (link.underway.size === 0 || !this.#options.isUp(link.to)) return;
    await this.#options.until(
      async () => {
        for (const name of await this.#options.arrived(link.to)) link.underway.delete(name);
        return link.underway.size === 0;
      },
      `messages on the link from ${this.#name(link.from)} to arrive at ${this.#name(link.to)}`,
    );
  }

  #link(direction: Direction): Link {
    const key = linkKey(direction);
    let link = this.#links.get(key);
    if (link === undefined) this.#links.set(key, (link = { from: direction.from, to: direction.to, mend: undefined, underway: new Set(), swallowed: [] }));
    return link;
  }

  #isBetweenServers({ from, to }: Direction): boolean {
    return Math.max(from, to) < this.#options.model.servers;
  }

  #name(id: ActorId): NodeId {
    const name = this.#options.nodes[id];
    assert(name !== undefined, `server ${id} is one of the cluster's nodes`);
    return name;
  }
}

export interface LinkLossesOptions {
  readonly model: ActorModel;
  readonly schedule: Schedule;
  /** By actor. */
  readonly nodes: readonly NodeId[];
  readonly net: Required<Net>;
  readonly ledger: Ledger;
  readonly signal: AbortSignal;
  /** Does the actor's process run? */
  isUp(node: ActorId): boolean;
  /** Names of all messages that have come to the node's door in its present life. */
  arrived(node: ActorId): Promise<ReadonlySet<string>>;
  /** How many connections the node has made on that link in its present life, and whether the last one stands. */
  dialled(link: Direction): Promise<{ readonly times: number; readonly open: boolean }>;
  /** Asks until it is so; throws with the text when it takes too long. */
  until(done: () => Promise<boolean>, what: string): Promise<void>;
}

/** Of the messages that a schedule loses: how many a cut link swallowed, and how many were kept out at a door. */
export interface MessagesLost {
  readonly onLinks: number;
  readonly keptOut: number;
}

export interface Direction {
  readonly from: ActorId;
  readonly to: ActorId;
}

interface Link extends Direction {
  /** Undefined: it is whole. */
  mend: (() => Promise<void>) | undefined;
  /** Messages that were sent and must arrive, and have not been seen to. */
  readonly underway: Set<string>;
  /** Messages that were sent while it was cut. */
  readonly swallowed: string[];
}

/** Messages that are dropped or go into a partition, and are never handled. */
function doomedIn(model: ActorModel, schedule: Schedule): ReadonlySet<string> {
  const world = new World(model);
  const doomed = new Set<string>();
  const handled = new Set<string>();
  schedule.forEach((step, at) => {
    const { result, cut } = world.apply(step, at);
    if (result === "impossible") return;
    if (step.step === "drop") doomed.add(keyOf(step));
    else if (step.step === "deliver" || step.step === "duplicate") handled.add(keyOf(step));
    // What a crash takes with it is no loss on a link: it dies with the process.
    if (step.step !== "crash") for (const lost of cut) doomed.add(keyOf(lost));
  });
  return new Set([...doomed].filter((key) => !handled.has(key)));
}

function keyOf({ from, to, n }: Direction & { readonly n: number }): string {
  return `${from} ${to} ${n}`;
}

function linkKey({ from, to }: Direction): string {
  return `${from} ${to}`;
}
