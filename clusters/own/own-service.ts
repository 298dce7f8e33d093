import { readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { linearizable } from "../../harness/claim.ts";
import type { Client } from "../../harness/client.ts";
import type { Cluster, Endpoint } from "../../harness/cluster.ts";
import { HarnessError } from "../../harness/errors.ts";
import { nodeNames } from "../../harness/ids.ts";
import type { DatabaseDefinition } from "../../harness/database.ts";
import type { OptionSpec, Settings } from "../../harness/options.ts";
import { adoptedCluster } from "./adopted-cluster.ts";
import { parseCompose } from "./compose.ts";
import { endpointCluster, loopbackEndpoint } from "./endpoint-cluster.ts";
import type { Ready } from "./readiness.ts";
import { serviceCluster } from "./service-cluster.ts";
import type { ImageSource, ServiceSpec } from "./service-spec.ts";

/**
 * A service of the user's own: what a definition file (`rashomon run ./my-service.ts`) exports as its default.
 * `docs/own-service.md` leads through one.
 */
export interface OwnService {
  /** Letters, digits and dashes. */
  readonly name: string;
  /** Names of the workloads whose calls its client understands, the usual one first. */
  readonly workloads: readonly string[];
  readonly runs: WhereItRuns;
  /** Settings of its own, for `--set KEY=VALUE`; they reach it by `environment`. */
  readonly options?: readonly OptionSpec[];
  /** When a node serves: a path that it answers over HTTP with a status below 400, or a function that asks it. */
  readonly ready: Ready;
  /** Puts the object of the workload in its first state (a register holds null), asked once when all serve; without it they begin so. */
  prepare?(at: Endpoint, signal: AbortSignal): Promise<void>;
  /** How long the nodes may take to be ready, first and after a kill; default 60,000. */
  readonly readyMsMax?: number;
  /** What its users may expect, as a text for the report; default: every operation takes effect at one moment. */
  readonly promise?: string;
  /** `object`: name of the workload's object, since two may have functions of one name. */
  client(object: string): Client;
}

/** Paths are relative to the definition file. */
export type WhereItRuns =
  | ({ readonly dockerfile: string; readonly files?: ExtraFiles } & Nodes)
  | ({ readonly image: string } & Nodes)
  | { readonly compose: string; readonly files?: ExtraFiles }
  | { readonly containers: readonly string[]; readonly port: number }
  | { readonly endpoints: readonly string[] };

/** Files from elsewhere for builds, by their name in the build's context; executable. */
export type ExtraFiles = { readonly [name: string]: string };

/** As many alike as `--nodes` says, called n1, n2, …, which are also their hosts' names. */
interface Nodes {
  /** Where it listens for clients, at every address of its container. */
  readonly port: number;
  /** Further ports at which nodes dial each other. */
  readonly peerPorts?: readonly number[];
  /** Environment of a node: how it learns who it is and who the others are. */
  environment?(node: string, place: { readonly all: readonly string[]; readonly settings: Settings }): { readonly [name: string]: string };
  /** In place of the image's own. */
  readonly command?: readonly string[];
}

/** What of a service's place only the command line knows. */
export interface OwnPlace {
  /** Absolute; the definition file's. */
  readonly folder: string;
  /** Whether containers that are not ours may be paused and killed. */
  readonly adoptedFaults: "allowed" | "refused";
}

/** As a system under test. Reads the Compose file and looks at the endpoints; errors are `BAD_OPTION` and `OUTSIDE_TRAFFIC`. */
export function ownDatabase(service: OwnService, place: OwnPlace): DatabaseDefinition & { readonly nodes?: number } {
  const { runs, ready, readyMsMax = 60_000 } = service;
  const where = whereOf(runs, place);
  return {
    name: service.name,
    summary: `a service of your own, ${where.said}`,
    options: service.options ?? [],
    clusters: [where.kind],
    workloads: service.workloads,
    ...(where.nodes === undefined ? {} : { nodes: where.nodes }),
    claim: () => (service.promise === undefined ? linearizable("object", "no document: it is what services are held against unless they promise less") : { text: service.promise, model: "as its maker says", source: "the definition file" }),
    cluster: (settings, { nodes, runId }) => prepared(where.cluster({ ready, readyMsMax, nodes, runId, settings, name: service.name }), service),
    client: (_settings, object) => service.client(object),
  };
}

/** The cluster, with its object in the first state when it has started. */
function prepared(cluster: Cluster, { prepare }: OwnService): Cluster {
  if (prepare === undefined) return cluster;
  return {
    ...cluster,
    async start(options) {
      const running = await cluster.start(options);
      try {
        await prepare(await running.endpoint((running.clientNodes ?? running.nodes)[0]!, 0), options.signal);
        return running;
      } catch (cause) {
        await running[Symbol.asyncDispose]();
        throw new HarnessError("CLUSTER_START", "the service's own `prepare` failed", { nextStep: "correct it in the definition file, or look at the service's log", cause });
      }
    },
  };
}

interface Where {
  readonly said: string;
  readonly kind: "docker" | "local";
  /** How many there are, where the command line has no say. */
  readonly nodes?: number;
  cluster(options: { readonly ready: Ready; readonly readyMsMax: number; readonly nodes: number; readonly runId: string; readonly settings: Settings; readonly name: string }): Cluster;
}

function whereOf(runs: WhereItRuns, { folder, adoptedFaults }: OwnPlace): Where {
  if ("endpoints" in runs) {
    const { endpoints } = runs;
    for (const endpoint of endpoints) loopbackEndpoint(endpoint);
    return { said: `at ${endpoints.join(", ")}: load only`, kind: "local", nodes: endpoints.length, cluster: ({ ready, readyMsMax }) => endpointCluster({ endpoints, ready, readyMsMax }) };
  }
  if ("containers" in runs) {
    const { containers, port } = runs;
    return { said: `in containers that run already: load, and with --allow-faults pause and kill`, kind: "docker", nodes: containers.length, cluster: ({ ready, readyMsMax }) => adoptedCluster({ containers, port, ready, readyMsMax, faults: adoptedFaults }) };
  }
  if ("compose" in runs) {
    const file = resolve(folder, runs.compose);
    const services = parseCompose(textOf(file), file).map((spec) => withFiles(spec, filesOf(runs.files, folder)));
    return { said: `in Docker from ${runs.compose}: ${services.map(({ name }) => name).join(", ")}`, kind: "docker", nodes: services.length, cluster: ({ name, ready, readyMsMax, runId }) => serviceCluster({ name, services, ready, readyMsMax, runId }) };
  }
  const image: ImageSource = "image" in runs ? { from: "registry", image: runs.image } : { from: "build", build: buildOf(runs, folder) };
  return {
    said: `in Docker from ${"image" in runs ? `image ${runs.image}` : runs.dockerfile}`,
    kind: "docker",
    cluster: ({ name, ready, readyMsMax, nodes, runId, settings }) => serviceCluster({ name, services: alike(runs, { image, nodes, settings }), ready, readyMsMax, runId }),
  };
}

function buildOf(runs: { readonly dockerfile: string; readonly files?: ExtraFiles }, folder: string): Extract<ImageSource, { from: "build" }>["build"] {
  const path = resolve(folder, runs.dockerfile);
  return { context: dirname(path), dockerfile: basename(path), args: {}, files: filesOf(runs.files, folder) };
}

function filesOf(files: ExtraFiles = {}, folder: string): ExtraFiles {
  return Object.fromEntries(Object.entries(files).map(([name, file]) => [name, resolve(folder, file)]));
}

function withFiles(spec: ServiceSpec, files: ExtraFiles): ServiceSpec {
  return spec.image.from === "build" ? { ...spec, image: { from: "build", build: { ...spec.image.build, files } } } : spec;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new HarnessError("FILE_UNREADABLE", `cannot read the Compose file ${file}`, { nextStep: "correct `runs.compose`: it is relative to the definition file", cause });
  }
}

function alike(runs: Nodes, { image, nodes, settings }: { readonly image: ImageSource; readonly nodes: number; readonly settings: Settings }): ServiceSpec[] {
  const names = nodeNames(nodes);
  return names.map((name) => ({
    name,
    image,
    environment: runs.environment?.(name, { all: names, settings }) ?? {},
    ...(runs.command === undefined ? {} : { command: runs.command }),
    ports: [runs.port, ...(runs.peerPorts ?? [])],
    takesClients: true,
    after: [],
    volumes: [],
  }));
}
