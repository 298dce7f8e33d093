import type { Json } from "../../../harness/json.ts";
import type { Attributes, ToxicKind } from "./behaviour.ts";
import { badBody, invalidStream, invalidToxicType } from "./api-error.ts";
import type { ProxySpec } from "./proxies.ts";
import { makeToxic, type Stream, type Toxic } from "./toxic.ts";
import { toxicKinds } from "./toxics.ts";

/**
 * Request bodies, read as Go's JSON decoder reads them: member names in any case, unknown members ignored, null is
 * "not given", a wrong type is refused with Go's text (`json: cannot unmarshal string into Go struct field …`).
 */
type Fields = { readonly [name: string]: Json };

export function parseBody(text: string): Json {
  if (text.trim() === "") throw badBody("EOF");
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch (error) {
    throw badBody(error instanceof Error ? error.message : String(error));
  }
}

/** Members of a proxy; what is absent comes from `defaults`. */
export function readProxy(body: Json, defaults: ProxySpec): ProxySpec {
  const fields = fieldsOf(body, "toxiproxy.Proxy");
  return {
    name: textField(fields, "name", "Proxy") ?? defaults.name,
    listen: textField(fields, "listen", "Proxy") ?? defaults.listen,
    upstream: textField(fields, "upstream", "Proxy") ?? defaults.upstream,
    enabled: booleanField(fields, "enabled", "Proxy") ?? defaults.enabled,
  };
}

export function readProxies(body: Json): ProxySpec[] {
  if (!Array.isArray(body)) throw badBody(`json: cannot unmarshal ${kindOf(body)} into Go value of type []struct { toxiproxy.Proxy; Enabled *bool "json:\\"enabled\\"" }`);
  return body.map((entry: Json) => readProxy(entry, { name: "", listen: "", upstream: "", enabled: true }));
}

/** A new toxic: downstream, toxicity 1 and the name `type_stream` unless told otherwise. */
export function readToxic(body: Json): Toxic {
  const fields = fieldsOf(body, "toxics.ToxicWrapper");
  const type = textField(fields, "type", "ToxicWrapper") ?? "";
  const streamText = textField(fields, "stream", "ToxicWrapper") ?? "downstream";
  const toxicity = numberField(fields, "toxicity", "ToxicWrapper") ?? 1;
  const name = textField(fields, "name", "ToxicWrapper") ?? "";
  const stream = streamOf(streamText);
  const kind = toxicKinds.get(type);
  if (kind === undefined) throw invalidToxicType();
  const zeros = Object.fromEntries(kind.attributes.map((attribute) => [attribute, 0]));
  return makeToxic({ name: name === "" ? `${type}_${streamText}` : name, kind, stream, streamText, toxicity, attributes: readAttributes(fields, kind, zeros) });
}

/** Only attributes and toxicity can change. */
export function readToxicUpdate(body: Json, toxic: Toxic): { attributes: Attributes; toxicity: number } {
  const fields = fieldsOf(body, "struct");
  return { attributes: readAttributes(fields, toxic.kind, toxic.attributes), toxicity: numberField(fields, "toxicity", "") ?? toxic.toxicity };
}

function readAttributes(fields: Fields, kind: ToxicKind, defaults: Attributes): Attributes {
  const given = field(fields, "attributes");
  if (given === undefined) return defaults;
  if (!isFields(given)) throw mismatch(given, `${kind.struct}.attributes`, `toxics.${kind.struct}`);
  const attributes: { [name: string]: number } = {};
  for (const name of kind.attributes) {
    const value = field(given, name);
    if (value !== undefined && !Number.isSafeInteger(value)) throw mismatch(value, `${kind.struct}.attributes.${name}`, kind.integer);
    attributes[name] = typeof value === "number" ? value : (defaults[name] ?? 0);
  }
  return attributes;
}

function streamOf(text: string): Stream {
  const lower = text.toLowerCase();
  if (lower !== "upstream" && lower !== "downstream") throw invalidStream();
  return lower;
}

function fieldsOf(body: Json, goType: string): Fields {
  if (!isFields(body)) throw badBody(`json: cannot unmarshal ${kindOf(body)} into Go value of type ${goType}`);
  return body;
}

function isFields(value: Json): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The member of that name, exactly or in another case; null counts as absent. */
function field(fields: Fields, name: string): Json | undefined {
  const exact = Object.hasOwn(fields, name) ? fields[name] : undefined;
  const value = exact ?? Object.entries(fields).find(([key]) => key.toLowerCase() === name)?.[1];
  return value ?? undefined;
}

function textField(fields: Fields, name: string, struct: string): string | undefined {
  const value = field(fields, name);
  if (value !== undefined && typeof value !== "string") throw mismatch(value, `${struct}.${name}`, "string");
  return value;
}

function booleanField(fields: Fields, name: string, struct: string): boolean | undefined {
  const value = field(fields, name);
  if (value !== undefined && typeof value !== "boolean") throw mismatch(value, `${struct}.${name}`, "bool");
  return value;
}

function numberField(fields: Fields, name: string, struct: string): number | undefined {
  const value = field(fields, name);
  if (value !== undefined && typeof value !== "number") throw mismatch(value, `${struct}.${name}`, "float32");
  return value;
}

function mismatch(value: Json, path: string, type: string): Error {
  const text = typeof value === "number" ? `number ${type.startsWith("int") ? value : ""}`.trim() : kindOf(value);
  return badBody(`json: cannot unmarshal ${text} into Go struct field ${path} of type ${type}`);
}

function kindOf(value: Json): string {
  return value === null ? "null" : typeof value === "boolean" ? "bool" : Array.isArray(value) ? "array" : typeof value;
}
