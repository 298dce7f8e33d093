import { isArray, isObject, type Json } from "../../harness/json.ts";
import { parseExact, wholeNumber } from "./exact-json.ts";
import { type HistoryFormat, LineCounter, type RecordedHistory } from "./format.ts";
import { shorten } from "./jepsen-edn.ts";
import { type SessionEvent, SessionHistory } from "./sessions.ts";

/**
 * DBCop's two text forms (Biswas and Enea, OOPSLA 2019, and the tool since). Versions are whole numbers; `==?` and null are
 * reads of a register that nobody wrote.
 *
 *     .hist   // comment                               .json   {"params": {…}, "data": [          sessions
 *             [x:=1 y==2] [z==?]!     ! rolled back              [{"events": [{"Write": {"variable": 0, "version": 1}},
 *             [y:=3]                                                           ["r", 0, 1]], "committed": true}]]}
 *             ---                     next session
 */
export const dbcopText: HistoryFormat = {
  name: "dbcop-text",
  summary: "DBCop's .hist: [x:=1 y==2] [z==?]! with --- between sessions",
  detect: (head) => /^\s*(?:\/\/[^\n]*\n\s*)*\[\s*\w+(?::=|==)[\d?]/.test(head),
  parse(bytes, options): RecordedHistory {
    const history = new SessionHistory(options);
    const lines = new TextDecoder("utf-8").decode(bytes).split("\n");
    let session = 0;
    for (const [at, raw] of lines.entries()) {
      const text = raw.trim();
      if (text === "" || text.startsWith("//")) continue;
      if (/^-+$/.test(text)) {
        session++;
        continue;
      }
      const rest = text.replace(/\[([^[\]]*)\](!?)/g, (whole, inside: string, bang: string) => {
        const events = eventsOf(inside);
        if (events === undefined) return whole;
        history.add(session, events, { committed: bang === "", line: at + 1 });
        return "";
      });
      if (rest.trim() === "") continue;
      const what = `a line holds transactions as [x:=1 y==2 z==?], not ${shorten(JSON.stringify(rest.trim()))}`;
      if (at < lines.length - 1) throw history.malformed(at + 1, what);
      history.cutTail(at + 1, what);
    }
    return history.finish("dbcop-text");
  },
};

/** The events between brackets; undefined when one of them is none. */
function eventsOf(text: string): SessionEvent[] | undefined {
  const events: SessionEvent[] = [];
  for (const word of text.trim().split(/\s+/)) {
    const match = /^(\w+)(:=|==)(\d+|\?)$/.exec(word);
    if (match === null || (match[2] === ":=" && match[3] === "?")) return undefined;
    events.push({ write: match[2] === ":=", key: match[1]!, value: match[3] === "?" ? null : wholeNumber(match[3]!) });
  }
  return events;
}

export const dbcopJson: HistoryFormat = {
  name: "dbcop-json",
  summary: "DBCop's JSON: {params, data: sessions of {events, committed}}",
  detect: (head) => /^\s*\{\s*"(?:params|info|data)"\s*:/.test(head),
  parse(bytes, options): RecordedHistory {
    const history = new SessionHistory(options);
    const text = new TextDecoder("utf-8").decode(bytes);
    const lastLine = (): number => new LineCounter(bytes).at(bytes.length);
    let whole: Json;
    try {
      whole = parseExact(text);
    } catch (error) {
      // One JSON value is whole or not at all: nothing of a cut one can be kept.
      const place = /position (\d+)/.exec(error instanceof Error ? error.message : "")?.[1];
      const line = place === undefined ? lastLine() : new LineCounter(bytes).at(Buffer.byteLength(text.slice(0, Number(place))));
      throw history.malformed(line, `the file is no JSON: ${error instanceof Error ? error.message : String(error)}`);
    }
    const data = isObject(whole) ? whole["data"] : undefined;
    if (data === undefined || !isArray(data)) throw history.malformed(1, `"data" is a list of sessions, not ${shorten(JSON.stringify(data ?? null))}`);
    for (const [s, session] of data.entries()) {
      if (!isArray(session)) throw history.malformed(1, `session ${s} is a list of transactions, not ${shorten(JSON.stringify(session))}`);
      for (const [t, transaction] of session.entries()) {
        const events = isObject(transaction) ? transaction["events"] : undefined;
        const committed = isObject(transaction) ? transaction["committed"] : undefined;
        const place = `transaction ${t} of session ${s}`;
        if (events === undefined || !isArray(events) || typeof committed !== "boolean") throw history.malformed(1, `${place} is {events: […], committed: true or false}, not ${shorten(JSON.stringify(transaction))}`);
        const read = events.map((event) => {
          const one = jsonEvent(event);
          if (one === undefined) throw history.malformed(1, `${place} holds ${shorten(JSON.stringify(event))}, which is neither a Read nor a Write`);
          return one;
        });
        history.add(s, read, { committed, line: 1 });
      }
    }
    return history.finish("dbcop-json");
  },
};

/** `{"Read": {variable, version}}` or `["r", variable, version]`, likewise for writes. */
function jsonEvent(event: Json): SessionEvent | undefined {
  if (isArray(event)) return event.length === 3 && (event[0] === "r" || event[0] === "w") ? checked(event[0] === "w", event[1]!, event[2]!) : undefined;
  if (!isObject(event)) return undefined;
  const body = event["Read"] ?? event["Write"];
  return isObject(body) ? checked(event["Write"] !== undefined, body["variable"] ?? null, body["version"] ?? null) : undefined;
}

function checked(write: boolean, key: Json, value: Json): SessionEvent | undefined {
  return key === null || (write && value === null) ? undefined : { write, key, value };
}
