/** The rows of single nodes, one a database: these run in `npm test`, all others that are steady in the long suite. */
export const cheapestRows: readonly string[] = ["postgres-write-skew", "mariadb-lost-update", "etcd-watch-lost-delete"];
