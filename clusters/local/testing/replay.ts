import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ActorContext, Out, System } from "../../../harness/actor.ts";
import type { Json } from "../../../harness/json.ts";
import { nodeNames } from "../../../harness/ids.ts";
import { stateHash, traceFileName, type TraceLine } from "../trace.ts";

/** The diaries of all nodes, by actor id. Throws when a line cannot be read. */
export function readDiaries(logsFolder: string, servers: number): TraceLine[][] {
  return nodeNames(servers).map((node) =>
    readFileSync(join(logsFolder, node, traceFileName), "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as TraceLine),
  );
}

/**
 * Replays diaries with the same pure handlers and says everything that does not agree: another output, reply, save or
 * state than was written down, a message delivered twice, out of its link's order, or that nobody had sent.
 */
export function replayProblems(system: System, diaries: readonly (readonly TraceLine[])[]): string[] {
  const problems: string[] = [];
  /** mid → who sent it to whom, what, and its place on the link. */
  const sent = new Map<string, { readonly link: string; readonly text: string; readonly place: number }>();
  const linkLengths = new Map<string, number>();
  for (const line of diaries.flat()) {
    for (const { mid, to, message } of line.out) {
      const link = `${line.round}: ${line.node}-${to}`;
      const place = linkLengths.get(link) ?? 0;
      linkLengths.set(link, place + 1);
      if (sent.has(mid)) problems.push(`${mid} is sent twice`);
      sent.set(mid, { link, text: JSON.stringify(message), place });
    }
  }
  for (const [id, lines] of diaries.entries()) {
    const self: ActorContext = { id, servers: system.servers, peers: diaries.map((_, peer) => peer).filter((peer) => peer !== id) };
    const actor = system.actor(id);
    const states = new Map<number, Json>();
    const delivered = new Map<string, number>();
    for (const [at, line] of lines.entries()) {
      const where = `n${id + 1} line ${at + 1} (${line.event})`;
      const effects = new Recorder();
      const state = states.get(line.round) ?? null;
      let next = state;
      if (line.event === "start") next = actor.start(self, line.in.durable, effects);
      else if (line.event === "deliver") next = actor.onMessage(self, state, line.in.from, line.in.message, effects);
      else if (line.event === "timer") next = actor.onTimer?.(self, state, line.in.timer, effects) ?? state;
      else if (line.event === "choice") next = actor.onChoice?.(self, state, line.in.key, line.in.choice, effects) ?? state;
      else next = actor.onClient?.(self, state, line.in.operation, line.in.call, effects) ?? state;
      states.set(line.round, next);
      if (stateHash(next) !== line.stateHash) problems.push(`${where}: another state`);
      if (JSON.stringify(effects.out) !== JSON.stringify(line.out.map(({ to, message }) => ({ to, message })))) problems.push(`${where}: other messages`);
      if (JSON.stringify(effects.replies) !== JSON.stringify(line.replies)) problems.push(`${where}: other replies`);
      if (JSON.stringify(effects.saved) !== JSON.stringify(line.save)) problems.push(`${where}: another save`);
      if (line.event === "deliver") {
        const { mid, from, message } = line.in;
        const origin = sent.get(mid);
        const link = `${line.round}: ${from}-${id}`;
        if (origin?.link !== link || origin.text !== JSON.stringify(message)) problems.push(`${where}: nobody sent ${mid}`);
        else if (origin.place <= (delivered.get(link) ?? -1)) problems.push(`${where}: ${mid} came twice or was overtaken`);
        if (origin !== undefined) delivered.set(link, origin.place);
      }
    }
  }
  return problems;
}

class Recorder implements Out {
  readonly out: { to: number; message: Json }[] = [];
  readonly replies: { operation: string; value: Json }[] = [];
  saved: Json | undefined;
  send(to: number, message: Json): void {
    this.out.push({ to, message });
  }
  save(durable: Json): void {
    this.saved = durable;
  }
  reply(operation: string, value: Json): void {
    this.replies.push({ operation, value });
  }
  setTimer(): void {}
  cancelTimer(): void {}
  choose(): void {}
}
