import type { Endpoint } from "../../../harness/cluster.ts";

/**
 * A database's driver as a plain loop would use it: no deadline, no classes of errors, no history. What our clients are
 * measured against. The variants in `bare-drivers/` ask for the same things over the same protocol as the client does:
 * the same requests, statements, scripts, confirms and acknowledgements.
 */
export interface BareConnection {
  /** Of a queue: takes the next message, whatever the key. */
  get(key: string): Promise<unknown>;
  put(key: string, value: number): Promise<unknown>;
  close(): void;
}
/** Opens one connection. */
export type BareDriver = (endpoint: Endpoint) => Promise<BareConnection>;
