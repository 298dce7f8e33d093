import type { Endpoint } from "../../harness/cluster.ts";
import type { NodeId } from "../../harness/ids.ts";
import type { Settings } from "../../harness/options.ts";
import type { DebianRelease } from "./debian.ts";
import type { ImageWork } from "./image.ts";

/**
 * What a database tells the Docker cluster of itself: how its image is made, what is done before its first start, which
 * daemons run on a node, and how to see from outside whether it serves, who leads and when all agree. The cluster does
 * the rest, in this order, each step on all nodes at once:
 *
 *     image ─ containers ─ setUp ─ daemons[0] ─ ready ─ daemons[1] ─ … ─ serves ─ prepare ─ no disagreement
 *
 * `docs/databases.md` tells how to add one.
 */
export interface DockerSystem {
  readonly name: string;
  /** Absolute path of its Dockerfile, which stands on `ARG BASE`. */
  readonly dockerfile: string;
  /** Files from elsewhere that its Dockerfile copies, by their name in the build context; a function makes them first. */
  readonly files?: BuildFiles | ((work: ImageWork) => Promise<BuildFiles>);
  /** What its image stands on; default Debian 12. */
  readonly debian?: DebianRelease;
  /** Of what release its Dockerfile takes programs besides: it has `ARG SECOND`, a base image of that release, and `relocate` in its context. */
  readonly secondDebian?: DebianRelease;
  /** Where clients connect. */
  readonly clientPort: number;
  /** Further ports at which the host looks at a node past all proxies: a REST interface, a second daemon. */
  readonly lookingPorts?: readonly number[];
  readonly peers: PeerLinks;
  readonly settings: Settings;
  /** How to see whether a link lets something through; without it the evidence of a fault on links is only that it is set. */
  readonly probe?: LinkProbe;
  /** Names that `holders` knows: what a fault may have as its target. */
  readonly roles: readonly string[];
  /** Folders that hold all that a node keeps, absolute; the parent of each has room for a copy. Emptied when it joins as a new member. */
  readonly dataFolders: readonly string[];
  /** For how long after its start a node certainly syncs none of its data, ms; absent where that is not known. For faults of power. */
  readonly unsyncedMs?: number;
  /** How its members are changed while it runs; absent: they are not. */
  readonly membership?: MembershipOperations;
  /** How one of its daemons says what the time is: a witness of clock faults. Absent: none does. */
  readonly clock?: ClockQuestion;
  /** Prints the version: what `pattern` finds first goes into `run.json`. */
  readonly version: { readonly argv: readonly string[]; readonly pattern: RegExp };
  /** Whether nodes start all at once (default) or each when the one before it serves. */
  readonly start?: "together" | "one by one";
  /** What is done in a node's container before its daemons start for the first time. */
  setUp?(place: NodePlace): SetUp;
  /** What runs on a node, in the order in which it is started, then and again after a kill. */
  daemons(place: NodePlace): readonly Daemon[];
  /** A real request, answered only by a node that can do its work. */
  serves(at: Lookout, signal: AbortSignal): Promise<boolean>;
  /** Done once, when all nodes serve for the first time: schema, users, queues. */
  prepare?(at: ReadonlyMap<NodeId, Lookout>, signal: AbortSignal): Promise<void>;
  /** What still keeps the nodes from agreeing; undefined when they all serve and agree. */
  disagreement(at: ReadonlyMap<NodeId, Lookout>, signal: AbortSignal): Promise<string | undefined>;
  /** Nodes that never agree with the others again unless an operator restarts them; the harness does it when all is healed. Absent: none. */
  mustRestart?(at: ReadonlyMap<NodeId, Lookout>, signal: AbortSignal): Promise<readonly NodeId[]>;
  /** Nodes that hold the role now, the one most likely to hold it rightly first. */
  holders(role: string, at: ReadonlyMap<NodeId, Lookout>, signal: AbortSignal): Promise<readonly NodeId[]>;
}

/**
 * How an operator replaces a node, with the system's own tools. Commands run in the container of the node that leaves or
 * joins, whose network reaches all others, and can be repeated: the run and `rashomon heal` use the same. In this order:
 *
 *     leave ─ daemons killed ─ left             the others go on without it
 *     data folders emptied ─ setUp ─ join ─ daemons started with `joinArgs` ─ joined ─ serves and is a member
 */
export interface MembershipOperations {
  /** As most of those that answer count; empty when nobody tells. */
  members(at: ReadonlyMap<NodeId, Lookout>, signal: AbortSignal): Promise<readonly NodeId[]>;
  /** Roles that the first node holds for good, so that it never leaves; absent: every node may leave. */
  readonly rolesOfFirst?: readonly string[];
  leave?(place: NodePlace): readonly NodeCommand[];
  left?(place: NodePlace): readonly NodeCommand[];
  join?(place: NodePlace): readonly NodeCommand[];
  /** Its daemons have been started, and may not serve yet: a command that needs them waits for them. */
  joined?(place: NodePlace): readonly NodeCommand[];
}

/** Which daemon's clock it is, and how it is asked past all proxies: ms since 1970, undefined when it does not say. */
export interface ClockQuestion {
  readonly process: string;
  /** What it says may be rounded by so much. */
  readonly resolutionMs: number;
  ask(at: Lookout, signal: AbortSignal): Promise<number | undefined>;
}

export interface BuildFiles {
  readonly [name: string]: string;
}

/**
 * How peers reach each other, and so how their links are led through proxies.
 *
 *     name      peers are configured by `hostname`, which leads to a node's own proxies at 127.0.1.x. These have the
 *               peers' ports, so a daemon must listen there on the node's `address` and 127.0.0.1 only.
 *     address   peers tell each other addresses: what a pod dials to a peer's address is redirected into its proxies.
 *               Daemons listen where they like; names lead to the addresses.
 */
export interface PeerLinks {
  readonly reachedBy: "name" | "address";
  /** Every port on which a node is dialled by its peers. */
  readonly ports: readonly number[];
}

/** Asked through a link before a fault and while it is on. */
export interface LinkProbe {
  /** Which of the peers' ports is asked. */
  readonly peerPort: number;
  readonly peer: Question;
  readonly clients: Question;
}
/** What a living node answers, with a quorum or without: a path over HTTP, or bytes over TCP (none: the node speaks first). */
export type Question = { readonly http: string } | { readonly tcp: string };

export interface DockerNode {
  readonly id: NodeId;
  /** Its address in the cluster's network. */
  readonly address: string;
  /** `n1.cl`: see `PeerLinks` for where it leads. */
  readonly hostname: string;
}

/** A node among the others, for what is configured by them. */
export interface NodePlace {
  readonly node: DockerNode;
  /** In order, `node` among them. */
  readonly all: readonly DockerNode[];
  /** Unique among clusters: a token that keeps nodes of different ones apart. */
  readonly runId: string;
}

/** Where the host finds a node's client port past all proxies, and its further looking ports by number. */
export interface Lookout extends Endpoint {
  readonly node: DockerNode;
  readonly ports: ReadonlyMap<number, Endpoint>;
}

/** Files first, then commands, in order; a command that ends with other than 0 ends the start. */
export interface SetUp {
  readonly files?: readonly NodeFile[];
  readonly commands?: readonly NodeCommand[];
}
export interface NodeFile {
  /** Absolute; its folder is made if it is not there. */
  readonly path: string;
  readonly content: string;
  /** User who owns it and its folder; default root. */
  readonly owner?: string;
  /** Default `644`. */
  readonly mode?: string;
}
export interface NodeCommand {
  readonly argv: readonly string[];
  /** Default root. */
  readonly user?: string;
  readonly env?: { readonly [name: string]: string };
}

/** A program that runs on a node by itself. Faults hit all daemons of a node, or one by its name. */
export interface Daemon {
  /** `etcd`, `patroni`: what faults and log files call it. */
  readonly name: string;
  readonly user: string;
  /** The program's file, or a script's; the process is known again by its file's name (as `ps -o comm` shows it) and its user. */
  readonly program: string;
  readonly args: readonly string[];
  /** Of the same file name: what is started in its place from the second start on, such as a newer version. */
  readonly laterProgram?: string;
  /** Arguments that only the first start adds: those of a bootstrap. */
  readonly firstArgs?: readonly string[];
  /** Arguments that only a start adds with which the node joins a cluster that is there: in place of `firstArgs`. */
  readonly joinArgs?: readonly string[];
  readonly env?: { readonly [name: string]: string };
  /** It is started, and started again, by another daemon of the node; its pid is the first line of this file. */
  readonly startedBy?: { readonly daemon: string; readonly pidfile: string };
  /** Log files beside what it prints. */
  readonly logs?: readonly string[];
  /** Asked until true before the node's next daemon is started; without it the next one starts at once. */
  ready?(at: Lookout, signal: AbortSignal): Promise<boolean>;
}
