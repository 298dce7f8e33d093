import { describe, expect, it } from "vitest";
import { historyOf, type OpInput } from "../../harness/history.ts";
import { seed } from "../../harness/ids.ts";
import type { Json } from "../../harness/json.ts";
import type { WatchEvent, WatchRequest, WatchResponse } from "../../harness/objects/watch.ts";
import { Random } from "../../harness/random.ts";
import type { Verdict } from "../../harness/verdict.ts";
import { checkWatch } from "./watch.ts";

/** What really happened: each write at a revision of its own, with the state before it. */
interface Truth {
  readonly ops: OpInput[];
  /** All events, piece by piece: one piece a revision. */
  readonly pieces: WatchResponse[];
}

function truth(random: Random, writes = 12): Truth {
  const state = new Map<string, Json>();
  const ops: OpInput[] = [];
  const pieces: WatchResponse[] = [];
  for (let n = 1; n <= writes; n++) {
    const keys = random.shuffle(["a/1", "a/2", "b/1"]).slice(0, 1 + random.int(2));
    const changes = keys.map((key): readonly [string, Json] => [key, state.get(key) !== undefined && random.chance(0.3) ? null : `${n} ${key}`]);
    const events = changes.map(([key, value]): WatchEvent => {
      const previous = state.get(key) ?? null;
      return { revision: n, type: value === null ? "delete" : "put", key, value, created: previous === null && value !== null, previous };
    });
    for (const [key, value] of changes) if (value === null) state.delete(key);
    for (const [key, value] of changes) if (value !== null) state.set(key, value);
    ops.push({ process: 0, type: "invoke", f: "commit", value: changes }, { process: 0, type: "ok", f: "commit", value: { revision: n } });
    pieces.push({ revision: n, events });
  }
  return { ops, pieces };
}

function told(pieces: readonly WatchResponse[], request: WatchRequest): WatchResponse[] {
  const kept = pieces.map(({ revision, events }) => ({
    revision,
    events: events.filter((event) => event.revision >= request.from && event.key.startsWith(request.prefix ?? "") && request.without?.includes(event.type) !== true),
  }));
  return kept.filter(({ events }) => events.length > 0);
}

let nextProcess = 1;
const watched = (request: WatchRequest, responses: readonly WatchResponse[]): OpInput[] => {
  const process = nextProcess++;
  return [
    { process, type: "invoke", f: "watch", value: request },
    { process, type: "ok", f: "watch", value: { responses } },
  ];
};
const properties = (verdict: Verdict): string[] => (verdict.verdict === "invalid" ? verdict.anomalies.map(({ name }) => name) : [verdict.verdict]);
const judge = (ops: readonly OpInput[]): string[] => properties(checkWatch(historyOf(ops)));

const requests: readonly WatchRequest[] = [{ from: 1 }, { from: 4 }, { from: 1, prefix: "a/" }, { from: 2, without: ["delete"] }, { from: 3, prefix: "b/", without: ["put"] }];

describe("watches", () => {
  it("that tell all that happened are valid, whatever they asked for, in pieces of any size (seeds 1…200)", () => {
    for (let n = 1; n <= 200; n++) {
      const random = new Random(seed(`watch ${n}`));
      const { ops, pieces } = truth(random);
      const watches = requests.flatMap((request) => {
        const responses: WatchResponse[] = [];
        for (const piece of told(pieces, request)) {
          const last = responses.at(-1);
          if (last !== undefined && last.events.length > 0 && random.chance(0.4)) responses.splice(-1, 1, { revision: piece.revision, events: [...last.events, ...piece.events] });
          else responses.push(piece);
          if (random.chance(0.2)) responses.push({ revision: piece.revision, events: [] });
        }
        return watched(request, responses);
      });

      expect(judge([...ops, ...watches]), `seed ${n}`).toEqual(["valid"]);
    }
  });

  /** Each takes a right stream and makes it wrong in one way. */
  const mutants: readonly (readonly [property: string, (pieces: readonly WatchResponse[]) => readonly WatchResponse[]])[] = [
    ["ordered", (pieces) => pieces.with(3, pieces[4]!).with(4, pieces[3]!)],
    ["unique", (pieces) => [...pieces.slice(0, 5), { revision: 5, events: pieces[4]!.events }, ...pieces.slice(5)]],
    ["reliable", (pieces) => pieces.toSpliced(4, 1)],
    ["resumable", (pieces) => pieces.slice(2)],
    ["bookmarkable", (pieces) => [...pieces.slice(0, 6), { revision: 8, events: [] }]],
    ["bookmarkable", (pieces) => [...pieces.slice(0, 6), { revision: 9, events: [] }, ...pieces.slice(6)]],
    ["prev-kv", (pieces) => pieces.map(({ revision, events }) => ({ revision, events: events.map((event) => (revision > 6 ? { ...event, previous: "another" } : event)) }))],
    ["is-create", (pieces) => pieces.map(({ revision, events }) => ({ revision, events: events.map((event) => (revision > 6 ? { ...event, created: !event.created } : event)) }))],
    ["unexpected", (pieces) => [...pieces, { revision: 99, events: [{ revision: 99, type: "put", key: "a/1", value: "from nowhere" }] }]],
    ["inconsistent", (pieces) => pieces.with(2, { revision: 3, events: pieces[2]!.events.map((event) => ({ ...event, type: "put" as const, value: "1 a/1" })) })],
  ];

  it.each(mutants)("that are not %s are found, and so named (seeds 1…50)", (property, mutate) => {
    for (let n = 1; n <= 50; n++) {
      const { ops, pieces } = truth(new Random(seed(`mutant ${n}`)));

      expect(judge([...ops, ...watched({ from: 1 }, pieces), ...watched({ from: 1 }, mutate(pieces))]), `seed ${n}`).toContain(property);
    }
  });

  it("whose events of one revision come in two pieces are not atomic", () => {
    const ops: OpInput[] = [
      { process: 0, type: "invoke", f: "commit", value: [["a", 1], ["b", 2]] },
      { process: 0, type: "ok", f: "commit", value: { revision: 1 } },
    ];
    const [a, b] = (["a", "b"] as const).map((key, i): WatchResponse => ({ revision: 1, events: [{ revision: 1, type: "put", key, value: i + 1 }] }));

    expect(judge([...ops, ...watched({ from: 1 }, [a!, b!])])).toEqual(["atomic"]);
  });

  it("are judged with their companions, each by itself", () => {
    const { ops, pieces } = truth(new Random(seed("companions")));
    const accompanied = (companion: readonly WatchResponse[]): string[] => {
      const value = { responses: pieces, companions: [pieces, companion] };
      return judge([...ops, { process: 1, type: "invoke", f: "watch", value: { from: 1, companions: 2 } }, { process: 1, type: "ok", f: "watch", value }]);
    };

    expect(accompanied(pieces)).toEqual(["valid"]);
    expect(accompanied(pieces.toSpliced(4, 1))).toEqual(["reliable"]);
  });

  it("that tell what was not asked for break the filter", () => {
    const { ops, pieces } = truth(new Random(seed("filter")));

    expect(judge([...ops, ...watched({ from: 1, prefix: "a/" }, pieces)])).toEqual(["filter"]);
  });

  it("an acknowledged write that no watch tells is missed by each that went past it", () => {
    const { ops, pieces } = truth(new Random(seed("lost")));

    expect(judge([...ops, ...watched({ from: 1 }, pieces.toSpliced(5, 1))])).toEqual(["reliable"]);
  });

  it("a write that was refused must not be told; one of which nobody knows may be", () => {
    const event = { revision: 1, events: [{ revision: 1, type: "put" as const, key: "a", value: 1 }] };
    const write = (type: "fail" | "info"): OpInput[] => [{ process: 0, type: "invoke", f: "commit", value: [["a", 1]] }, { process: 0, type, f: "commit", value: [["a", 1]] }];

    expect(judge([...write("fail"), ...watched({ from: 1 }, [event])])).toEqual(["refused-yet-seen"]);
    expect(judge([...write("info"), ...watched({ from: 1 }, [event])])).toEqual(["valid"]);
  });

  it("behind a revision that nobody knows of, no state is judged", () => {
    const write = (n: number): OpInput[] => [{ process: 0, type: "invoke", f: "commit", value: [["a", n]] }, { process: 0, type: "ok", f: "commit", value: { revision: n } }];
    const event = (revision: number, previous: Json): WatchResponse => ({ revision, events: [{ revision, type: "put", key: "a", value: revision, previous }] });

    expect(judge([...write(1), ...write(3), ...watched({ from: 1 }, [event(1, null), event(3, "of revision 2")])])).toEqual(["valid"]);
    expect(judge([...write(1), ...write(2), ...watched({ from: 1 }, [event(1, null), event(2, "of revision 2")])])).toEqual(["prev-kv"]);
  });

  it("without any event nothing is known", () => {
    expect(judge(watched({ from: 1 }, []))).toEqual(["unknown"]);
  });
});
