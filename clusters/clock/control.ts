import type { ClockControl } from "../../harness/cluster.ts";
import type { Disturbance, Evidence, Undo } from "../../harness/disturbance.ts";
import type { NodeId } from "../../harness/ids.ts";
import type { Keeper, KeeperLook } from "./keeper.ts";
import { sameWords, skewed } from "./skew.ts";
import type { Family } from "./stub.ts";

/** Skews of nodes' clocks as disturbances, over the nodes' keepers. */
export interface ClockHolds {
  keeper(node: NodeId, signal: AbortSignal): Promise<Keeper>;
  /** What gives a node's processes the machine's clocks back when we are gone. */
  undo(node: NodeId): readonly Undo[];
  /** What the node's own program says the time is; undefined: it is not asked, or does not answer. */
  ask(node: NodeId, process: string | undefined, signal: AbortSignal): Promise<ToldTime | undefined>;
}

/** Clocks as a program tells them, ns. */
export interface ToldTime {
  readonly clocks: { readonly [family in Family]?: bigint };
  /** It may be told so much too late or rounded by so much, ns. */
  readonly slackNs: bigint;
}

/** A date, ms since 1970, that may be rounded by so much. */
export function toldRealtime(ms: number, resolutionMs: number): ToldTime {
  return { clocks: { realtime: BigInt(Math.round(ms * 1e6)) }, slackNs: BigInt(Math.ceil(resolutionMs * 1e6)) };
}

export function clockControl(holds: ClockHolds): ClockControl {
  let count = 0;
  return {
    skew(node, skew, process): Disturbance {
      const id = String(count++);
      return {
        description: `skew of the clocks of ${process === undefined ? "" : `${process} on `}${node}`,
        undo: holds.undo(node),
        apply: async (signal) => (await holds.keeper(node, signal)).hold(id, skew, process),
        revert: async (signal) => (await holds.keeper(node, signal)).release(id),
        async evidence(signal) {
          const keeper = await holds.keeper(node, signal);
          const before = await keeper.look(id);
          const told = await holds.ask(node, process, signal).catch(() => undefined);
          return evidenceOf(node, { before, told, after: await keeper.look(id) });
        },
      };
    },
  };
}

/**
 * Effective: every process has the words, read back from its memory, and what the node's program tells of the time
 * agrees with them, if it was asked and answered.
 */
function evidenceOf(node: NodeId, { before, told, after }: { readonly before: KeeperLook; readonly told: ToldTime | undefined; readonly after: KeeperLook }): Evidence {
  const { processes, problems } = after;
  if (processes.length === 0) return { effective: false, seen: `${node} has no running process` };
  const lacking = processes.filter(({ seen, wanted }) => seen.state !== "skewed" || !sameWords(seen.words, wanted));
  const held = `${processes.length - lacking.length} of ${processes.length} process(es) of ${node} have it${problems.map((problem) => ` (${problem})`).join("")}`;
  const [first] = processes;
  const answers = told === undefined || first === undefined ? [] : compare(told, { before, after, words: first.wanted });
  return {
    effective: lacking.length === 0 && answers.every(({ agrees }) => agrees),
    seen: [held, ...answers.map(({ text }) => `${node} ${text}`)].join("; "),
    data: { pids: processes.map(({ pid }) => pid), offsetsMs: Object.fromEntries(answers.map(({ family, offsetMs }) => [family, offsetMs])) },
  };
}

interface Compared {
  readonly family: Family;
  readonly agrees: boolean;
  readonly offsetMs: number;
  readonly text: string;
}

/** What was told between two looks, beside what the words make of the times of these looks. A strobe may be in either turn. */
function compare({ clocks, slackNs }: ToldTime, { before, after, words }: { readonly before: KeeperLook; readonly after: KeeperLook; readonly words: KeeperLook["processes"][number]["wanted"] }): Compared[] {
  return (Object.keys(clocks) as Family[]).flatMap((family): Compared[] => {
    const time = clocks[family];
    if (time === undefined) return [];
    const steady = { ...words[family], period: 0n };
    const turns = words[family].period === 0n ? [0n] : [0n, words[family].delta];
    const [from, to] = [skewed(steady, before.clocks[family] - slackNs), skewed(steady, after.clocks[family] + slackNs)];
    const agrees = turns.some((delta) => time >= from + delta && time <= to + delta);
    const offsetMs = Math.round(Number(time - (before.clocks[family] + after.clocks[family]) / 2n) / 1e6);
    return [{ family, agrees, offsetMs, text: `tells a ${family} clock ${Math.abs(offsetMs)} ms ${offsetMs < 0 ? "behind" : "ahead of"} the machine's${agrees ? "" : ", which is not what it was set to"}` }];
  });
}
