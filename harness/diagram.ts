/**
 * Pictures as plain data. Checkers and explorers make them; `results/` draws them as SVG and as text.
 * Positions are ranks (0, 1, 2 …), not times: the drawer chooses the scale.
 */
export type Diagram = ProcessLinesDiagram | LamportDiagram | CycleGraphDiagram;

/**
 * A history as process lines:
 *
 *     process 0  |--- write 1 ---|
 *     process 1        |- read → 1 -|
 */
export interface ProcessLinesDiagram {
  readonly kind: "process-lines";
  readonly title: string;
  readonly lanes: readonly { readonly label: string; readonly bars: readonly ProcessBar[] }[];
  /** Shaded spans, such as faults. */
  readonly bands?: readonly { readonly label: string; readonly start: number; readonly end: number }[];
  /** One line below the picture. */
  readonly caption?: string;
}
export interface ProcessBar {
  readonly start: number;
  /** `null`: never completed (crashed, `info`), drawn open to the right. */
  readonly end: number | null;
  readonly label: string;
  /** `impossible` is the operation that no order explains; `linearized` is in the longest explainable prefix. */
  readonly mark: "plain" | "linearized" | "impossible" | "crashed" | "context";
  /** Rank at which the operation takes effect in the drawn linearization, and its place (1, 2, …) in it. */
  readonly point?: { readonly at: number; readonly place: number };
  /** Shown on hover and in text form. */
  readonly note?: string;
  /** `Op.index` of the invocation. */
  readonly operation?: number;
}

/** Lamport's space-time diagram: one vertical line per actor, an arrow per message (Lamport, CACM 1978). */
export interface LamportDiagram {
  readonly kind: "lamport";
  readonly title: string;
  readonly lanes: readonly string[];
  readonly events: readonly {
    readonly lane: number;
    readonly at: number;
    readonly label: string;
    readonly mark: "plain" | "invoke" | "return" | "crash" | "recover" | "timer" | "violation";
    readonly note?: string;
  }[];
  readonly messages: readonly {
    readonly from: { readonly lane: number; readonly at: number };
    /** `null`: lost, or never delivered in this schedule. */
    readonly to: { readonly lane: number; readonly at: number } | null;
    readonly label: string;
  }[];
  readonly caption?: string;
}

/** Transactions and the dependencies between them (Adya's serialization graph); a cycle is an anomaly. */
export interface CycleGraphDiagram {
  readonly kind: "cycle-graph";
  readonly title: string;
  readonly nodes: readonly { readonly id: string; readonly label: string }[];
  readonly edges: readonly { readonly from: string; readonly to: string; readonly label: string; readonly note?: string }[];
  readonly caption?: string;
}
