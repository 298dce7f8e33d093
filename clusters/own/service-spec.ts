/**
 * One container of a user's own service, wherever it was described: in a definition file by its Dockerfile or image, or
 * as a service of a Compose file. Each is a node: links to it go through proxies, and it can be paused and killed.
 */
export interface ServiceSpec {
  /** The node's name, and the host name under which the others find it. */
  readonly name: string;
  readonly image: ImageSource;
  readonly environment: { readonly [name: string]: string };
  /** In place of the image's own. */
  readonly command?: readonly string[];
  /** Where it listens, at every address; at least one. Peers' connections to these go through proxies. */
  readonly ports: readonly number[];
  /** Whether clients of the workload connect to it, on the first of its ports. */
  readonly takesClients: boolean;
  /** Services that run, or are healthy, before this one starts. */
  readonly after: readonly { readonly name: string; readonly condition: "started" | "healthy" }[];
  readonly healthcheck?: Healthcheck;
  /** Named volumes; the run makes them empty and removes them. */
  readonly volumes: readonly { readonly name: string; readonly target: string }[];
}

export type ImageSource = { readonly from: "registry"; readonly image: string } | { readonly from: "build"; readonly build: Build };

export interface Build {
  /** Absolute; all in it that its `.dockerignore` does not name goes to the engine. */
  readonly context: string;
  /** Relative to the context. */
  readonly dockerfile: string;
  readonly args: { readonly [name: string]: string };
  /** Files from elsewhere, by their name in the context; executable. */
  readonly files: { readonly [name: string]: string };
}

/** What the engine itself runs in the container, from time to time, to see whether it is healthy. */
export interface Healthcheck {
  /** As engines take it: `["CMD", …]` or `["CMD-SHELL", text]`. */
  readonly test: readonly string[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly startPeriodMs: number;
  readonly retries: number;
}
