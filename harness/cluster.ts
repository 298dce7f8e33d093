import type { Disturbance } from "./disturbance.ts";
import type { NodeId } from "./ids.ts";
import type { Json } from "./json.ts";
import type { Ledger } from "./ledger.ts";
import type { Random } from "./random.ts";

/**
 * Where nodes run and how to touch them. Capabilities are optional members: a fault asks its cluster what it can do,
 * and a missing one is an error before the run begins.
 */
export interface Cluster {
  /** `local`, `docker`, `simulated`. */
  readonly name: string;
  /** Absent where only the started cluster knows. */
  readonly abilities?: Abilities;
  start(options: ClusterStart): Promise<RunningCluster>;
}

/** What can be done to a cluster's nodes, known before it starts: a fault that needs more is refused then. */
export interface Abilities {
  readonly nodes: readonly NodeId[];
  /** `toxics`: links that can do more than be cut and delayed. */
  readonly can: readonly (Capability | "toxics")[];
  /** Names of a node's processes, where they can be chosen. */
  readonly processes: readonly string[];
  /** Roles that nodes may have; `unknown`: some, which are not known by name. */
  readonly roles: readonly string[] | "unknown";
  /** Absent: every member may leave. */
  readonly fixedMembers?: FixedMembers;
}

/** Nodes that never leave their cluster, as they hold these roles for good. */
export interface FixedMembers {
  readonly nodes: readonly NodeId[];
  readonly roles: readonly string[];
}

export interface ClusterStart {
  readonly signal: AbortSignal;
  /** Everything that is started writes its undo here first. */
  readonly ledger: Ledger;
  /** Absolute; `<logsFolder>/<node>/…` is the cluster's to fill. */
  readonly logsFolder: string;
  readonly random: Random;
  /** One progress line per event: `n1: healthy after 0.4 s`. */
  readonly progress: (line: string) => void;
}

export interface RunningCluster extends AsyncDisposable {
  readonly name: string;
  readonly nodes: readonly NodeId[];
  /** Those that take clients; without it all do. */
  readonly clientNodes?: readonly NodeId[];
  /** Where client thread `thread` reaches `node`, through that client link's own proxy; loopback or own container. */
  endpoint(node: NodeId, thread: number): Promise<Endpoint>;
  /** A real request that tells whether `node` serves now. */
  healthy(node: NodeId, signal: AbortSignal): Promise<boolean>;
  /** Waits until every node serves and agrees again (converged, not just rules removed). */
  converged(signal: AbortSignal): Promise<void>;
  /** Nodes that hold a role now, such as `leader`; empty when unknown. */
  roles?(role: string, signal: AbortSignal): Promise<readonly NodeId[]>;
  /** Log files, absolute, by node. */
  logs(node: NodeId): readonly string[];
  /** Tells every line that the nodes' logs have or get, as they get it, until the signal aborts; never rejects. */
  followLogs?(tell: (node: NodeId, line: string) => void, signal: AbortSignal): Promise<void>;
  /** Fetches the logs and leaves everything as it is, past this process's end; what ends it is `heal`. In place of disposing. */
  keep?(): Promise<void>;
  /** Versions, image digests, settings: goes into `run.json`. */
  describe(): Json;
  readonly net?: Net;
  readonly processes?: ProcessControl;
  readonly clocks?: ClockControl;
  readonly membership?: Membership;
  readonly power?: PowerControl;
}
export type Capability = "net" | "processes" | "clocks" | "membership" | "power";

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Message flow from → to, whoever dialled. Parties are nodes; `clients` stands for every client link of the other party. */
export interface Flow {
  readonly from: NodeId | "clients";
  readonly to: NodeId | "clients";
}

/** Links. Each method makes a `Disturbance` over a set of directed flows and has no effect by itself. */
export interface Net {
  /** Nothing passes; bytes sent while cut are lost and the connection dies at heal. */
  cut(flows: readonly Flow[]): Disturbance;
  /** Connections from → to end, and new ones are refused, as at a port where nobody listens; whoever dialled the others keeps them. */
  refuse?(flows: readonly Flow[]): Disturbance;
  /** Everything passes late. */
  delay(flows: readonly Flow[], options: { readonly latencyMs: number; readonly jitterMs: number }): Disturbance;
  /** Any toxic of Toxiproxy 2.12 on the flows, for faults beyond cut and delay. */
  toxic?(flows: readonly Flow[], toxic: { readonly type: string; readonly attributes: { readonly [name: string]: number } }): Disturbance;
}

/** Processes of nodes: all that a node consists of, or the one of that name (an agent, a supervisor). */
export interface ProcessControl {
  /** Names of a node's processes, where they can be chosen; the same on every node. */
  readonly names?: readonly string[];
  /** SIGSTOP; reverting is SIGCONT. */
  pause(node: NodeId, process?: string): Disturbance;
  /** SIGKILL; reverting starts it again with what it had on disk and waits until it serves. */
  kill(node: NodeId, process?: string): Disturbance;
}

/** Clocks of processes, never of a host. */
export interface ClockControl {
  /** All that a node consists of, or the process of that name, as in `ProcessControl`; processes that it starts later, too. Several skews of a node add up. */
  skew(node: NodeId, skew: ClockSkew, process?: string): Disturbance;
}

/** How clocks differ from the machine's while it is on. */
export interface ClockSkew {
  readonly offsetMs: number;
  /** Of its seconds to true ones, from the moment it comes on; 1: no drift. */
  readonly rate: number;
  /** Now so much more, now not, in turns of `periodMs`. */
  readonly strobe?: { readonly offsetMs: number; readonly periodMs: number };
  /** `realtime`: what tells dates. `all`: what measures durations, too (monotonic, since boot). */
  readonly clocks: "realtime" | "all";
}

/** Who belongs to the cluster, by its members' own count: not who serves now. */
export interface Membership {
  /** Absent: every member may leave. */
  readonly fixed?: FixedMembers;
  /** In the cluster's order; empty when nobody tells. */
  members(signal: AbortSignal): Promise<readonly NodeId[]>;
  /** The node leaves for good and loses all that it had; reverting lets it join as a new member and waits until it serves. */
  remove(node: NodeId): Disturbance;
}

/** Power of machines, and what their disks keep without it. */
export interface PowerControl {
  /** All at once die and lose what they wrote in the last `lossMs` and did not sync; reverting starts them again and waits until they serve. */
  lose(nodes: readonly NodeId[], lossMs: number): Disturbance;
}
