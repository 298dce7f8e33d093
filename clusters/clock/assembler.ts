import { assert } from "../../harness/assert.ts";

/**
 * The smallest assembler that the stub of `stub.ts` needs: each line is an instruction as people read it beside its
 * bytes, of which those that depend on a distance (a jump, an address relative to the instruction pointer) are left to
 * `assemble`. A distance counts from the end of its instruction, where it stands last: so x86-64 has it.
 */
export type Line =
  | { readonly label: string }
  | { readonly text: string; readonly bytes: readonly Byte[] }
  /** Zeros up to the next multiple of so many bytes. */
  | { readonly align: number };

/** A byte, or the place of a signed distance to a label: one byte long or four. */
export type Byte = number | { readonly to: string; readonly sizeBytes: 1 | 4 };

/** An instruction, or data. */
export function op(text: string, ...bytes: readonly (Byte | readonly Byte[])[]): Line {
  return { text, bytes: bytes.flat() };
}

export function label(name: string): Line {
  return { label: name };
}

/** A distance of one byte to a label. */
export function near(to: string): Byte {
  return { to, sizeBytes: 1 };
}

/** A distance of four bytes to a label. */
export function far(to: string): Byte {
  return { to, sizeBytes: 4 };
}

/** A constant of four bytes, least significant first. */
export function long(value: number): readonly Byte[] {
  return [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
}

export interface Program {
  readonly code: Buffer;
  /** Offset of a label in `code`. */
  at(label: string): number;
}

/** Two passes: where the labels are, then the bytes. A distance that does not fit is a bug of the caller. O(lines). */
export function assemble(lines: readonly Line[]): Program {
  const labels = new Map<string, number>();
  let sizeBytes = 0;
  for (const line of lines) {
    if ("label" in line) labels.set(line.label, sizeBytes);
    sizeBytes = endOf(line, sizeBytes);
  }
  const at = (name: string): number => {
    const offset = labels.get(name);
    assert(offset !== undefined, `the program has a label ${name}`);
    return offset;
  };
  const code = Buffer.alloc(sizeBytes);
  let offset = 0;
  for (const line of lines) {
    const end = endOf(line, offset);
    for (const byte of "bytes" in line ? line.bytes : []) {
      if (typeof byte === "number") code[offset++] = byte;
      // Throws when the distance is out of range.
      else offset = code.writeIntLE(at(byte.to) - end, offset, byte.sizeBytes);
    }
    offset = end;
  }
  return { code, at };
}

function endOf(line: Line, offset: number): number {
  if ("align" in line) return Math.ceil(offset / line.align) * line.align;
  if ("label" in line) return offset;
  return offset + line.bytes.reduce<number>((sum, byte) => sum + (typeof byte === "number" ? 1 : byte.sizeBytes), 0);
}
