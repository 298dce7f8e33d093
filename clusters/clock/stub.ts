import { assemble, far, label, type Line, long, near, op, type Program } from "./assembler.ts";

/**
 * What a process whose clocks are skewed runs in place of the kernel's clock functions: it asks the kernel by a real
 * system call and changes the answer by the words in force. Position-independent; it changes only registers that a
 * called C function may change (which is what Go and the JVM expect of the vDSO, too).
 *
 *     skewed(now) = max(0, now + (now - base) · rate + offset + (⌊(now - base) / period⌋ odd ? delta : 0))
 *
 * Clocks come in families, each with words of its own, since a base of the one means nothing on the other: realtime
 * (with its coarse twin), monotonic (coarse, raw), time since boot. A process's own CPU time and what the kernel may
 * add later are left alone. There are two sets of words and a switch, one aligned store, from the one to the other: a
 * reader never sees half a change, unless it is held up between two loads for as long as two changes are apart.
 *
 * Only x86-64: another architecture needs another table. Calls that do not go through the vDSO are not changed.
 */
export const families = ["realtime", "monotonic", "boottime"] as const;
export type Family = (typeof families)[number];

/** What a family's clocks are changed by: integers of 64 bits, times in nanoseconds. */
export interface Words {
  /** From when the rate and the strobe count, of the family's true clock. */
  readonly base: bigint;
  /** (Rate - 1) · 2³². */
  readonly rate: bigint;
  readonly offset: bigint;
  /** 0: no strobe. */
  readonly period: bigint;
  readonly delta: bigint;
}

/** In the order in which they lie in memory. */
const fields = ["base", "rate", "offset", "period", "delta"] as const satisfies readonly (keyof Words)[];
const wordsBytes = 8 * fields.length;
/** One set: the words of each family. */
export const setBytes: number = wordsBytes * families.length;
const [base, rate, offset, period, delta] = fields.map((_, index) => 8 * index) as [number, number, number, number, number];

const untouched = 0xff;
const [ofRealtime, ofMonotonic, ofBoottime] = families.map((_, index) => index * wordsBytes) as [number, number, number];
/** By the kernel's number of a clock: where the words of its family are in a set. */
const clockFamilies = [
  ofRealtime, // REALTIME
  ofMonotonic, // MONOTONIC
  untouched, // PROCESS_CPUTIME_ID
  untouched, // THREAD_CPUTIME_ID
  ofMonotonic, // MONOTONIC_RAW
  ofRealtime, // REALTIME_COARSE
  ofMonotonic, // MONOTONIC_COARSE
  ofBoottime, // BOOTTIME
];

const clockGettimeCall = 228;
const second = 1_000_000_000;

const listing: readonly Line[] = [
  // int clock_gettime(clockid_t edi, struct timespec *rsi)
  label("clock_gettime"),
  op("mov    $228, %eax", 0xb8, long(clockGettimeCall)),
  op("syscall", 0x0f, 0x05),
  op("test   %eax, %eax", 0x85, 0xc0),
  op("jnz    out", 0x0f, 0x85, far("out")), // the kernel's refusal is passed on
  op("cmp    $7, %edi", 0x83, 0xff, clockFamilies.length - 1),
  op("ja     out", 0x0f, 0x87, far("out")), // unsigned: dynamic clocks have negative numbers
  op("mov    %edi, %edi", 0x89, 0xff), // clears the upper half
  op("lea    families(%rip), %rcx", 0x48, 0x8d, 0x0d, far("families")),
  op("movzbl (%rcx,%rdi), %ecx", 0x0f, 0xb6, 0x0c, 0x39),
  op("cmp    $0xff, %cl", 0x80, 0xf9, untouched),
  op("je     out", 0x74, near("out")),
  op("lea    sets(%rip), %r9", 0x4c, 0x8d, 0x0d, far("sets")),
  op("add    inForce(%rip), %r9", 0x4c, 0x03, 0x0d, far("inForce")),
  op("add    %rcx, %r9", 0x49, 0x01, 0xc9), // r9: the family's words
  op("imul   $1000000000, (%rsi), %r8", 0x4c, 0x69, 0x06, long(second)),
  op("add    8(%rsi), %r8", 0x4c, 0x03, 0x46, 8), // r8: now
  op("mov    %r8, %r10", 0x4d, 0x89, 0xc2),
  op("sub    base(%r9), %r10", 0x4d, 0x2b, 0x51, base), // r10: since base
  op("mov    %r10, %rax", 0x4c, 0x89, 0xd0),
  op("imulq  rate(%r9)", 0x49, 0xf7, 0x69, rate), // a product of 128 bits
  op("shrd   $32, %rdx, %rax", 0x48, 0x0f, 0xac, 0xd0, 32),
  op("add    %rax, %r8", 0x49, 0x01, 0xc0),
  op("add    offset(%r9), %r8", 0x4d, 0x03, 0x41, offset),
  op("mov    period(%r9), %rcx", 0x49, 0x8b, 0x49, period),
  op("test   %rcx, %rcx", 0x48, 0x85, 0xc9),
  op("jz     steady", 0x74, near("steady")),
  op("mov    %r10, %rax", 0x4c, 0x89, 0xd0),
  op("cqo", 0x48, 0x99),
  op("idiv   %rcx", 0x48, 0xf7, 0xf9),
  op("test   $1, %al", 0xa8, 1),
  op("jz     steady", 0x74, near("steady")),
  op("add    delta(%r9), %r8", 0x4d, 0x03, 0x41, delta),
  label("steady"),
  op("xor    %eax, %eax", 0x31, 0xc0),
  op("test   %r8, %r8", 0x4d, 0x85, 0xc0),
  op("cmovs  %rax, %r8", 0x4c, 0x0f, 0x48, 0xc0), // no time before the clock's zero
  op("mov    %r8, %rax", 0x4c, 0x89, 0xc0),
  op("xor    %edx, %edx", 0x31, 0xd2),
  op("mov    $1000000000, %ecx", 0xb9, long(second)),
  op("div    %rcx", 0x48, 0xf7, 0xf1),
  op("mov    %rax, (%rsi)", 0x48, 0x89, 0x06),
  op("mov    %rdx, 8(%rsi)", 0x48, 0x89, 0x56, 8),
  op("xor    %eax, %eax", 0x31, 0xc0),
  label("out"),
  op("ret", 0xc3),

  // int gettimeofday(struct timeval *rdi, struct timezone *rsi): a time zone is zero
  label("gettimeofday"),
  op("test   %rsi, %rsi", 0x48, 0x85, 0xf6),
  op("jz     noZone", 0x74, near("noZone")),
  op("movq   $0, (%rsi)", 0x48, 0xc7, 0x06, long(0)),
  label("noZone"),
  op("test   %rdi, %rdi", 0x48, 0x85, 0xff),
  op("jz     noTime", 0x74, near("noTime")),
  op("push   %rdi", 0x57),
  op("mov    %rdi, %rsi", 0x48, 0x89, 0xfe),
  op("xor    %edi, %edi", 0x31, 0xff),
  op("call   clock_gettime", 0xe8, far("clock_gettime")),
  op("pop    %rdi", 0x5f),
  op("mov    8(%rdi), %rax", 0x48, 0x8b, 0x47, 8),
  op("xor    %edx, %edx", 0x31, 0xd2),
  op("mov    $1000, %ecx", 0xb9, long(1_000)),
  op("div    %rcx", 0x48, 0xf7, 0xf1),
  op("mov    %rax, 8(%rdi)", 0x48, 0x89, 0x47, 8), // nanoseconds become microseconds
  label("noTime"),
  op("xor    %eax, %eax", 0x31, 0xc0),
  op("ret", 0xc3),

  // time_t time(time_t *rdi)
  label("time"),
  op("push   %rdi", 0x57),
  op("sub    $16, %rsp", 0x48, 0x83, 0xec, 16),
  op("mov    %rsp, %rsi", 0x48, 0x89, 0xe6),
  op("xor    %edi, %edi", 0x31, 0xff),
  op("call   clock_gettime", 0xe8, far("clock_gettime")),
  op("mov    (%rsp), %rax", 0x48, 0x8b, 0x04, 0x24),
  op("add    $16, %rsp", 0x48, 0x83, 0xc4, 16),
  op("pop    %rdi", 0x5f),
  op("test   %rdi, %rdi", 0x48, 0x85, 0xff),
  op("jz     told", 0x74, near("told")),
  op("mov    %rax, (%rdi)", 0x48, 0x89, 0x07),
  label("told"),
  op("ret", 0xc3),

  { align: 8 },
  label("families"),
  op("(by the number of the clock)", clockFamilies),
  label("inForce"),
  op("(0 or the size of a set)", zeros(8)),
  label("sets"),
  op("(two sets)", zeros(2 * setBytes)),
];

/** The functions of the vDSO that it stands in for; each is a label of the program, and `__vdso_` before it the symbol. */
export const functions = ["clock_gettime", "gettimeofday", "time"] as const;

/** The stub, with words that change nothing. Its labels: `functions`, `inForce`, `sets`. */
export const stub: Program = assemble(listing);

/** A set as it lies in memory. */
export function encodeSet(words: { readonly [family in Family]: Words }): Buffer {
  const bytes = Buffer.alloc(setBytes);
  for (const [index, family] of families.entries()) {
    for (const [word, field] of fields.entries()) bytes.writeBigInt64LE(words[family][field], index * wordsBytes + 8 * word);
  }
  return bytes;
}

export function decodeSet(bytes: Buffer): { readonly [family in Family]: Words } {
  const of = (index: number): Words => {
    const [base, rate, offset, period, delta] = fields.map((_, word) => bytes.readBigInt64LE(index * wordsBytes + 8 * word)) as [bigint, bigint, bigint, bigint, bigint];
    return { base, rate, offset, period, delta };
  };
  return { realtime: of(0), monotonic: of(1), boottime: of(2) };
}

function zeros(count: number): number[] {
  return Array.from({ length: count }, () => 0);
}
