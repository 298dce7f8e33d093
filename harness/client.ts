import type { NodeId } from "./ids.ts";
import type { Call, Outcome } from "./op.ts";
import type { Endpoint } from "./cluster.ts";

/** How clients talk to a system. Retries, pools and offline queues are off: a client tells the truth about what it knows. */
export interface Client {
  /** Opens a connection of one client thread to one node. A failure to open is a definite `fail` of the operation that needed it. */
  connect(target: ClientTarget): Promise<Connection>;
}
export interface ClientTarget {
  readonly node: NodeId;
  readonly thread: number;
  readonly endpoint: Endpoint;
  readonly signal: AbortSignal;
}
export interface Connection extends AsyncDisposable {
  /**
   * Does one call. `fail` only when it surely did not happen; what is ambiguous is `info`; a thrown error is `info` too.
   * The signal aborts at the operation's deadline: answer `info` (or throw) then. It may be the same for many calls
   * of a connection, so a call that is answered takes back what it added to it.
   */
  invoke(call: Call, signal: AbortSignal): Promise<Outcome>;
  /** True when it can serve no further call: the next one opens a new connection. After `info` that happens anyway. */
  readonly broken?: boolean;
}
