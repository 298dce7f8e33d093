import { describe, expect, test } from "vitest";
import type { CycleGraphDiagram, Diagram, LamportDiagram, ProcessLinesDiagram } from "../harness/diagram.ts";
import { seed } from "../harness/ids.ts";
import { Random } from "../harness/random.ts";
import { describeDiagram, drawSvg, drawText } from "./draw.ts";
import { lamportCollisions } from "./draw/lamport/layout.ts";
import { markupFault } from "./testing/well-formed.ts";
import { columnsOf, escapeXml, shorten, wrapText } from "./draw/svg.ts";

const staleRead: ProcessLinesDiagram = {
  kind: "process-lines",
  title: "read → 1 cannot be explained",
  bands: [{ label: "isolate n3", start: 3, end: 9 }, { label: "latency", start: 5, end: 7 }],
  lanes: [
    { label: "process 0", bars: [
      { start: 0, end: 4, label: "write 1", mark: "linearized", point: { at: 1, place: 1 } },
      { start: 6, end: 8, label: "write 2", mark: "linearized", point: { at: 7, place: 3 } },
    ] },
    { label: "process 1", bars: [
      { start: 2, end: 5, label: "read → 1", mark: "linearized", point: { at: 3, place: 2 } },
      { start: 9, end: 11, label: "read → 1", mark: "impossible", operation: 41 },
    ] },
    { label: "process 2", bars: [{ start: 1, end: null, label: "write 3", mark: "crashed" }] },
  ],
};
const lamport: LamportDiagram = {
  kind: "lamport",
  title: "shortest counterexample",
  lanes: ["client 0", "n1", "n2"],
  events: [
    { lane: 0, at: 0, label: "write 1", mark: "invoke" },
    { lane: 1, at: 1, label: "", mark: "plain" },
    { lane: 0, at: 3, label: "ok", mark: "violation" },
  ],
  messages: [
    { from: { lane: 0, at: 0 }, to: { lane: 1, at: 1 }, label: "write(1)" },
    { from: { lane: 1, at: 1 }, to: { lane: 0, at: 3 }, label: "ok" },
    { from: { lane: 1, at: 1 }, to: null, label: "store" },
    { from: { lane: 2, at: 1 }, to: { lane: 2, at: 2 }, label: "to itself" },
  ],
};
const cycle: CycleGraphDiagram = {
  kind: "cycle-graph",
  title: "G-single",
  nodes: [{ id: "T2", label: "append x 3" }, { id: "T1", label: "read x [1 2]" }, { id: "T9", label: "alone" }],
  edges: [{ from: "T1", to: "T2", label: "rw", note: "T1 read x before the append" }, { from: "T2", to: "T1", label: "wr" }],
};

function assertWellFormed(svg: string): void {
  expect(markupFault(svg)).toBeUndefined();
  expect(svg).not.toContain("NaN");
  expect(svg).not.toContain("undefined");
  expect(svg).not.toContain("Infinity");
}

describe("SVG", () => {
  test.each<[string, Diagram]>([["process lines", staleRead], ["lamport", lamport], ["cycle", cycle]])("%s is well-formed, described, and shows every label", (_name, diagram) => {
    const svg = drawSvg(diagram, { for: "file" });

    assertWellFormed(svg);
    expect(svg).toContain(`<desc>${escapeXml(describeDiagram(diagram))}</desc>`);
    for (const text of ["write 1", "write(1)", "append x 3"]) if (JSON.stringify(diagram).includes(text)) expect(svg).toContain(`>${escapeXml(text)}</text>`);
  });

  test("the impossible read is filled, hatched and crossed; the crashed operation is dashed and says it had no answer", () => {
    const svg = drawSvg(staleRead);

    expect(svg).toContain("✗ read → 1</text>");
    expect(svg).toContain("no order explains it");
    expect(svg).toMatch(/stroke-dasharray="5 4"/);
    expect(svg).toContain("no answer</text>");
    expect([...svg.matchAll(/<circle /g)]).toHaveLength(4);
  });

  test("labels of one lane never overlap, and each fits its own operation", () => {
    const random = new Random(seed("labels-1"));
    for (let round = 0; round < 60; round++) {
      const svg = drawSvg(randomLines(random));
      assertWellFormed(svg);
      const lanes = new Map<string, [number, number][]>();
      for (const [, x, y, text] of svg.matchAll(/<text x="([\d.-]+)" y="([\d.-]+)" text-anchor="middle" class="rd-mono[^>]*font-size:13px[^>]*>([^<]*)<\/text>/g)) {
        const half = columnsOf(text!.replaceAll("&gt;", ">")) * 13 * 0.605 / 2;
        lanes.set(y!, [...(lanes.get(y!) ?? []), [Number(x) - half, Number(x) + half]]);
      }
      for (const spans of lanes.values()) {
        spans.sort((a, b) => a[0] - b[0]);
        for (let i = 1; i < spans.length; i++) expect(spans[i]![0], `seed labels-1, round ${round}`).toBeGreaterThanOrEqual(spans[i - 1]![1] - 0.2);
      }
    }
  });

  test("numbered points ascend from left to right when their ranks do", () => {
    const xs = [...drawSvg(staleRead).matchAll(/<circle cx="([\d.]+)" cy="[\d.]+" r="9.5"/g)].slice(0, 3).map((match) => Number(match[1]));
    const places = [...drawSvg(staleRead).matchAll(/font-size:11px;font-weight:700;fill:var\(--rd-on\)">(\d)</g)].slice(0, 3).map((match) => Number(match[1]));

    const byPlace = places.map((place, i) => ({ place, x: xs[i]! })).sort((a, b) => a.place - b.place).map(({ x }) => x);
    expect(byPlace).toEqual([...byPlace].sort((a, b) => a - b));
  });

  test("text of others cannot become markup, and what XML cannot hold is replaced", () => {
    const evil = `</text><script>alert("x")</script>&\u0000\ud800`;

    for (const diagram of [
      { ...staleRead, title: evil, caption: evil, lanes: [{ label: evil, bars: [{ start: 0, end: 1, label: evil, mark: "impossible" as const, note: evil }] }], bands: [{ label: evil, start: 0, end: 1 }] },
      { ...lamport, title: evil, lanes: [evil, evil, evil], messages: lamport.messages.map((message) => ({ ...message, label: evil })) },
      { ...cycle, nodes: [{ id: evil, label: evil }], edges: [{ from: evil, to: evil, label: evil, note: evil }] },
    ] satisfies Diagram[]) {
      const svg = drawSvg(diagram, { for: "file" });
      assertWellFormed(svg);
      expect(svg).not.toContain("<script");
      expect(svg).not.toMatch(/[\u0000\ud800]/);
    }
  });

  test("empty diagrams are drawn, not refused", () => {
    assertWellFormed(drawSvg({ kind: "process-lines", title: "", lanes: [] }));
    assertWellFormed(drawSvg({ kind: "lamport", title: "", lanes: [], events: [], messages: [] }));
    assertWellFormed(drawSvg({ kind: "cycle-graph", title: "", nodes: [], edges: [] }));
    expect(drawText({ kind: "process-lines", title: "t", lanes: [] })).toContain("t");
  });

  test("ten thousand operations: those around the impossible one are drawn, the others counted", () => {
    const bars = Array.from({ length: 10_000 }, (_, i) => ({ start: 2 * i, end: 2 * i + 1, label: `write ${i}`, mark: i === 7000 ? ("impossible" as const) : ("plain" as const) }));

    const svg = drawSvg({ kind: "process-lines", title: "long", lanes: [{ label: "p", bars }] });

    expect(svg).toContain("✗ write 7000");
    expect(svg).toMatch(/6700 earlier and 2900 later operations are not drawn/);
    expect(svg.length).toBeLessThan(1_000_000);
  });

  test("random space-time diagrams are well-formed, and names hardly ever cover another", () => {
    const random = new Random(seed("lamport-1"));
    let names = 0;
    let covered = 0;
    for (let round = 0; round < 40; round++) {
      const diagram = randomLamport(random);
      assertWellFormed(drawSvg(diagram));
      names += diagram.messages.length;
      covered += lamportCollisions(diagram);
    }
    expect(covered / names, "share of covered names, seed lamport-1").toBeLessThan(0.05);
  });

  test("a quorum's round trip, as a real counterexample has it, has no covered name", () => {
    const lanes = ["client 0", "n1", "n2", "n3", "client 1"];
    const messages = [1, 2, 3].flatMap((phase) => [2, 3].flatMap((peer) => [
      { from: { lane: 1, at: phase * 10 }, to: { lane: peer, at: phase * 10 + peer }, label: `query #${phase} (${phase}, null)` },
      { from: { lane: peer, at: phase * 10 + peer }, to: { lane: 1, at: phase * 10 + peer + 3 }, label: `state #${phase} (${phase}, ${peer})` },
    ]));

    expect(lamportCollisions({ kind: "lamport", title: "", lanes, events: [], messages })).toBe(0);
  });
});

describe("text", () => {
  test("process lines keep their shape", () => {
    expect(drawText(staleRead)).toBe(
      [
        "read → 1 cannot be explained",
        "",
        "                     ▒ isolate n3 ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒",
        "                                ▒ latency ▒",
        "process 0  ├─ (1) write 1 ─┤      ├─ (3) write 2 ─┤",
        "process 1      ├─ (2) read → 1 ─┤                   ╠═ ✗ read → 1 ═╣",
        "process 2    ├╌ write 3 ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▷",
        "",
        "order: (1) write 1  (2) read → 1  (3) write 2",
        "✗ no order explains: read → 1",
        "├╌╌▷ no answer: it may have happened at any later time, or never",
      ].join("\n"),
    );
  });

  test("a Lamport diagram is a row per step; the violation is the loud one", () => {
    const text = drawText(lamport, { width: 80, emphasize: (line) => `<<${line}>>` });

    expect(text.split("\n").filter((line) => line.startsWith("<<"))).toHaveLength(1);
    expect(text).toContain("client 0 → n1: write(1)");
    expect(text).toContain("n1 sends store: not delivered");
  });

  test("a cycle reads as a sentence per edge and closes", () => {
    expect(drawText(cycle)).toContain("   │ rw: T1 read x before the append\n   ▼\n  T2  append x 3\n   │ wr");
  });

  test("no line is wider than asked, in both charsets; ASCII is ASCII", () => {
    const random = new Random(seed("text-1"));
    for (let round = 0; round < 60; round++) {
      const width = random.between(40, 120);
      for (const diagram of [randomLines(random), randomLamport(random), cycle]) {
        const plain = drawText(diagram, { width, charset: "ascii" });
        expect(plain).toMatch(/^[\x20-\x7e\n]*$/);
        for (const line of [...drawText(diagram, { width }).split("\n"), ...plain.split("\n")]) expect(columnsOf(line), `seed text-1, round ${round}, width ${width}: ${line}`).toBeLessThanOrEqual(width);
      }
    }
  });
});

describe("words", () => {
  test("wide characters count double, and shortened text fits", () => {
    expect(columnsOf("写→1")).toBe(4);
    expect(shorten("abcdef", 4)).toBe("abc…");
    expect(shorten("写写写", 4)).toBe("写…");
    expect(wrapText("aaa bbb ccc ddd", 7, 2)).toEqual(["aaa bbb", "ccc ddd"]);
    expect(wrapText("aaaaaaaaaa", 4, 9).join("")).toBe("aaaaaaaaaa");
    expect(wrapText("aaa bbb ccc ddd", 7, 1)).toEqual(["aaa bb…"]);
  });
});

function randomLines(random: Random): ProcessLinesDiagram {
  const lanes = Array.from({ length: random.between(1, 5) }, (_, lane) => {
    let at = random.int(4);
    const bars = Array.from({ length: random.between(1, 6) }, (_unused, i) => {
      const start = at;
      const end = start + random.between(1, 8);
      at = end + random.between(1, 4);
      const point = random.chance(0.5) ? { point: { at: random.between(start, end), place: i * 5 + lane + 1 } } : {};
      return { start, end, label: `txn ${"x".repeat(random.int(30))}`, mark: random.pick(["plain", "linearized", "context", "impossible"] as const), ...point };
    });
    const last = bars.at(-1)!;
    return { label: `process ${lane}`, bars: random.chance(0.3) ? [...bars, { start: last.end + 1, end: null, label: "write 9", mark: "crashed" as const }] : bars };
  });
  return { kind: "process-lines", title: "random", lanes, bands: [{ label: "cut n1 → n2", start: 2, end: 6 }] };
}

function randomLamport(random: Random): LamportDiagram {
  const lanes = Array.from({ length: random.between(1, 6) }, (_, i) => `node ${i}`);
  const messages = Array.from({ length: random.between(0, 20) }, (_, i) => ({
    from: { lane: random.int(lanes.length), at: i },
    to: random.chance(0.15) ? null : { lane: random.int(lanes.length), at: i + 1 + random.int(4) },
    label: "m".repeat(random.int(25)),
  }));
  const marks = ["plain", "invoke", "return", "crash", "recover", "timer", "violation"] as const;
  const events = Array.from({ length: random.between(1, 12) }, (_, i) => ({ lane: random.int(lanes.length), at: i, label: "e".repeat(random.int(20)), mark: random.pick(marks) }));
  return { kind: "lamport", title: "random", lanes, events, messages };
}
