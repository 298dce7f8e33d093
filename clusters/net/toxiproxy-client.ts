import { Toxiproxy } from "toxiproxy-node-client";
import { HttpClient, type HttpResponse } from "toxiproxy-node-client/dist/HttpClient.js";
import { HarnessError } from "../../harness/errors.ts";
import { deadlineSignal, sleep } from "../../harness/time.ts";

/**
 * The API of one proxy server, ours or the real one, through `toxiproxy-node-client`, with its gaps closed:
 *
 * | gap of the package (4.1.0)                          | here                                                        |
 * |-----------------------------------------------------|-------------------------------------------------------------|
 * | no deadline, no abort: a wedged server hangs us     | every call ends after `deadlineMs` or with the signal       |
 * | the server's error text is thrown away              | kept: `409 toxic already exists` is in the message          |
 * | a proxy's toxics are dropped, no way to list them   | `proxies()`, `toxics()` give them                           |
 * | update wants all of enabled, listen, upstream       | `updateProxy` takes what shall change (PATCH)               |
 * | `populate` fails on the `null` of an empty list     | an empty list is done without a request                     |
 * | names are not escaped in URLs                       | names are checked: letters, digits, `.`, `_`, `-`           |
 *
 * The package takes its HTTP client from a public member, so ours is put there: its own classes do the work.
 * Errors are PROXY_FAILED; `statusOf` and `unreachable` tell which.
 */
export interface ToxiproxyClientOptions {
  /** `http://127.0.0.1:8474`. */
  readonly url: string;
  /** Per call. Default 10 000: calls take 2 ms, and a machine under load deserves patience. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

export interface ToxicSpec {
  readonly name: string;
  readonly type: string;
  readonly stream: "upstream" | "downstream";
  readonly toxicity: number;
  readonly attributes: { readonly [name: string]: number };
}

export interface ProxyRecord {
  readonly name: string;
  /** The real address once it has been enabled. */
  readonly listen: string;
  readonly upstream: string;
  readonly enabled: boolean;
  readonly toxics: readonly ToxicSpec[];
}

/** What our server counts; the real one has no such thing. Bytes, except where a name says otherwise. */
export interface LinkCounters {
  readonly enabled: boolean;
  /** Connections open now. */
  readonly open: number;
  readonly accepted: number;
  readonly dialFailed: number;
  readonly upstream: StreamCounts;
  readonly downstream: StreamCounts;
  readonly toxics: { readonly [name: string]: ToxicCounts };
}
export interface StreamCounts {
  readonly receivedBytes: number;
  readonly receivedChunks: number;
  readonly passedBytes: number;
  readonly passedChunks: number;
  readonly droppedBytes: number;
  readonly droppedChunks: number;
  readonly heldBytes: number;
}
export interface ToxicCounts {
  readonly type: string;
  readonly stream: "upstream" | "downstream";
  readonly connections: number;
  readonly affectedChunks: number;
  readonly affectedBytes: number;
  readonly droppedBytes: number;
  readonly ended: number;
}

export class ToxiproxyClient {
  readonly url: string;
  readonly #http: DeadlineHttpClient;
  readonly #toxiproxy: Toxiproxy;

  constructor(options: ToxiproxyClientOptions) {
    this.url = options.url;
    this.#http = new DeadlineHttpClient(options);
    this.#toxiproxy = new Toxiproxy(options.url);
    this.#toxiproxy.api = this.#http;
  }

  async version(): Promise<string> {
    const text = await this.#toxiproxy.getVersion();
    const version: unknown = /"version":\s*"([^"]*)"/.exec(text)?.[1] ?? text.trim();
    return String(version);
  }

  /** All proxies with their toxics, by name. */
  async proxies(): Promise<ReadonlyMap<string, ProxyRecord>> {
    const { data } = await this.#http.get<{ readonly [name: string]: ProxyRecord }>(`${this.url}/proxies`);
    return new Map(Object.entries(data));
  }

  async proxy(name: string): Promise<ProxyRecord> {
    return (await this.#http.get<ProxyRecord>(`${this.url}/proxies/${checkedName(name)}`)).data;
  }

  async createProxy(spec: { readonly name: string; readonly listen: string; readonly upstream: string; readonly enabled?: boolean }): Promise<ProxyRecord> {
    checkedName(spec.name);
    const { name, listen, upstream, enabled } = await this.#toxiproxy.createProxy({ ...spec, enabled: spec.enabled ?? true });
    return { name, listen, upstream, enabled, toxics: [] };
  }

  /** One request for many; see the server for what is kept and what replaced. In the order given. */
  async populate(specs: readonly { readonly name: string; readonly listen: string; readonly upstream: string; readonly enabled?: boolean }[]): Promise<ProxyRecord[]> {
    if (specs.length === 0) return [];
    const created = await this.#toxiproxy.populate(specs.map((spec) => ({ ...spec, name: checkedName(spec.name), enabled: spec.enabled ?? true })));
    return specs.map(({ name }) => {
      const proxy = created[name];
      if (proxy === undefined) throw new HarnessError("PROXY_FAILED", `${this.url} answered a populate without proxy ${name}`, { nextStep: "look into the proxy server's log" });
      return { name, listen: proxy.listen, upstream: proxy.upstream, enabled: proxy.enabled, toxics: [] };
    });
  }

  /** Changes what is given and keeps the rest. Resolves to the proxy as it then is. */
  async updateProxy(name: string, change: { readonly enabled?: boolean; readonly listen?: string; readonly upstream?: string }): Promise<ProxyRecord> {
    return (await this.#http.patch<ProxyRecord>(`${this.url}/proxies/${checkedName(name)}`, change)).data;
  }

  /** `absent`: there was none (which is as good). */
  removeProxy(name: string): Promise<"removed" | "absent"> {
    return this.#remove(`${this.url}/proxies/${checkedName(name)}`);
  }

  async toxics(proxyName: string): Promise<readonly ToxicSpec[]> {
    return (await this.#http.get<readonly ToxicSpec[]>(`${this.url}/proxies/${checkedName(proxyName)}/toxics`)).data;
  }

  async addToxic(proxyName: string, toxic: ToxicSpec): Promise<ToxicSpec> {
    checkedName(toxic.name);
    return (await this.#http.post<ToxicSpec>(`${this.url}/proxies/${checkedName(proxyName)}/toxics`, toxic)).data;
  }

  async updateToxic(proxyName: string, toxicName: string, change: { readonly attributes?: { readonly [name: string]: number }; readonly toxicity?: number }): Promise<ToxicSpec> {
    return (await this.#http.patch<ToxicSpec>(toxicUrl(this.url, proxyName, toxicName), change)).data;
  }

  /** `absent`: there was none (which is as good). */
  removeToxic(proxyName: string, toxicName: string): Promise<"removed" | "absent"> {
    return this.#remove(toxicUrl(this.url, proxyName, toxicName));
  }

  /** Enables every proxy and removes every toxic of the server: too broad for the undo of one fault. */
  reset(): Promise<void> {
    return this.#toxiproxy.reset();
  }

  /** Our server's counters of one proxy; undefined where the server has none (the real Toxiproxy). */
  async links(proxyName: string): Promise<LinkCounters | undefined> {
    try {
      return (await this.#http.get<LinkCounters>(`${this.url}/rashomon/links/${checkedName(proxyName)}`)).data;
    } catch (error) {
      if (statusOf(error) === 404 && !describes(error, "proxy not found")) return undefined;
      throw error;
    }
  }

  async #remove(url: string): Promise<"removed" | "absent"> {
    try {
      await this.#http.delete(url);
      return "removed";
    } catch (error) {
      if (statusOf(error) === 404) return "absent";
      throw error;
    }
  }
}

/** Where a toxic is deleted and changed: also the `http` undo of a fault. */
export function toxicUrl(serverUrl: string, proxyName: string, toxicName: string): string {
  return `${serverUrl}/proxies/${checkedName(proxyName)}/toxics/${checkedName(toxicName)}`;
}

/** The status with which the server refused; undefined when it did not answer. */
export function statusOf(error: unknown): number | undefined {
  const cause = error instanceof HarnessError ? error.cause : undefined;
  return cause instanceof Refusal ? cause.status : undefined;
}

/**
 * Nobody listens there (any more): for an undo as good as undone, since proxies die with their server.
 * A connection that broke is not enough: the server may be well and the request not done.
 */
export function unreachable(error: unknown): boolean {
  return hasCode(error, ["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH"]);
}

/** A connection that broke, such as a kept-alive one that the server closed at this moment. */
function broke(error: unknown): boolean {
  return hasCode(error, ["ECONNRESET", "UND_ERR_SOCKET", "EPIPE"]);
}

function hasCode(error: unknown, codes: readonly string[]): boolean {
  for (let current: unknown = error, depth = 0; current instanceof Error && depth < 6; current = current.cause, depth++) {
    if ("code" in current && typeof current.code === "string" && codes.includes(current.code)) return true;
  }
  return false;
}

const BREAKS_MAX = 3;
const BREAK_PAUSE_MS = 30;

class Refusal extends Error {
  readonly status: number;
  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

class DeadlineHttpClient extends HttpClient {
  readonly #options: ToxiproxyClientOptions;

  constructor(options: ToxiproxyClientOptions) {
    super();
    this.#options = options;
  }

  override async get<T>(url: string): Promise<HttpResponse<T>> {
    return { data: parse<T>(await this.#call("GET", url)) };
  }
  override async post<T>(url: string, body?: unknown): Promise<HttpResponse<T>> {
    return { data: parse<T>(await this.#call("POST", url, body)) };
  }
  async patch<T>(url: string, body: unknown): Promise<HttpResponse<T>> {
    return { data: parse<T>(await this.#call("PATCH", url, body)) };
  }
  override async delete(url: string): Promise<void> {
    await this.#call("DELETE", url);
  }
  override getText(url: string): Promise<string> {
    return this.#call("GET", url);
  }

  async #call(method: string, url: string, body?: unknown): Promise<string> {
    const deadlineMs = this.#options.deadlineMs ?? 10_000;
    const signal = deadlineSignal(deadlineMs, this.#options.signal);
    const what = `${method} ${url}`;
    const request = { method, signal, ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }) };
    try {
      const response = await fetchAgain(url, request, method === "POST" ? 0 : BREAKS_MAX);
      const text = await response.text();
      if (!response.ok) throw new Refusal(response.status, errorText(text));
      return text;
    } catch (cause) {
      if (cause instanceof Refusal) throw new HarnessError("PROXY_FAILED", `${what}: ${cause.status} ${cause.message}`, { nextStep: "the proxy server refused: look at the names and addresses in the request, then into its log", cause });
      if (this.#options.signal?.aborted === true) throw new HarnessError("INTERRUPTED", `${what} was interrupted`, { nextStep: "run it again", cause });
      if (signal.aborted) throw new HarnessError("PROXY_FAILED", `${what} not answered after ${deadlineMs} ms`, { nextStep: "see whether the proxy server's process hangs or is stopped, then into its log", cause });
      throw new HarnessError("PROXY_FAILED", `${what} failed: no answer from the proxy server`, { nextStep: "see whether the proxy server's process still runs, then into its log", cause });
    }
  }
}

/** Asks again when the connection broke: whether a server that broke it is gone, the next attempt tells. For requests that may be repeated. */
async function fetchAgain(url: string, request: RequestInit, breaksMax: number): Promise<Response> {
  for (let breaks = 0; ; breaks++) {
    try {
      return await fetch(url, request);
    } catch (error) {
      if (breaks >= breaksMax || !broke(error)) throw error;
      await sleep(BREAK_PAUSE_MS);
    }
  }
}

/** `{"error": "toxic already exists", "status": 409}` → the text; anything else as it is. */
function errorText(body: string): string {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === "object" && value !== null && "error" in value && typeof value.error === "string") return value.error;
  } catch {
    // Not JSON: some refusals are plain text.
  }
  return body.trim();
}

function describes(error: unknown, text: string): boolean {
  return error instanceof HarnessError && error.cause instanceof Error && error.cause.message === text;
}

function parse<T>(text: string): T {
  // An empty body belongs to calls whose T is void; the package does the same.
  if (text === "") return undefined as T;
  const value: T = JSON.parse(text);
  return value;
}

function checkedName(name: string): string {
  if (!/^[A-Za-z0-9._-]+$/.test(name)) {
    throw new HarnessError("PROXY_FAILED", `${JSON.stringify(name)} cannot name a proxy or a toxic: it goes into URLs unescaped`, { nextStep: "use letters, digits, dots, underscores and dashes" });
  }
  return name;
}
