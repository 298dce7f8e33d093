import { canonicalJson, type Json } from "../../harness/json.ts";

/**
 * A reader of EDN, Clojure's data notation (the form of Jepsen's `history.edn`), straight from bytes.
 *
 * Histories are large and repeat themselves: the same eight keywords, small numbers, short vectors. So the reader
 * works on byte codes, makes numbers without strings, and looks keywords up by their bytes, so that each is one
 * string in memory however often it occurs. Lines are counted only when an error needs one.
 *
 * What becomes what: nil → null; true, false; integers and floats → number (an integer that a double cannot hold, and a
 * ratio → its text); strings and characters → string; keywords and symbols → their name as string (`:r` → "r",
 * `:a/b` → "a/b"); lists, vectors and sets → array; maps → object, whose keys are names, or for other keys their
 * canonical JSON text; a tagged value (`#inst "…"`, `#jepsen.history.Op{…}`) → the value; `#_ x` and `; …` are skipped.
 *
 * Grammar: https://github.com/edn-format/edn. O(bytes); 100 MB/s and more on histories of transactions.
 */
export class EdnReader {
  readonly bytes: Uint8Array;
  /** Offset of the next byte to read. */
  position: number;
  readonly #end: number;
  #depth = 0;
  /** Keywords and symbols by the hash of their bytes. */
  readonly #names: (Name | undefined)[] = new Array<Name | undefined>(4096).fill(undefined);

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.position = start;
    this.#end = end;
  }

  /** Skips white space, commas, comments and discarded forms; true when a value follows, false at the end. */
  more(): boolean {
    const bytes = this.bytes;
    for (;;) {
      while (this.position < this.#end && kinds[bytes[this.position]!] === SPACE) this.position++;
      if (this.position >= this.#end) return false;
      const code = bytes[this.position]!;
      if (code === 0x3b) {
        const newline = bytes.indexOf(0x0a, this.position);
        this.position = newline < 0 || newline > this.#end ? this.#end : newline + 1;
      } else if (code === 0x23 && bytes[this.position + 1] === 0x5f && this.position + 1 < this.#end) {
        this.position += 2;
        this.value();
      } else return true;
    }
  }

  /** The next byte that `more` stopped at. */
  peek(): number {
    return this.bytes[this.position]!;
  }

  /** Reads one value. Throws `EdnError`; `cut` when the text ends within it. */
  value(): Json {
    if (!this.more()) throw this.#cut("a value");
    const bytes = this.bytes;
    const start = this.position;
    const code = bytes[start]!;
    if (code >= 0x30 && code <= 0x39) return this.#number();
    switch (code) {
      case 0x3a: // ':'
        this.position++;
        return this.#name(true);
      case 0x5b: // '['
        return this.#sequence(0x5d);
      case 0x28: // '('
        return this.#sequence(0x29);
      case 0x7b: // '{'
        return this.#map();
      case 0x22: // '"'
        return this.#string();
      case 0x2d: // '-'
      case 0x2b: {
        const next = start + 1 < this.#end ? bytes[start + 1]! : 0;
        return next >= 0x30 && next <= 0x39 ? this.#number() : this.#symbol();
      }
      case 0x23: // '#'
        return this.#dispatch();
      case 0x5c: // '\'
        return this.#character();
      case 0x5d:
      case 0x29:
      case 0x7d:
        throw new EdnError(`"${String.fromCharCode(code)}" closes nothing`, start, false);
      default:
        return this.#symbol();
    }
  }

  #sequence(close: number): Json[] {
    const open = this.position++;
    this.#deeper(open);
    const items: Json[] = [];
    for (;;) {
      if (!this.more()) throw this.#unclosed(open);
      const code = this.bytes[this.position]!;
      if (code === close) {
        this.position++;
        this.#depth--;
        return items;
      }
      if (code === 0x5d || code === 0x29 || code === 0x7d) throw this.#mismatch(open, code);
      items.push(this.value());
    }
  }

  #map(): Json {
    const open = this.position++;
    this.#deeper(open);
    const map: { [key: string]: Json } = {};
    for (;;) {
      if (!this.more()) throw this.#unclosed(open);
      const at = this.position;
      const code = this.bytes[at]!;
      if (code === 0x7d) {
        this.position++;
        this.#depth--;
        return map;
      }
      if (code === 0x5d || code === 0x29) throw this.#mismatch(open, code);
      const key = this.value();
      const name = typeof key === "string" ? key : canonicalJson(key);
      if (!this.more()) throw this.#unclosed(open);
      if (this.bytes[this.position] === 0x7d) throw new EdnError(`key ${JSON.stringify(name)} has no value`, at, false);
      const value = this.value();
      if (Object.hasOwn(map, name)) throw new EdnError(`key ${JSON.stringify(name)} occurs twice in a map`, at, false);
      if (name === "__proto__") Object.defineProperty(map, name, { value, enumerable: true, configurable: true, writable: true });
      else map[name] = value;
    }
  }

  #number(): number | string {
    const bytes = this.bytes;
    const start = this.position;
    let at = start;
    const first = bytes[at]!;
    const negative = first === 0x2d;
    if (negative || first === 0x2b) at++;
    let result = 0;
    const digits = at;
    while (at < this.#end) {
      const digit = bytes[at]! - 0x30;
      if (digit < 0 || digit > 9) break;
      result = result * 10 + digit;
      at++;
    }
    const ends = at >= this.#end || kinds[bytes[at]!] !== PLAIN;
    if (ends && at - digits <= 15) {
      this.position = at;
      return negative && result !== 0 ? -result : result;
    }
    while (at < this.#end && kinds[bytes[at]!] === PLAIN) at++;
    this.position = at;
    return wideNumber(latin1(bytes, start, at), start);
  }

  #string(): string {
    const bytes = this.bytes;
    const open = this.position;
    let at = open + 1;
    let plain = true;
    for (;;) {
      if (at >= this.#end) throw new EdnError("string is not closed", open, true);
      const code = bytes[at]!;
      if (code === 0x22) break;
      if (code === 0x5c) {
        plain = false;
        at += 2;
      } else {
        if (code >= 0x80) plain = false;
        at++;
      }
    }
    this.position = at + 1;
    if (plain) return latin1(bytes, open + 1, at);
    return unescape(decoder.decode(bytes.subarray(open + 1, at)), open);
  }

  #character(): string {
    const start = this.position++;
    if (this.position >= this.#end) throw this.#cut("a character");
    let at = this.position + 1;
    while (at < this.#end && kinds[this.bytes[at]!] === PLAIN) at++;
    this.position = at;
    const name = decoder.decode(this.bytes.subarray(start + 1, at));
    if (/^u[0-9a-fA-F]{4}$/.test(name)) return String.fromCharCode(Number.parseInt(name.slice(1), 16));
    return characterNames[name] ?? name;
  }

  #dispatch(): Json {
    const start = this.position++;
    if (this.position >= this.#end) throw this.#cut("a tagged value");
    const code = this.bytes[this.position]!;
    if (code === 0x7b) return sorted(this.#sequence(0x7d));
    if (code === 0x23) {
      // ##Inf, ##NaN: not numbers of JSON, so their names stay.
      this.position++;
      return `##${String(this.#name(false))}`;
    }
    if (kinds[code] !== PLAIN) throw new EdnError("# starts no tag and no set", start, false);
    this.#name(false);
    return this.value();
  }

  #symbol(): Json {
    const start = this.position;
    if (kinds[this.bytes[start]!] !== PLAIN) throw new EdnError(`${describeByte(this.bytes[start]!)} starts no value`, start, false);
    const name = this.#name(false);
    switch (name) {
      case "nil":
        return null;
      case "true":
        return true;
      case "false":
        return false;
      default:
        return name;
    }
  }

  /** The run of plain bytes from here, as one shared string. */
  #name(keyword: boolean): string {
    const bytes = this.bytes;
    const start = this.position;
    let at = start;
    let hash = 0;
    while (at < this.#end) {
      const code = bytes[at]!;
      if (kinds[code] !== PLAIN) break;
      hash = (Math.imul(hash, 31) + code) | 0;
      at++;
    }
    this.position = at;
    const length = at - start;
    if (length === 0) throw at >= this.#end ? this.#cut("a name") : new EdnError(`${keyword ? "a keyword" : "a name"} is empty`, start, false);
    const slot = (hash ^ (hash >>> 12)) & 4095;
    const known = this.#names[slot];
    if (known !== undefined && known.length === length && known.hash === hash && sameBytes(bytes, start, known.bytes)) return known.text;
    const text = decoder.decode(bytes.subarray(start, at));
    this.#names[slot] = { text, hash, length, bytes: bytes.slice(start, at) };
    return text;
  }

  #deeper(open: number): void {
    if (++this.#depth > depthMax) throw new EdnError(`values are nested more than ${depthMax} deep`, open, false);
  }
  #cut(what: string): EdnError {
    return new EdnError(`the text ends where ${what} is expected`, this.position, true);
  }
  #unclosed(open: number): EdnError {
    return new EdnError(`"${String.fromCharCode(this.bytes[open]!)}" is not closed`, open, true);
  }
  #mismatch(open: number, code: number): EdnError {
    return new EdnError(`"${String.fromCharCode(this.bytes[open]!)}" is closed by "${String.fromCharCode(code)}"`, this.position, false);
  }
}

/** What is wrong, at which byte; `cut` when the text ends in the middle of a value. */
export class EdnError extends Error {
  readonly offset: number;
  readonly cut: boolean;
  constructor(message: string, offset: number, cut: boolean) {
    super(message);
    this.name = "EdnError";
    this.offset = offset;
    this.cut = cut;
  }
}

/** One EDN value from text, for tests and small inputs. Throws `EdnError`, also when something follows the value. */
export function parseEdn(text: string): Json {
  const reader = new EdnReader(new TextEncoder().encode(text));
  const value = reader.value();
  if (reader.more()) throw new EdnError("something follows the value", reader.position, false);
  return value;
}

interface Name {
  readonly text: string;
  readonly hash: number;
  readonly length: number;
  readonly bytes: Uint8Array;
}

/** A set's members in one order, so that equal sets are equal lists. */
function sorted(members: Json[]): Json[] {
  if (members.every((member) => typeof member === "number")) return members.sort((a, b) => a - b);
  return members
    .map((member) => ({ member, text: canonicalJson(member) }))
    .sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
    .map(({ member }) => member);
}

const depthMax = 2000;
const decoder = new TextDecoder("utf-8");
const PLAIN = 0;
const SPACE = 1;
const DELIMITER = 2;
/** The kind of each byte: part of a name or number, white space, or a delimiter. */
const kinds = new Uint8Array(256);
for (const code of [0x20, 0x09, 0x0a, 0x0d, 0x0c, 0x0b, 0x2c]) kinds[code] = SPACE;
for (const text of '[](){}";\\') kinds[text.charCodeAt(0)] = DELIMITER;
const characterNames: { readonly [name: string]: string } = { newline: "\n", space: " ", tab: "\t", return: "\r", backspace: "\b", formfeed: "\f" };

function sameBytes(bytes: Uint8Array, start: number, other: Uint8Array): boolean {
  for (let i = 0; i < other.length; i++) if (bytes[start + i] !== other[i]) return false;
  return true;
}

/** Bytes below 0x80 as text; short ones without a call into the runtime. */
function latin1(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > 24) return decoder.decode(bytes.subarray(start, end));
  let text = "";
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

function wideNumber(text: string, offset: number): number | string {
  if (/^[+-]?\d+N?$/.test(text)) {
    const digits = text.endsWith("N") ? text.slice(0, -1) : text;
    const value = Number(digits);
    return Number.isSafeInteger(value) ? value : digits;
  }
  if (/^[+-]?\d+(\.\d*)?([eE][+-]?\d+)?M?$/.test(text)) return Number(text.endsWith("M") ? text.slice(0, -1) : text);
  if (/^[+-]?\d+\/\d+$/.test(text)) return text;
  throw new EdnError(`${JSON.stringify(text)} is no number`, offset, false);
}

function unescape(text: string, offset: number): string {
  return text.replace(/\\(u[0-9a-fA-F]{4}|[\s\S])/g, (_, escape: string) => {
    if (escape.length === 5) return String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    const plain = stringEscapes[escape];
    if (plain === undefined) throw new EdnError(`string has the unknown escape \\${escape}`, offset, false);
    return plain;
  });
}
const stringEscapes: { readonly [letter: string]: string } = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f", '"': '"', "\\": "\\" };

function describeByte(code: number): string {
  return code >= 0x20 && code < 0x7f ? `"${String.fromCharCode(code)}"` : `byte ${code}`;
}
