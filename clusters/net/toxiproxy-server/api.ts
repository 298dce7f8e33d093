import type { IncomingMessage, ServerResponse } from "node:http";
import type { Json } from "../../../harness/json.ts";
import { ApiError, badBody, toxicNotFound } from "./api-error.ts";
import { parseBody, readProxies, readProxy, readToxic, readToxicUpdate } from "./body.ts";
import type { Proxies } from "./proxies.ts";
import type { Proxy } from "./proxy.ts";
import { toxicJson } from "./toxic.ts";

/** Larger requests are refused: populating a thousand proxies takes a tenth of this. */
const BODY_BYTES_MAX = 4 << 20;

interface Reply {
  readonly status: number;
  /** Undefined: no body. */
  readonly body?: unknown;
}

interface Request {
  readonly proxies: Proxies;
  /** What the route's pattern caught, decoded. */
  readonly names: readonly string[];
  readonly body: () => Promise<Json>;
}

type Handler = (request: Request) => Reply | Promise<Reply>;

/** Path pattern → method → handler. A known path with another method is 405, an unknown path 404. */
const routes: readonly (readonly [RegExp, { readonly [method: string]: Handler }])[] = [
  [/^\/version$/, { GET: () => ({ status: 200, body: VERSION }) }],
  [/^\/proxies$/, { GET: listProxies, POST: createProxy }],
  [/^\/proxies\/([^/]+)$/, { GET: showProxy, POST: updateProxy, PATCH: updateProxy, DELETE: deleteProxy }],
  [/^\/proxies\/([^/]+)\/toxics$/, { GET: listToxics, POST: createToxic }],
  [/^\/proxies\/([^/]+)\/toxics\/([^/]+)$/, { GET: showToxic, POST: updateToxic, PATCH: updateToxic, DELETE: deleteToxic }],
  [/^\/populate$/, { POST: populate }],
  [/^\/reset$/, { POST: reset }],
  [/^\/rashomon\/links$/, { GET: ({ proxies }) => ({ status: 200, body: Object.fromEntries(proxies.all().map((proxy) => [proxy.name, linkJson(proxy)])) }) }],
  [/^\/rashomon\/links\/([^/]+)$/, { GET: ({ proxies, names }) => ({ status: 200, body: linkJson(proxies.get(names[0]!)) }) }],
];

/** Toxiproxy's exact reply; a `go install`ed binary says `git` too. */
const VERSION = '{"version": "git"}\n';

/**
 * Toxiproxy 2.12's HTTP API, and `GET /rashomon/links[/{proxy}]`: counters of connections and bytes, per proxy, stream
 * and toxic. Handlers throw `ApiError`; anything else thrown is a bug of ours and becomes a 500 with its text.
 */
export async function handle(proxies: Proxies, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = new URL(request.url ?? "/", "http://localhost").pathname;
  try {
    const found = routes.map(([pattern, methods]) => ({ match: pattern.exec(path), methods })).find(({ match }) => match !== null);
    if (found === undefined) return sendText(response, 404, "404 page not found\n");
    const handler = Object.hasOwn(found.methods, request.method ?? "") ? found.methods[request.method ?? ""] : undefined;
    if (handler === undefined) return void response.writeHead(405).end();
    if (request.headers["user-agent"]?.startsWith("Mozilla/") === true) return sendText(response, 403, "User agent not allowed\n");
    const names = found.match!.slice(1).map((name) => decodeURIComponent(name));
    const reply = await handler({ proxies, names, body: async () => parseBody(await readText(request)) });
    if (reply.body === undefined) return void response.writeHead(reply.status).end();
    if (typeof reply.body === "string") return void response.writeHead(reply.status, { "Content-Type": "application/json;charset=utf-8" }).end(reply.body);
    response.writeHead(reply.status, { "Content-Type": "application/json" }).end(JSON.stringify(reply.body));
  } catch (error) {
    const status = error instanceof ApiError ? error.status : error instanceof URIError ? 400 : 500;
    const text = error instanceof Error ? error.message : String(error);
    sendText(response, status, `${JSON.stringify({ error: text, status })}\n`);
  }
}

function listProxies({ proxies }: Request): Reply {
  return { status: 200, body: Object.fromEntries(proxies.all().map((proxy) => [proxy.name, proxyJson(proxy)])) };
}

async function createProxy({ proxies, body }: Request): Promise<Reply> {
  const spec = readProxy(await body(), { name: "", listen: "", upstream: "", enabled: true });
  return { status: 201, body: proxyJson(await proxies.add(spec)) };
}

function showProxy({ proxies, names }: Request): Reply {
  return { status: 200, body: proxyJson(proxies.get(names[0]!)) };
}

async function updateProxy({ proxies, names, body }: Request): Promise<Reply> {
  proxies.get(names[0]!);
  const given = await body();
  const proxy = await proxies.update(names[0]!, ({ name, listen, upstream, enabled }) => readProxy(given, { name, listen, upstream, enabled }));
  return { status: 200, body: proxyJson(proxy) };
}

async function deleteProxy({ proxies, names }: Request): Promise<Reply> {
  await proxies.remove(names[0]!);
  return { status: 204 };
}

function listToxics({ proxies, names }: Request): Reply {
  return { status: 200, body: proxies.get(names[0]!).toxics().map(toxicJson) };
}

async function createToxic({ proxies, names, body }: Request): Promise<Reply> {
  proxies.get(names[0]!);
  const toxic = readToxic(await body());
  proxies.get(names[0]!).addToxic(toxic);
  return { status: 200, body: toxicJson(toxic) };
}

function showToxic({ proxies, names }: Request): Reply {
  const toxic = proxies.get(names[0]!).toxic(names[1]!);
  if (toxic === undefined) throw toxicNotFound();
  return { status: 200, body: toxicJson(toxic) };
}

async function updateToxic({ proxies, names, body }: Request): Promise<Reply> {
  const [proxyName, toxicName] = [names[0]!, names[1]!];
  if (proxies.get(proxyName).toxic(toxicName) === undefined) throw toxicNotFound();
  const given = await body();
  const toxic = proxies.get(proxyName).toxic(toxicName);
  if (toxic === undefined) throw toxicNotFound();
  return { status: 200, body: toxicJson(proxies.get(proxyName).updateToxic(toxicName, readToxicUpdate(given, toxic))) };
}

function deleteToxic({ proxies, names }: Request): Reply {
  proxies.get(names[0]!).removeToxic(names[1]!);
  return { status: 204 };
}

async function populate({ proxies, body }: Request): Promise<Reply> {
  let result: Awaited<ReturnType<Proxies["populate"]>>;
  try {
    result = await proxies.populate(readProxies(await body()));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    result = { proxies: [], error };
  }
  // Toxiproxy's empty list is null.
  const created = result.proxies.length === 0 ? null : result.proxies.map(proxyJson);
  const { error } = result;
  return error === undefined ? { status: 201, body: { proxies: created } } : { status: error.status, body: { error: error.message, status: error.status, proxies: created } };
}

async function reset({ proxies }: Request): Promise<Reply> {
  await proxies.reset();
  return { status: 204 };
}

function proxyJson(proxy: Proxy): unknown {
  return { name: proxy.name, listen: proxy.listen, upstream: proxy.upstream, enabled: proxy.enabled, toxics: proxy.toxics().map(toxicJson) };
}

function linkJson(proxy: Proxy): unknown {
  const { accepted, dialFailed, upstream, downstream } = proxy.counters;
  return {
    enabled: proxy.enabled,
    open: proxy.openConnections,
    accepted,
    dialFailed,
    upstream: { ...upstream, heldBytes: proxy.heldBytes("upstream") },
    downstream: { ...downstream, heldBytes: proxy.heldBytes("downstream") },
    toxics: Object.fromEntries(proxy.toxics().map((toxic) => [toxic.name, { type: toxic.kind.type, stream: toxic.stream, ...toxic.counters }])),
  };
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff" }).end(text);
}

async function readText(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > BODY_BYTES_MAX) throw badBody(`larger than ${BODY_BYTES_MAX} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}
