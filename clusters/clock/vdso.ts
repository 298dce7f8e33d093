import { HarnessError } from "../../harness/errors.ts";
import { functions, stub } from "./stub.ts";

/**
 * The vDSO: a small shared library that the kernel maps into every process, through whose functions C, Go, Java and
 * Node read their clocks. Where the stub fits into it:
 *
 *     0 ── headers ── symbols ── … clock_gettime … time … ── section table ── (zeros up to the page's end) ──
 *                                    │                                          ▲
 *                                    └── first 5 bytes: jmp ────────────────────┘ stub
 *
 * The zeros belong to nothing, so nobody runs there while it is written; only the jumps need the process to stand still.
 */
export interface VdsoPatch {
  /** The whole image as the kernel made it. */
  readonly original: Buffer;
  /** Where the stub begins, a multiple of 8. */
  readonly stubAt: number;
  readonly jumps: readonly Jump[];
}

/** What a function of the vDSO begins with: as the kernel made it, and as a jump into the stub. */
export interface Jump {
  readonly at: number;
  readonly original: Buffer;
  readonly jump: Buffer;
}

const jumpBytes = 5;
const jmp = 0xe9;

/** The stub's place in this image; `CAPABILITY_MISSING` when it is no such image, or has no room. O(size). */
export function planPatch(original: Buffer): VdsoPatch {
  const stubAt = Math.ceil(contentEnd(original) / 8) * 8;
  if (original.subarray(stubAt).some((byte) => byte !== 0)) throw unsupported("the end of this kernel's vDSO is not empty");
  if (original.length - stubAt < stub.code.length) throw unsupported(`this kernel's vDSO has ${original.length - stubAt} bytes of room, the stub needs ${stub.code.length}`);
  const symbols = symbolsOf(original);
  const jumps = functions.map((name): Jump => {
    const at = symbols.get(`__vdso_${name}`);
    if (at === undefined) throw unsupported(`this kernel's vDSO has no __vdso_${name}`);
    const jump = Buffer.alloc(jumpBytes, jmp);
    jump.writeInt32LE(stubAt + stub.at(name) - (at + jumpBytes), 1);
    return { at, original: original.subarray(at, at + jumpBytes), jump };
  });
  return { original, stubAt, jumps };
}

/** Where what the headers tell of ends. */
function contentEnd(image: Buffer): number {
  const { segments, sections } = headersOf(image);
  return Math.max(sections.end, ...segments.map(({ fileOffset, fileBytes }) => fileOffset + fileBytes));
}

/** Defined functions by name: their offsets. */
function symbolsOf(image: Buffer): Map<string, number> {
  const { sections } = headersOf(image);
  const symbols = new Map<string, number>();
  for (const { type, offset, sizeBytes, link } of sections.all) {
    const names = sections.all[link];
    if (type !== dynamicSymbols || names === undefined) continue;
    for (let at = offset; at + symbolBytes <= offset + sizeBytes; at += symbolBytes) {
      const name = names.offset + image.readUInt32LE(at);
      symbols.set(image.toString("latin1", name, image.indexOf(0, name)), Number(image.readBigUInt64LE(at + 8)));
    }
  }
  return symbols;
}

const dynamicSymbols = 11;
const symbolBytes = 24;
const x8664 = 62;

/** The parts of an ELF file of 64 bits that are needed here (System V ABI, chapters 4 and 5). */
function headersOf(image: Buffer): {
  readonly segments: readonly { readonly fileOffset: number; readonly fileBytes: number }[];
  readonly sections: { readonly end: number; readonly all: readonly { readonly type: number; readonly offset: number; readonly sizeBytes: number; readonly link: number }[] };
} {
  if (image.length < 64 || image.readUInt32BE(0) !== 0x7f454c46 || image[4] !== 2 || image.readUInt16LE(18) !== x8664) throw unsupported("what this kernel maps as vDSO is no library for x86-64");
  const word = (at: number): number => Number(image.readBigUInt64LE(at));
  const [segmentsAt, sectionsAt] = [word(32), word(40)];
  const [segmentBytes, segmentCount, sectionBytes, sectionCount] = [54, 56, 58, 60].map((at) => image.readUInt16LE(at)) as [number, number, number, number];
  const places = (at: number, sizeBytes: number, count: number): number[] => Array.from({ length: count }, (_, index) => at + index * sizeBytes);
  return {
    segments: places(segmentsAt, segmentBytes, segmentCount).map((at) => ({ fileOffset: word(at + 8), fileBytes: word(at + 32) })),
    sections: {
      end: sectionsAt + sectionBytes * sectionCount,
      all: places(sectionsAt, sectionBytes, sectionCount).map((at) => ({ type: image.readUInt32LE(at + 4), offset: word(at + 24), sizeBytes: word(at + 32), link: image.readUInt32LE(at + 40) })),
    },
  };
}

export function unsupported(why: string, cause?: unknown): HarnessError {
  return new HarnessError("CAPABILITY_MISSING", why, { nextStep: "leave out the clock faults, or run on x86-64 Linux with a kernel of which this holds", ...(cause === undefined ? {} : { cause }) });
}
