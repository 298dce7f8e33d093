/** Plain data: what crosses a wire, a disk or a worker, and what actors hold as state. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * One text per value: object keys are sorted, so equal values have equal texts.
 * O(size). `undefined` members are left out, as JSON does.
 */
export function canonicalJson(value: Json): string {
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "null";
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isArray(value)) {
    let text = "[";
    for (let i = 0; i < value.length; i++) text += (i === 0 ? "" : ",") + canonicalJson(value[i]!);
    return text + "]";
  }
  let text = "{";
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member !== undefined) text += (text.length === 1 ? "" : ",") + JSON.stringify(key) + ":" + canonicalJson(member);
  }
  return text + "}";
}

/** Deep equality of plain data; `undefined` members count as absent. O(size), stops at the first difference. */
export function equalJson(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return false;
  if (isArray(a)) return isArray(b) && a.length === b.length && a.every((member, i) => equalJson(member, b[i]!));
  if (isArray(b)) return false;
  for (const key in a) {
    const mine = a[key];
    const other = b[key];
    if (mine === undefined ? other !== undefined : other === undefined || !equalJson(mine, other)) return false;
  }
  for (const key in b) if (b[key] !== undefined && a[key] === undefined) return false;
  return true;
}

/** `Array.isArray` that narrows readonly arrays. */
export function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** True for a plain object (not an array, not null). */
export function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Freezes plain data all the way down; returns it. Used where a handler must not write to its input. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}
