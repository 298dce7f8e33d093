import type { HistoryFormat, RecordedHistory } from "./format.ts";
import { shorten } from "./jepsen-edn.ts";
import { wholeNumber } from "./exact-json.ts";
import { type SessionEvent, SessionHistory } from "./sessions.ts";

/**
 * The text form of AWDIT's own tests: a read or write a line, transactions parted by a line of dashes, sessions by a line
 * of equals signs.
 *
 *     w 0 1            wrote 1 to register 0
 *     -----
 *     r 0 1
 *     =====
 *     w 1 1
 */
export const awdit: HistoryFormat = {
  name: "awdit",
  summary: "AWDIT's test form: `r key value` and `w key value`, --- between transactions, === between sessions",
  detect: (head) => /^\s*[rw] \d+ \d+\s*(?:\n|$)/.test(head),
  parse(bytes, options): RecordedHistory {
    const history = new SessionHistory(options);
    const lines = new TextDecoder("utf-8").decode(bytes).split("\n");
    let session = 0;
    let events: SessionEvent[] = [];
    const end = (at: number): void => {
      if (events.length > 0) history.add(session, events, { committed: true, line: at });
      events = [];
    };
    for (const [at, raw] of lines.entries()) {
      const text = raw.trim();
      if (text === "") continue;
      const match = /^([rw])\s+(\d+)\s+(\d+)$/.exec(text);
      if (match !== null) events.push({ write: match[1] === "w", key: wholeNumber(match[2]!), value: wholeNumber(match[3]!) });
      else if (/^-+$/.test(text)) end(at + 1);
      else if (/^=+$/.test(text)) {
        end(at + 1);
        session++;
      } else {
        const what = `a line is r or w with a key and a value, dashes, or equals signs, not ${shorten(JSON.stringify(raw))}`;
        if (at < lines.length - 1) throw history.malformed(at + 1, what);
        history.cutTail(at + 1, what);
      }
    }
    end(lines.length);
    return history.finish("awdit");
  },
};
