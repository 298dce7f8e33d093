import { connect } from "node:net";
import type { Evidence } from "../../harness/disturbance.ts";
import type { Json } from "../../harness/json.ts";
import { monotonicMs, sleep, within } from "../../harness/time.ts";
import type { ProxyLink } from "./links.ts";
import type { LinkCounters, ToxicSpec } from "./toxiproxy-client.ts";

/**
 * Did a fault on links take effect? Three ways to know, best first; the evidence says which it was.
 *
 * 1. *Counters* (our server): chunks that a toxic really dropped, held back, cut. What nobody sent is no effect.
 * 2. *A probe* (any server, if the cluster has one): a question through the link, asked before and now.
 * 3. *Read back*: the server says the toxic is there. The weakest: it tells that the fault is set, not that it bites.
 */
export type Effect = { readonly by: "disable" } | { readonly by: "toxic"; readonly type: string; readonly attributes: { readonly [name: string]: number } };

export interface EffectQuestion {
  readonly links: readonly ProxyLink[];
  readonly effect: Effect;
  readonly toxicsFor: (link: ProxyLink) => readonly ToxicSpec[];
  /** The probe's answers before the fault, by link. */
  readonly before: ReadonlyMap<string, ProbeAnswer>;
  readonly probe: Probe | undefined;
  /** How long to wait for traffic. */
  readonly evidenceMsMax: number;
}

/** Asks something through the link that a healthy node answers; undefined: this link cannot be asked from here. */
export type Probe = (link: ProxyLink, signal: AbortSignal) => Promise<ProbeAnswer | undefined>;
export interface ProbeAnswer {
  readonly answered: boolean;
  /** How long the answer took, or how long was waited. */
  readonly ms: number;
  /** How much was asked with: what cuts a stream into slices holds up only what is longer than one. */
  readonly sentBytes: number;
}

/** Between two looks at the counters. */
const LOOK_MS = 25;

export async function measureEffect(question: EffectQuestion, signal: AbortSignal): Promise<Evidence> {
  const endMs = monotonicMs() + question.evidenceMsMax;
  for (;;) {
    const counters = await Promise.all(question.links.map((link) => link.client.links(link.name)));
    if (!counters.every((counter) => counter !== undefined)) return question.probe === undefined ? readBack(question) : askAgain(question, question.probe, signal);
    const evidence = question.effect.by === "disable" ? await refusal(question, counters) : counted(question, counters);
    if (evidence.effective || monotonicMs() >= endMs) return evidence;
    await sleep(LOOK_MS, signal);
  }
}

/** A question over TCP: sends `payload` to the link's proxy and waits for the first byte back. For addresses that this process reaches. */
export function tcpProbe(options: { readonly payload: Uint8Array | string; readonly deadlineMs: number }): Probe {
  return async (link, signal) => {
    const startMs = monotonicMs();
    const answered = await ask(link.listen, { ...options, signal });
    return { answered, ms: monotonicMs() - startMs, sentBytes: Buffer.byteLength(options.payload) };
  };
}

/** What the toxics counted, summed. */
function counted({ links, effect, toxicsFor, evidenceMsMax }: EffectQuestion, counters: readonly LinkCounters[]): Evidence {
  let [chunks, bytes, dropped, ended, open, met] = [0, 0, 0, 0, 0, 0];
  const data: { [link: string]: Json } = {};
  for (const [i, link] of links.entries()) {
    const { toxics, open: openHere } = counters[i]!;
    const mine = toxicsFor(link).map((toxic) => toxics[toxic.name]);
    open += openHere;
    if (mine.some((toxic) => toxic !== undefined && (toxic.affectedChunks > 0 || toxic.ended > 0))) met++;
    for (const toxic of mine) {
      if (toxic === undefined) continue;
      chunks += toxic.affectedChunks;
      bytes += toxic.affectedBytes;
      dropped += toxic.droppedBytes;
      ended += toxic.ended;
      data[`${link.name} ${toxic.stream}`] = { connections: toxic.connections, affectedChunks: toxic.affectedChunks, affectedBytes: toxic.affectedBytes, droppedBytes: toxic.droppedBytes, ended: toxic.ended };
    }
  }
  const slows = effect.by === "toxic" && ["latency", "bandwidth", "slow_close"].includes(effect.type);
  const whatHappened = dropped > 0 ? "dropped" : slows ? "held back" : "affected";
  const where = `${met} of ${links.length} links`;
  const seen =
    met === 0
      ? `nothing was sent on ${names(links)} in ${evidenceMsMax} ms (${open} connections open)`
      : [chunks > 0 ? `${chunks} chunks (${bytes} bytes) ${whatHappened}` : "", ended > 0 ? `${ended} connections ended` : ""].filter((text) => text !== "").join(" and ") + ` on ${where}`;
  return { effective: met > 0, seen, data: { measured: "counters", links: data } };
}

/** Disabled proxies: does a connection come about? Only where the server is ours, so that its addresses are this machine's. */
async function refusal({ links }: EffectQuestion, counters: readonly LinkCounters[]): Promise<Evidence> {
  const refused = await Promise.all(links.map(async (link, i) => !counters[i]!.enabled && !(await ask(link.listen, { payload: "", deadlineMs: 200 }, "connect"))));
  const count = refused.filter(Boolean).length;
  return { effective: count > 0, seen: `connect refused on ${count} of ${links.length} links`, data: { measured: "connect", refused: links.filter((_, i) => refused[i]).map((link) => link.name) } };
}

/** The probe's answer now, compared with the one before. */
async function askAgain(question: EffectQuestion, probe: Probe, signal: AbortSignal): Promise<Evidence> {
  const asked = await Promise.all(question.links.map(async (link) => ({ link, before: question.before.get(link.name), now: await probe(link, signal) })));
  const compared = asked.filter(({ before, now }) => before?.answered === true && now !== undefined);
  if (compared.length === 0) return readBack(question);
  const slower = slowdownMs(question.effect, Math.min(...compared.map(({ before }) => before!.sentBytes)));
  if (slower === "too little") return readBack(question);
  const changed = compared.filter(({ before, now }) => now!.answered === false || (slower !== undefined && now!.ms >= before!.ms + slower));
  const data = Object.fromEntries(compared.map(({ link, before, now }) => [link.name, { beforeMs: Math.round(before!.ms), answered: now!.answered, nowMs: Math.round(now!.ms) }]));
  const seen = `${changed.length} of ${compared.length} links that answered a probe before now answer ${slower === undefined ? "nothing" : "later or not at all"}`;
  return { effective: changed.length > 0, seen, data: { measured: "probe", links: data } };
}

/** How much later an answer must come to count as delayed: half of the delay, since jitter and load take their share. `too little` for a probe to tell. */
function slowdownMs(effect: Effect, sentBytes: number): number | "too little" | undefined {
  if (effect.by !== "toxic") return undefined;
  const attribute = (name: string): number => effect.attributes[name] ?? 0;
  if (effect.type === "latency") return Math.max(0, attribute("latency") - attribute("jitter")) / 2;
  if (effect.type !== "slicer") return undefined;
  const pauses = Math.floor(sentBytes / Math.max(1, attribute("average_size") + attribute("size_variation")));
  const delayMs = (pauses * attribute("delay")) / 1000;
  return delayMs < slicedMsMin ? "too little" : delayMs / 2;
}

/** A probe that slices hold up for less than this may have been slow by itself. */
const slicedMsMin = 40;

/** No counters, no probe: is the fault set at all? */
async function readBack({ links, effect, toxicsFor }: EffectQuestion): Promise<Evidence> {
  const set = await Promise.all(
    links.map(async (link) => {
      const proxy = await link.client.proxy(link.name);
      if (effect.by === "disable") return !proxy.enabled;
      return toxicsFor(link).every((toxic) => proxy.toxics.some((there) => there.name === toxic.name));
    }),
  );
  const count = set.filter(Boolean).length;
  const seen = `set on ${count} of ${links.length} links (read back from the proxy server, which counts no bytes: that traffic met it was not measured)`;
  return { effective: count > 0, seen, data: { measured: "read back", set: links.filter((_, i) => set[i]).map((link) => link.name) } };
}

/** Does the address answer (`reply`), or let in at all (`connect`)? */
async function ask(address: string, options: { readonly payload: Uint8Array | string; readonly deadlineMs: number; readonly signal?: AbortSignal }, what: "connect" | "reply" = "reply"): Promise<boolean> {
  const cut = address.lastIndexOf(":");
  const socket = connect({ host: address.slice(0, cut).replace(/^\[|\]$/g, ""), port: Number(address.slice(cut + 1)), ...(options.signal === undefined ? {} : { signal: options.signal }) });
  try {
    return await within(
      options.deadlineMs,
      `an answer of ${address}`,
      new Promise<boolean>((resolve) => {
        socket.on("connect", () => (what === "connect" ? resolve(true) : void socket.write(options.payload)));
        socket.on("data", () => resolve(true));
        socket.on("error", () => resolve(false));
        socket.on("close", () => resolve(false));
      }),
    );
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function names(links: readonly ProxyLink[]): string {
  const shown = links.slice(0, 6).map((link) => link.name);
  return shown.join(", ") + (links.length > shown.length ? ` and ${links.length - shown.length} more` : "");
}
