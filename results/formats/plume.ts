import { wholeNumber } from "./exact-json.ts";
import type { HistoryFormat, RecordedHistory } from "./format.ts";
import { shorten } from "./jepsen-edn.ts";
import { type SessionEvent, SessionHistory } from "./sessions.ts";

/**
 * The text form of Plume and PolySI: one read or write a line, `r|w(key,value,session,transaction)`.
 *
 *     w(0,7,1,3)      session 1, in its transaction 3, wrote 7 to register 0
 *     r(1,0,1,3)      and read register 1, where nothing had been written
 *     w(0,8,1,-1)     transaction -1: a write that was rolled back
 *
 * Numbers are not negative but for that -1. Each rolled back write becomes a failed transaction of its own: which of them
 * belonged together is not said.
 */
export const plume: HistoryFormat = {
  name: "plume",
  summary: "Plume's and PolySI's text: r(key,value,session,transaction) and w(…), one a line",
  detect: (head) => line.test(head.trimStart().split("\n", 1)[0]!.trim()),
  parse(bytes, options): RecordedHistory {
    const history = new SessionHistory(options);
    const sessions = new Map<string, number>();
    const open = new Map<string, { readonly session: number; readonly events: SessionEvent[]; readonly line: number }>();
    const lines = new TextDecoder("utf-8").decode(bytes).split("\n");
    for (const [at, text] of lines.entries()) {
      if (text.trim() === "") continue;
      const match = line.exec(text.trim());
      if (match === null) {
        const what = `a line is r(key,value,session,transaction) or w(…), not ${shorten(JSON.stringify(text))}`;
        if (at < lines.length - 1) throw history.malformed(at + 1, what);
        history.cutTail(at + 1, what);
        continue;
      }
      const [, f, key, value, sessionName, transaction] = match as unknown as readonly string[];
      const session = sessions.get(sessionName!) ?? sessions.size;
      sessions.set(sessionName!, session);
      const event: SessionEvent = { write: f === "w", key: wholeNumber(key!), value: wholeNumber(value!) };
      if (transaction === "-1") {
        if (event.write) history.add(session, [event], { committed: false, line: at + 1 });
        continue;
      }
      const known = open.get(transaction!);
      if (known === undefined) open.set(transaction!, { session, events: [event], line: at + 1 });
      else if (known.session !== session) throw history.malformed(at + 1, `transaction ${transaction} is of session ${sessionName} here and began in another on line ${known.line}`);
      else known.events.push(event);
    }
    for (const { session, events, line: first } of open.values()) history.add(session, events, { committed: true, line: first });
    return history.finish("plume");
  },
};

const line = /^([rw])\((\d+),(\d+),(\d+),(-1|\d+)\)$/;
