import { type GraphEffect, type LocalGraph, reacts } from "./local-graph.ts";
import { backwards, type Part } from "./part.ts";
import type { ReductionTables } from "./verdicts.ts";

/** Commuting: in every state that can follow without it, it commutes with all that can happen there. */
export function markCommuting(graph: LocalGraph, tables: ReductionTables, about: { readonly part: Part; readonly envelope: number }): void {
  const { part, envelope } = about;
  const code = graph.deliveryOf(envelope);
  if (graph.watched(envelope)) return;
  const bad = backwards(
    part,
    part.locals.filter((local) => !harmless(graph, tables, { part, envelope, local })),
    (transition) => transition.code !== code,
  );
  for (const local of part.locals) {
    const row = graph.row(local, code);
    if (row !== undefined && row >= 0 && !bad.has(local)) tables.setCommutes(envelope, local);
  }
}

function harmless(graph: LocalGraph, tables: ReductionTables, about: { readonly part: Part; readonly envelope: number; readonly local: number }): boolean {
  const { part, envelope, local } = about;
  if (tables.dead(envelope, local)) return true;
  const code = graph.deliveryOf(envelope);
  const mine = graph.effect(graph.stateOf(local), code);
  // Had it been on its way when this state was reached, the state after it would have been met.
  if (graph.row(local, code) === undefined && (mine === undefined || (mine !== "unknown" && !part.mayFollow(mine.to)))) return true;
  if (mine === undefined || mine === "unknown" || mine.visible) return false;
  const after = graph.localOf(mine.to);
  for (const other of part.envelopes) {
    const row = graph.row(local, graph.deliveryOf(other));
    if (other === envelope || (row ?? -1) >= 0) continue;
    // It never met this state. Had it been on its way, it would have met the state after ours.
    if (row === undefined && after !== undefined && !part.mayMeet(other).has(after)) continue;
    // It would do something here, and what is unknown.
    if (reacts(graph, local, other)) return false;
    // It could be swallowed here, and no longer after ours.
    if (graph.consumes && (after === undefined || reacts(graph, after, other))) return false;
  }
  for (const other of part.outOf.get(local) ?? []) {
    if (other.code === code) continue;
    if (!commute(graph, tables, { local, first: code, second: other.code })) return false;
  }
  return true;
}

/** Both orders end in the same local state with the same sends. */
function commute(graph: LocalGraph, tables: ReductionTables, about: { readonly local: number; readonly first: number; readonly second: number }): boolean {
  const from = graph.stateOf(about.local);
  const one = inOrder(graph, tables, from, [about.first, about.second]);
  const other = inOrder(graph, tables, from, [about.second, about.first]);
  if (one === undefined || other === undefined || one.to !== other.to || one.events !== other.events || one.sends.length !== other.sends.length) return false;
  // On FIFO links the order in which one link's messages were sent is part of the effect.
  const text = (sends: GraphEffect["sends"]): string =>
    (graph.fifo ? sends.map((sent, at) => ({ ...sent, at })).sort((a, b) => a.receiver - b.receiver || a.at - b.at).map(({ key }) => key) : sends.map(({ key }) => key).sort()).join();
  return text(one.sends) === text(other.sends);
}

/** What two events do one after the other. Undefined: unknown, or the second is put off. */
function inOrder(graph: LocalGraph, tables: ReductionTables, from: number, [first, second]: readonly [number, number]): GraphEffect | undefined {
  const before = graph.effect(from, first);
  if (before === undefined || before === "unknown") return undefined;
  const after = graph.effect(before.to, second);
  if (after === "unknown") return undefined;
  if (after !== undefined) return { to: after.to, sends: [...before.sends, ...after.sends], visible: true, events: before.events + after.events };
  // It does nothing there: fine if it never will, so that dropping it changes nothing.
  const local = graph.localOf(before.to);
  const envelope = (second & 3) === 0 ? second >> 2 : -1;
  return local !== undefined && envelope >= 0 && tables.dead(envelope, local) ? before : undefined;
}
