import type { Json } from "../../../harness/json.ts";
import { canonicalJson } from "../../../harness/json.ts";
import { type NumbersDocument, withAdded, withField } from "../../../harness/objects/published-document.ts";
import { hash32 } from "../../../harness/random.ts";

/**
 * What an author and its copies write to one another. A state has a name; a letter says on which state it stands and which
 * one it gives, so a copy can tell the letter that is next from one that is old, repeated or too early:
 *
 *     {on: 3, name: 4, body: add a 1}      a function      smallest; useless but on state 3
 *     {on: 3, name: 4, body: set a 7}      a difference    the values that changed; useless but on state 3
 *     {on: 3, name: 4, body: whole {…}}    a copy          largest; good on any older state
 */
export type Name = number | string;
export type FieldChange = { readonly field: string; readonly by: number };
export type Body = { readonly add: FieldChange } | { readonly set: NumbersDocument } | { readonly whole: NumbersDocument };
export type Letter = { readonly type: "letter"; readonly on: Name; readonly name: Name; readonly body: Body };

export type SyncMessage =
  | Letter
  /** The author to its copies: this is the current state's name. */
  | { readonly type: "announce"; readonly name: Name }
  /** A copy to the author: I have this state, what comes after it? */
  | { readonly type: "ask"; readonly have: Name }
  /** An answer: what came after, oldest first, in one piece, so that it cannot overtake itself. */
  | { readonly type: "again"; readonly letters: readonly Letter[] }
  /** Another answer: the current state; `asked` is the name in the question. */
  | { readonly type: "state"; readonly asked: Name; readonly name: Name; readonly document: NumbersDocument };

/** A document and its name. */
export type Named = { readonly name: Name; readonly document: NumbersDocument };

/** How states get their names. */
export interface Naming {
  readonly root: Name;
  next(before: Named, change: FieldChange, document: NumbersDocument): Name;
}

/** 0, 1, 2 …: say which of two states is the newer, as long as there is one author. */
export const numbers: Naming = { root: 0, next: (before) => Number(before.name) + 1 };

/** The name covers the change and the name before, and so the whole past, as in a chain of commits: equal names, equal pasts. */
export const chainedHashes: Naming = { root: "", next: (before, change) => hashOf([before.name, change.field, change.by]) };

/** The name covers the content alone, so a state that comes again has its old name again: the bug of `state-sync-content-names`. */
export const contentHashes: Naming = { root: hashOf({}), next: (_before, _change, document) => hashOf(document) };

/** 64 bits; against accidents, not against enemies. */
function hashOf(value: Json): string {
  const text = canonicalJson(value);
  return [1, 2].map((salt) => hash32(text, salt).toString(16).padStart(8, "0")).join("");
}

/** The document after a letter's body. */
export function applyBody(document: NumbersDocument, body: Body): NumbersDocument {
  if ("whole" in body) return body.whole;
  if ("add" in body) return withAdded(document, body.add.field, body.add.by);
  return Object.entries(body.set).reduce((changed, [field, value]) => withField(changed, field, value), document);
}

/** What a letter of that kind says of a change. */
export function bodyOf(letters: "functions" | "differences" | "copies", change: FieldChange, document: NumbersDocument): Body {
  if (letters === "functions") return { add: change };
  if (letters === "differences") return { set: { [change.field]: document[change.field] ?? 0 } };
  return { whole: document };
}
