import type { ActorId } from "../../harness/actor.ts";
import type { Endpoint } from "../../harness/cluster.ts";
import type { Settings } from "../../harness/options.ts";

/** What a node's process is told: `NodeConfig` as JSON in its environment, then `PeersLine`s on its standard input. */
export interface NodeConfig {
  /** Name in the registry of systems. */
  readonly system: string;
  readonly settings: Settings;
  readonly id: ActorId;
  /** Lives so far: 0 at the first start; `counted`: the node counts them in its data folder. */
  readonly epoch: number | "counted";
  /** 0: the kernel chooses. */
  readonly port: number;
  /** Addresses to listen on; loopback alone by default. */
  readonly listen?: readonly string[];
  /** The links' proxies, where they are known before the start; the actor then starts at once, and the process outlives its standard input. */
  readonly peers?: PeersLine["peers"];
  /** Absolute folder of what must survive a kill. */
  readonly dataFolder: string;
  readonly seed: string;
  /** Absolute; null: no diary is kept. */
  readonly traceFile: string | null;
  /** The diary ends (and the log says so) above that size. */
  readonly traceBytesMax: number;
  /** `command`: the deployed actor handles what it is told to, when it is told to; see `Gate`. */
  readonly pace: "clock" | "command";
}

/** Where the proxies of this node's links to its peers listen, by the peer's id. The actor starts with the first; a later one redirects. */
export interface PeersLine {
  readonly peers: { readonly [id: string]: Endpoint };
}

/** The one line that a node writes to its file descriptor 3. */
export type NodeLine = { readonly listening: number } | { readonly refused: string; readonly port: number };

export const configVariable = "RASHOMON_NODE";

/** Exit code of a node whose handler or runtime failed: the bug is in the log's last lines. */
export const exitBug = 70;
/** Exit code of a node that could not listen. */
export const exitNoPort = 69;
