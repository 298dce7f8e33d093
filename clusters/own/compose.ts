import { dirname, resolve } from "node:path";
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document } from "yaml";
import { HarnessError } from "../../harness/errors.ts";
import { ComposeReader, type Field } from "./compose-reader.ts";
import type { Build, Healthcheck, ImageSource, ServiceSpec } from "./service-spec.ts";

/**
 * A Compose file, read by us: no `docker compose` is needed, and each service becomes a node whose links can be cut.
 *
 *     services:
 *       app:
 *         build: .                         or {context, dockerfile, args}; or image: NAME
 *         command: ["serve"]               a list, or a text, which a shell would split at blanks
 *         environment: { KEY: value }      or a list of KEY=value
 *         ports: ["8080:80"]               80 is where clients connect; the host's port is chosen anew, on loopback
 *         expose: [81]                     for peers only
 *         depends_on: [db]                 or { db: { condition: service_healthy } }
 *         healthcheck: { test: ["CMD", "true"], interval: 1s, timeout: 1s, retries: 3, start_period: 5s }
 *         volumes: ["data:/var/lib/app"]   named ones, declared below
 *     volumes: { data: }
 *
 * That is all of it. What else is there would change what is tested if it were overlooked, so it is an error that names
 * its line; all errors are told at once.
 */
export function parseCompose(text: string, file: string): readonly ServiceSpec[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: false });
  const reader = new ComposeReader(lines);
  const specs = document.errors.length > 0 ? [] : servicesOf(document, { reader, folder: dirname(file) });
  const problems = [...document.errors.map((error) => `line ${error.linePos?.[0].line ?? 1}: ${error.message.split("\n")[0] ?? ""}`), ...reader.problems];
  if (problems.length === 0) return specs;
  throw new HarnessError("BAD_OPTION", `${file} cannot be used:\n${problems.map((problem) => `  ${problem}`).join("\n")}`, {
    nextStep: "write these lines otherwise (docs/own-service.md has the part of Compose that is understood), or give a Compose file of its own for the test",
  });
}

interface Place {
  readonly reader: ComposeReader;
  readonly folder: string;
}

const topFields = ["services", "volumes", "version", "name"];
const serviceFields = ["image", "build", "command", "environment", "ports", "expose", "depends_on", "healthcheck", "volumes"];

function servicesOf(document: Document, place: Place): ServiceSpec[] {
  const { reader } = place;
  const root = reader.root(document.contents);
  const top = reader.fields(root, { known: topFields });
  const declared = top.has("volumes") ? [...reader.fields(top.get("volumes")!)].map(([name, field]) => (empty(field) ? name : (reader.problem(field, `volume ${name} has options, which are not supported`), name))) : [];
  const services = top.get("services");
  if (services === undefined) {
    reader.problem(root, "there are no services");
    return [];
  }
  const fields = reader.fields(services);
  const specs = [...fields].map(([name, field]) => serviceOf(name, field, { ...place, declared, names: [...fields.keys()] }));
  if (!specs.some(({ takesClients }) => takesClients)) reader.problem(services, "no service has `ports`, so there is nothing for clients to connect to");
  return inOrder(specs) ?? (reader.problem(services, "the services depend on each other in a circle"), []);
}

function serviceOf(name: string, field: Field, place: Place & { readonly declared: readonly string[]; readonly names: readonly string[] }): ServiceSpec {
  const { reader } = place;
  if (!/^[a-zA-Z][a-zA-Z0-9-]*$/.test(name)) reader.problem(field, `service ${JSON.stringify(name)}: a name is letters, digits and dashes here, since it is a host's name`);
  const fields = reader.fields(field, { known: serviceFields });
  const outer = fields.has("ports") ? reader.list(fields.get("ports")!).flatMap((port) => portOf(port, reader)) : [];
  const inner = fields.has("expose") ? reader.list(fields.get("expose")!).flatMap((port) => portOf(port, reader)) : [];
  if (outer.length + inner.length === 0) reader.problem(field, `service ${name} has neither ports nor expose: say where it listens, so that its links can go through proxies`);
  const command = fields.get("command");
  const healthcheck = fields.get("healthcheck");
  return {
    name,
    image: imageOf(name, field, { fields, ...place }),
    environment: fields.has("environment") ? reader.pairs(fields.get("environment")!) : {},
    ...(command === undefined ? {} : { command: commandOf(command, reader) }),
    ports: [...new Set([...outer, ...inner])],
    takesClients: outer.length > 0,
    after: fields.has("depends_on") ? dependenciesOf(fields.get("depends_on")!, place) : [],
    ...(healthcheck === undefined ? {} : { healthcheck: healthcheckOf(healthcheck, reader) }),
    volumes: fields.has("volumes") ? reader.list(fields.get("volumes")!).flatMap((volume) => volumeOf(volume, place)) : [],
  };
}

function imageOf(name: string, field: Field, { fields, reader, folder }: Place & { readonly fields: ReadonlyMap<string, Field> }): ImageSource {
  const image = fields.get("image");
  const build = fields.get("build");
  if ((image === undefined) === (build === undefined)) reader.problem(field, `service ${name} needs either image or build`);
  if (build === undefined) return { from: "registry", image: image === undefined ? "" : reader.text(image) };
  const parts = isMap(build.node) ? reader.fields(build, { known: ["context", "dockerfile", "args"] }) : new Map([["context", build]]);
  const text = (part: string, otherwise: string): string => (parts.has(part) ? reader.text(parts.get(part)!) : otherwise);
  const made: Build = { context: resolve(folder, text("context", ".")), dockerfile: text("dockerfile", "Dockerfile"), args: parts.has("args") ? reader.pairs(parts.get("args")!) : {}, files: {} };
  return { from: "build", build: made };
}

/** `80`, `"8080:80"`, `"127.0.0.1:8080:80"`, `"80/tcp"` → the container's port. */
function portOf(field: Field, reader: ComposeReader): number[] {
  const match = /^(?:(?:[\d.]+:)?\d*:)?(\d+)(?:\/tcp)?$/.exec(reader.text(field));
  const port = Number(match?.[1]);
  if (port >= 1 && port <= 65_535) return [port];
  reader.problem(field, "a port is CONTAINER, HOST:CONTAINER or ADDRESS:HOST:CONTAINER, over TCP");
  return [];
}

function dependenciesOf(field: Field, { reader, names }: { readonly reader: ComposeReader; readonly names: readonly string[] }): ServiceSpec["after"] {
  const known = (name: string, at: Field): string[] => {
    if (names.includes(name)) return [name];
    reader.problem(at, `there is no service ${JSON.stringify(name)}`);
    return [];
  };
  if (isSeq(field.node)) return reader.list(field).flatMap((item) => known(reader.text(item), item).map((name) => ({ name, condition: "started" as const })));
  return [...reader.fields(field)].flatMap(([name, value]) => {
    const condition = reader.fields(value, { known: ["condition"] }).get("condition");
    const text = condition === undefined ? "service_started" : reader.text(condition);
    if (text !== "service_started" && text !== "service_healthy") reader.problem(condition!, "a condition is service_started or service_healthy");
    return known(name, value).map(() => ({ name, condition: text === "service_healthy" ? ("healthy" as const) : ("started" as const) }));
  });
}

/** A text is split at blanks; what a shell would read otherwise is a problem. */
function commandOf(field: Field, reader: ComposeReader): string[] {
  if (isSeq(field.node)) return reader.list(field).map((part) => reader.text(part));
  const text = reader.text(field);
  if (/["'\\]/.test(text)) reader.problem(field, "a command with quotes is written as a list");
  return text.trim().split(/\s+/);
}

/** Defaults are Compose's own. */
function healthcheckOf(field: Field, reader: ComposeReader): Healthcheck {
  const fields = reader.fields(field, { known: ["test", "interval", "timeout", "retries", "start_period"] });
  const test = fields.get("test");
  if (test === undefined) reader.problem(field, "a healthcheck has a test");
  const ms = (name: string, otherwise: number): number => (fields.has(name) ? durationOf(fields.get(name)!, reader) : otherwise);
  return {
    test: test === undefined ? [] : isSeq(test.node) ? reader.list(test).map((part) => reader.text(part)) : ["CMD-SHELL", reader.text(test)],
    intervalMs: ms("interval", 30_000),
    timeoutMs: ms("timeout", 30_000),
    startPeriodMs: ms("start_period", 0),
    retries: fields.has("retries") ? Number(reader.text(fields.get("retries")!)) : 3,
  };
}

/** `1m30s`, `500ms` → milliseconds. */
function durationOf(field: Field, reader: ComposeReader): number {
  const text = reader.text(field);
  const units: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  if (/^(\d+(ms|s|m|h))+$/.test(text)) return [...text.matchAll(/(\d+)(ms|s|m|h)/g)].reduce((sum, [, count, unit]) => sum + Number(count) * units[unit!]!, 0);
  reader.problem(field, `${JSON.stringify(text)} is no duration such as 500ms or 1m30s`);
  return 0;
}

function volumeOf(field: Field, { reader, declared }: Place & { readonly declared: readonly string[] }): ServiceSpec["volumes"] {
  const [, name, target] = /^([a-zA-Z0-9][\w.-]*):(\/[^:]*)$/.exec(reader.text(field)) ?? [];
  if (name === undefined || target === undefined) reader.problem(field, "only named volumes are supported, as NAME:/PATH: a folder of this machine would outlive the run");
  else if (!declared.includes(name)) reader.problem(field, `volume ${name} is not declared under the file's own volumes`);
  else return [{ name, target }];
  return [];
}

/** Those first that others wait for; undefined when they wait in a circle. */
function inOrder(specs: readonly ServiceSpec[]): ServiceSpec[] | undefined {
  const ordered: ServiceSpec[] = [];
  while (ordered.length < specs.length) {
    const next = specs.find((spec) => !ordered.includes(spec) && spec.after.every(({ name }) => ordered.some((done) => done.name === name)));
    if (next === undefined) return undefined;
    ordered.push(next);
  }
  return ordered;
}

function empty({ node }: Field): boolean {
  return node === null || (isScalar(node) && node.value === null);
}
