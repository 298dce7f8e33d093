import { type Random } from "../../../harness/random.ts";
import { ApiError, missingField, proxyExists, proxyNotFound } from "./api-error.ts";
import { Proxy } from "./proxy.ts";

export interface ProxiesOptions {
  readonly random: Random;
  readonly halfClose: boolean;
  readonly liveReset: boolean;
  readonly log: (line: string) => void;
}

export interface ProxySpec {
  readonly name: string;
  readonly listen: string;
  readonly upstream: string;
  readonly enabled: boolean;
}

/** All proxies of a server, by name. What starts or stops listeners runs one at a time, in order of arrival. */
export class Proxies {
  readonly #options: ProxiesOptions;
  readonly #proxies = new Map<string, Proxy>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ProxiesOptions) {
    this.#options = options;
  }

  /** Sorted by name. */
  all(): Proxy[] {
    return [...this.#proxies.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  get(name: string): Proxy {
    const proxy = this.#proxies.get(name);
    if (proxy === undefined) throw proxyNotFound();
    return proxy;
  }

  add(spec: ProxySpec): Promise<Proxy> {
    return this.#inTurn(async () => {
      checkSpec(spec, "");
      if (this.#proxies.has(spec.name)) throw proxyExists();
      return this.#create(spec);
    });
  }

  update(name: string, change: (current: Proxy) => Omit<ProxySpec, "name">): Promise<Proxy> {
    return this.#inTurn(async () => {
      const proxy = this.get(name);
      await proxy.update(change(proxy));
      return proxy;
    });
  }

  remove(name: string): Promise<void> {
    return this.#inTurn(async () => {
      this.get(name).stop();
      this.#proxies.delete(name);
    });
  }

  /**
   * Creates what is missing, replaces what differs, keeps (toxics, enabled or not) what is equal.
   * Nothing is touched when a field is missing; when a listener fails, those before it stay and the error tells the rest.
   */
  populate(specs: readonly ProxySpec[]): Promise<{ readonly proxies: readonly Proxy[]; readonly error?: ApiError }> {
    return this.#inTurn(async () => {
      const proxies: Proxy[] = [];
      try {
        specs.forEach((spec, i) => checkSpec(spec, ` at proxy ${i + 1}`));
        for (const spec of specs) {
          const existing = this.#proxies.get(spec.name);
          if (existing !== undefined && !(await existing.differs(spec.listen, spec.upstream))) proxies.push(existing);
          else {
            existing?.stop();
            proxies.push(await this.#create(spec));
          }
        }
        return { proxies };
      } catch (error) {
        if (error instanceof ApiError) return { proxies, error };
        throw error;
      }
    });
  }

  /** Starts every proxy and removes every toxic. All are tried; the first failure is reported. */
  reset(): Promise<void> {
    return this.#inTurn(async () => {
      let failure: unknown;
      for (const proxy of this.all()) {
        for (const toxic of proxy.toxics()) proxy.removeToxic(toxic.name);
        await proxy.start().catch((error: unknown) => (failure ??= error));
      }
      if (failure !== undefined) throw failure;
    });
  }

  /** The end: every listener and connection closes. */
  stopAll(): void {
    for (const proxy of this.all()) proxy.stop();
  }

  async #create(spec: ProxySpec): Promise<Proxy> {
    const proxy = new Proxy({ ...this.#options, name: spec.name, listen: spec.listen, upstream: spec.upstream, random: this.#options.random.fork(spec.name) });
    if (spec.enabled) await proxy.start();
    this.#proxies.set(spec.name, proxy);
    return proxy;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}

function checkSpec(spec: ProxySpec, where: string): void {
  if (spec.name === "") throw missingField(`name${where}`);
  if (spec.upstream === "") throw missingField(`upstream${where}`);
}
