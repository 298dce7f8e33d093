import { type GraphSend, type LocalGraph, reacts } from "./local-graph.ts";
import { backwards, type Part } from "./part.ts";
import type { ReductionTables } from "./verdicts.ts";

/** Dead: neither this state nor one that can follow reacts. */
export function markDead(graph: LocalGraph, tables: ReductionTables, about: { readonly part: Part; readonly envelope: number }): void {
  const { part, envelope } = about;
  if (graph.watched(envelope)) return;
  const alive = backwards(part, part.locals.filter((local) => reacts(graph, local, envelope)), () => true);
  for (const local of part.locals) if (!alive.has(local)) tables.setDead(envelope, local);
}

/** Idle: in this state and all that can follow, it is answered at most, and nothing changes. */
export function markIdle(
  graph: LocalGraph,
  tables: ReductionTables,
  about: { readonly part: Part; readonly envelope: number; readonly partOfOther: (party: number) => Part | undefined },
): void {
  const { part, envelope } = about;
  if (graph.watched(envelope)) return;
  const code = graph.deliveryOf(envelope);
  const answers = new Map<string, GraphSend>();
  const busy: number[] = [];
  for (const local of part.locals) {
    if (tables.dead(envelope, local)) continue;
    const row = graph.row(local, code);
    if (row !== undefined && (row < 0 || graph.transitions[row]!.to !== local)) {
      if (row >= 0) busy.push(local);
      continue;
    }
    const state = graph.stateOf(local);
    const effect = graph.effect(state, code);
    if (effect === undefined) continue;
    if (effect === "unknown" || effect.visible || effect.to !== state) busy.push(local);
    else for (const send of effect.sends) answers.set(send.key, send);
  }
  const active = backwards(part, busy, () => true);
  const idle = part.locals.filter((local) => !active.has(local));
  if (idle.length === 0) return;
  const byParty = new Map<number, Uint8Array>();
  for (const answer of answers.values()) {
    const receivers = about.partOfOther(answer.receiver);
    if (receivers === undefined) continue;
    let dead = byParty.get(answer.receiver);
    if (dead === undefined) byParty.set(answer.receiver, (dead = new Uint8Array(graph.localCount).fill(1)));
    const alive = backwards(receivers, receivers.locals.filter((local) => graph.answerReacts(local, answer)), () => true);
    for (const local of alive) dead[local] = 0;
  }
  tables.setIdle(envelope, idle, [...byParty]);
}
