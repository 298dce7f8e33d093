/**
 * Signs that a reader does not see and that change what is around them, spelled out as `\u202e`: those that turn the
 * direction of writing, and the control signs that terminals obey. What a client read must not rewrite what we say of it.
 * Line ends and tabs stay.
 */
export function visible(text: string): string {
  return text.replace(unseen, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const unseen = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
