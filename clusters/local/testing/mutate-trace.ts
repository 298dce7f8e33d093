import { equalJson, isArray, isObject, type Json } from "../../../harness/json.ts";
import type { Random } from "../../../harness/random.ts";
import type { Diary } from "../diaries.ts";
import type { TraceLine } from "../trace.ts";

/** A trace that is wrong in one thing, and the event at which that shows first. */
export interface Mutant {
  readonly diaries: readonly Diary[];
  /** The events at which it may show first, usually one: each an actor id and a place in its diary. */
  readonly at: readonly (readonly [id: number, index: number])[];
}

/** Makes one real change somewhere in the trace, drawn from `random`; undefined when the trace has no place for it. */
export type Mutator = (diaries: readonly Diary[], random: Random) => Mutant | undefined;

/** Each of them changes the meaning: what it leaves is never equal to what was there. */
export const mutators: { readonly [name: string]: Mutator } = {
  "a message's payload is changed as it is sent": inLine((line) => line.out.length > 0, (line, random) => ({ ...line, out: changed(line.out, random, (one) => ({ ...one, message: tampered(one.message, random) })) })),
  "a message's payload is changed as it is handled": inLine((line) => line.event === "deliver", (line, random) => (line.event === "deliver" ? { ...line, in: { ...line.in, message: tampered(line.in.message, random) } } : line)),
  "a send is dropped": inLine((line) => line.out.length > 0, (line, random) => ({ ...line, out: line.out.toSpliced(random.int(line.out.length), 1) })),
  "a send is duplicated": inLine(
    (line) => line.out.length > 0,
    (line, random) => {
      const at = random.int(line.out.length);
      return { ...line, out: line.out.toSpliced(at, 0, line.out[at]!) };
    },
  ),
  "a receiver is changed": (diaries, random) =>
    inLine((line) => line.out.length > 0 && diaries.length > 1, (line, draw) => ({ ...line, out: changed(line.out, draw, (one) => ({ ...one, to: (one.to + 1 + draw.int(diaries.length - 1)) % diaries.length })) }))(diaries, random),
  "two sends on a link are exchanged": exchange({ linksOf: (line) => line.out.map(({ to }) => `${to}`), swap: exchangeSends, mayShowLate: false }),
  "two deliveries on a link are exchanged": exchange({ linksOf: (line) => (line.event === "deliver" ? [`${line.in.from}`] : []), swap: exchangeDeliveries, mayShowLate: true }),
  "a durable write is changed": inLine((line) => line.save !== undefined, (line, random) => ({ ...line, save: tampered(line.save!, random) })),
  "a durable write is left out": inLine((line) => line.save !== undefined, ({ save: _left, ...line }) => line),
  "a durable write is made up": inLine((line) => line.save === undefined, (line, random) => ({ ...line, save: random.int(1000) })),
  "a restart finds something else": inLine((line) => line.event === "start", (line, random) => (line.event === "start" ? { ...line, in: { durable: tampered(line.in.durable, random) } } : line)),
  "an answer is changed": inLine((line) => line.replies.length > 0, (line, random) => ({ ...line, replies: changed(line.replies, random, (one) => ({ ...one, value: tampered(one.value, random) })) })),
  "an answer is left out": inLine((line) => line.replies.length > 0, (line, random) => ({ ...line, replies: line.replies.toSpliced(random.int(line.replies.length), 1) })),
  "an event is left out": leaveOut,
  "a state is changed": inLine(() => true, (line) => ({ ...line, stateHash: line.stateHash.replace(/^./, (digit) => (digit === "0" ? "1" : "0")) })),
};

/** Changes one line that `fits`; the change shows there. */
function inLine(fits: (line: TraceLine) => boolean, change: (line: TraceLine, random: Random) => TraceLine): Mutator {
  return (diaries, random) => {
    const places = placesOf(diaries, fits);
    if (places.length === 0) return undefined;
    const [id, index] = random.pick(places);
    return { diaries: withLine(diaries, [id, index], change(diaries[id]!.lines[index]!, random)), at: [[id, index]] };
  };
}

/** The hole shows at the event behind it; a last one would leave none. */
function leaveOut(diaries: readonly Diary[], random: Random): Mutant | undefined {
  const places = placesOf(diaries, () => true).filter(([id, index]) => diaries[id]!.lines[index + 1]?.epoch === diaries[id]!.lines[index]!.epoch);
  if (places.length === 0) return undefined;
  const [id, index] = random.pick(places);
  const lines = diaries[id]!.lines.toSpliced(index, 1);
  return { diaries: diaries.with(id, { ...diaries[id]!, lines }), at: [[id, index]] };
}

/** Exchanges what two events of one life and round did on one link. */
function exchange({ linksOf, swap, mayShowLate }: Exchange): Mutator {
  return (diaries, random) => {
    const byLink = new Map<string, (readonly [id: number, index: number])[]>();
    for (const [id, index] of placesOf(diaries, () => true)) {
      const line = diaries[id]!.lines[index]!;
      for (const link of new Set(linksOf(line))) {
        const key = `${id} ${line.epoch} ${line.round} ${link}`;
        byLink.set(key, [...(byLink.get(key) ?? []), [id, index]]);
      }
    }
    const pairs = [...byLink].flatMap(([key, places]) => places.slice(1).map((later, at) => ({ link: key.split(" ")[3]!, earlier: places[at]!, later })));
    for (const { link, earlier, later } of random.shuffle(pairs)) {
      const swapped = swap([diaries[earlier[0]]!.lines[earlier[1]]!, diaries[later[0]]!.lines[later[1]]!], { link, diaries });
      if (swapped !== undefined) return { diaries: withLine(withLine(diaries, earlier, swapped[0]), later, swapped[1]), at: mayShowLate ? [earlier, later] : [earlier] };
    }
    return undefined;
  };
}

interface Exchange {
  readonly linksOf: (line: TraceLine) => readonly string[];
  /** The two events after the exchange; undefined where it would leave the same meaning. */
  readonly swap: (pair: readonly [TraceLine, TraceLine], about: { readonly link: string; readonly diaries: readonly Diary[] }) => readonly [TraceLine, TraceLine] | undefined;
  /** The earlier alone could have happened, if the other had been lost. */
  readonly mayShowLate: boolean;
}

function exchangeSends([a, b]: readonly [TraceLine, TraceLine], { link }: { readonly link: string }): readonly [TraceLine, TraceLine] {
  const i = a.out.findIndex(({ to }) => `${to}` === link);
  const j = b.out.findIndex(({ to }) => `${to}` === link);
  return [{ ...a, out: a.out.with(i, b.out[j]!) }, { ...b, out: b.out.with(j, a.out[i]!) }];
}

/** What one event put out is left alone: it may be equal. */
function exchangeDeliveries([a, b]: readonly [TraceLine, TraceLine], { diaries }: { readonly diaries: readonly Diary[] }): readonly [TraceLine, TraceLine] | undefined {
  if (a.event !== "deliver" || b.event !== "deliver") return undefined;
  const sender = (mid: string): TraceLine | undefined => diaries.flatMap(({ lines }) => lines).find((line) => line.out.some((one) => one.mid === mid));
  return sender(a.in.mid) === sender(b.in.mid) ? undefined : [{ ...a, in: b.in }, { ...b, in: a.in }];
}

function placesOf(diaries: readonly Diary[], fits: (line: TraceLine) => boolean): (readonly [id: number, index: number])[] {
  return diaries.flatMap(({ lines }, id) => lines.flatMap((line, index) => (fits(line) ? [[id, index] as const] : [])));
}

function withLine(diaries: readonly Diary[], [id, index]: readonly [id: number, index: number], line: TraceLine): readonly Diary[] {
  return diaries.with(id, { ...diaries[id]!, lines: diaries[id]!.lines.with(index, line) });
}

function changed<T>(list: readonly T[], random: Random, change: (one: T) => T): readonly T[] {
  const at = random.int(list.length);
  return list.with(at, change(list[at]!));
}

/** Another value of about the same form: one leaf of it is different. */
export function tampered(value: Json, random: Random): Json {
  const other = tamper(value, random);
  if (equalJson(value, other)) throw new Error(`${JSON.stringify(value)} was to be changed`);
  return other;
}

function tamper(value: Json, random: Random): Json {
  if (typeof value === "number") return value + 1 + random.int(3);
  if (typeof value === "string") return `${value}'`;
  if (typeof value === "boolean") return !value;
  if (value === null) return random.int(100);
  if (isArray(value)) return value.length === 0 ? [0] : changed(value, random, (one) => tamper(one, random));
  const keys = Object.keys(value).sort();
  if (!isObject(value) || keys.length === 0) return { made: "up" };
  const key = random.pick(keys);
  return { ...value, [key]: tamper(value[key]!, random) };
}
