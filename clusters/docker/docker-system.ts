import type { Endpoint } from "../../harness/cluster.ts";
import type { NodeId } from "../../harness/ids.ts";
import type { Settings } from "../../harness/options.ts";

/**
 * What a database tells the Docker cluster of itself: how its image is made, how one node's daemon is started, and how
 * to see from outside whether it serves, who leads and when all agree. The cluster does the rest.
 */
export interface DockerSystem {
  readonly name: string;
  /** Absolute path of its Dockerfile, which stands on `ARG BASE`. */
  readonly dockerfile: string;
  /** Where clients connect; nodes listen there on every address. */
  readonly clientPort: number;
  /** Where peers connect; a node listens there on its own address only, its proxies to its peers take 127.0.1.x. */
  readonly peerPort: number;
  readonly settings: Settings;
  /** HTTP requests that a living node answers with or without a quorum, to see whether a link lets them through; absent where it speaks no HTTP. */
  readonly probe?: { readonly peerPath: string; readonly clientPath: string };
  /** Prints the version: what `pattern` finds first goes into `run.json`. */
  readonly version: { readonly argv: readonly string[]; readonly pattern: RegExp };
  /** How `node` is started, for the first time and again after a kill: the same line. */
  daemon(node: DockerNode, all: readonly DockerNode[], runId: string): Daemon;
  /** A real request, answered only by a node that can do its work. */
  serves(at: Endpoint, signal: AbortSignal): Promise<boolean>;
  /** What still keeps the nodes from agreeing; undefined when they all serve and agree. */
  disagreement(at: ReadonlyMap<NodeId, Endpoint>, signal: AbortSignal): Promise<string | undefined>;
  /** Nodes that hold the role now, the one most likely to hold it rightly first. */
  holders(role: string, at: ReadonlyMap<NodeId, Endpoint>, signal: AbortSignal): Promise<readonly NodeId[]>;
}

export interface DockerNode {
  readonly id: NodeId;
  /** Its address in the cluster's network. */
  readonly address: string;
  /** `n1.cl`: to itself its own address, to every other node that node's proxy to it. */
  readonly hostname: string;
}

export interface Daemon {
  readonly user: string;
  /** The program's file, by which its process is known again: no script, no link. */
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: { readonly [name: string]: string };
}
