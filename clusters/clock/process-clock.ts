import { closeSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { HarnessError } from "../../harness/errors.ts";
import { isSame } from "../../harness/process-identity.ts";
import { type AllWords, noSkew } from "./skew.ts";
import { type ProcessId, whileStill } from "./standstill.ts";
import { decodeSet, encodeSet, setBytes, stub } from "./stub.ts";
import { planPatch, unsupported, type VdsoPatch } from "./vdso.ts";

/**
 * The clocks of one running process, changed in its own copy of the vDSO through `/proc/PID/mem` (the first write to a
 * page gives the process a copy of its own). Nothing is loaded into it, it is not started anew, and no clock of the
 * machine is touched:
 *
 *     first    stub into the empty end of the image, with its words ─ process stopped ─ three jumps ─ goes on
 *     then     the set of words that is not in force ─ the switch               no stop, some 10 µs
 *     reset    words that change nothing ─ process stopped ─ the jumps' original bytes ─ goes on
 *
 * The kernel maps the same image into all processes, so ours is the original to compare with and to go back to. A
 * process whose image differs otherwise (of 32 bits, or changed by others) is refused. The stub itself stays after a
 * reset, where nobody comes: a thread that was held up in it may still have to leave.
 *
 * A forked child inherits the changed copy; a program that is executed anew has a fresh one.
 */
export type ClockState =
  /** As the kernel made it. */
  | { readonly state: "true" }
  | { readonly state: "skewed"; readonly words: AllWords }
  | { readonly state: "gone" };

/** Sets the clocks of a process by these words. Does nothing to one that is gone. `CAPABILITY_MISSING`, `FAULT_FAILED`. */
export async function setClock(process: ProcessId, words: AllWords): Promise<void> {
  using image = openImage(process);
  if (image === undefined) return;
  const { patch } = image;
  expectOurs(image);
  if (image.read(patch.stubAt, 1)[0] === 0) image.write(patch.stubAt, stubWith(words));
  else switchWords(image, words);
  if (patch.jumps.every(({ at, jump }) => image.read(at, jump.length).equals(jump))) return;
  await withJumps(image, () => {
    for (const { at, jump } of patch.jumps) image.write(at, jump);
  });
}

/** Gives a process the machine's clocks back; does nothing to one that has them, or is gone. */
export async function resetClock(process: ProcessId): Promise<void> {
  using image = openImage(process);
  if (image === undefined || lookAt(image).state !== "skewed") return;
  switchWords(image, noSkew);
  await withJumps(image, () => {
    for (const { at, original } of image.patch.jumps) image.write(at, original);
  });
}

/** Reads back what a process's clocks are changed by. */
export function lookAtClock(process: ProcessId): ClockState {
  using image = openImage(process);
  return image === undefined ? { state: "gone" } : lookAt(image);
}

/** Whether clocks of this machine's processes can be changed at all: not on another architecture, or with a vDSO without room. */
export function clocksSupported(): boolean {
  try {
    return ownPatch() !== undefined;
  } catch {
    return false;
  }
}

interface Image extends Disposable {
  readonly process: ProcessId;
  readonly patch: VdsoPatch;
  readonly base: number;
  read(at: number, sizeBytes: number): Buffer;
  write(at: number, bytes: Buffer): void;
}

function lookAt(image: Image): ClockState {
  const { patch } = image;
  expectOurs(image);
  if (!patch.jumps.some(({ at, jump }) => image.read(at, jump.length).equals(jump))) return { state: "true" };
  const inForce = image.read(patch.stubAt + stub.at("inForce"), 1)[0]!;
  return { state: "skewed", words: decodeSet(image.read(patch.stubAt + stub.at("sets") + inForce, setBytes)) };
}

function stubWith(words: AllWords): Buffer {
  const code = Buffer.from(stub.code);
  encodeSet(words).copy(code, stub.at("sets"));
  return code;
}

/** Fills the set that nobody reads, then makes it the one that is read: a switch of one byte. */
function switchWords(image: Image, words: AllWords): void {
  const { stubAt } = image.patch;
  const inForceAt = stubAt + stub.at("inForce");
  const next = image.read(inForceAt, 1)[0] === 0 ? setBytes : 0;
  image.write(stubAt + stub.at("sets") + next, encodeSet(words));
  image.write(inForceAt, Buffer.of(next));
}

/** While no thread is inside the bytes that jumps take. At their first it may stand: it has done nothing of them yet. */
async function withJumps(image: Image, work: () => void): Promise<void> {
  const { base, patch, process } = image;
  await whileStill(process, patch.jumps.map(({ at, jump }) => [base + at + 1, base + at + jump.length] as const), work);
}

/** Refuses an image that is neither the kernel's nor that with our stub. */
function expectOurs(image: Image): void {
  const { original, stubAt, jumps } = image.patch;
  const seen = image.read(0, original.length);
  const codeBytes = stub.at("inForce");
  const rest = seen.subarray(stubAt, stubAt + codeBytes);
  const known = rest.equals(stub.code.subarray(0, codeBytes)) || rest.every((byte) => byte === 0);
  for (const jump of jumps) if (seen.subarray(jump.at, jump.at + jump.jump.length).equals(jump.jump)) jump.original.copy(seen, jump.at);
  if (known && seen.subarray(0, stubAt).equals(original.subarray(0, stubAt))) return;
  throw unsupported(`the vDSO of process ${image.process.pid} is not as the kernel made it: a program of 32 bits, or others have changed it`);
}

let own: VdsoPatch | undefined;

function ownPatch(): VdsoPatch {
  if (process.platform !== "linux" || process.arch !== "x64") throw unsupported(`clocks of processes are changed on x86-64 Linux only, not on ${process.arch} ${process.platform}`);
  if (own !== undefined) return own;
  const place = placeOf("self");
  if (place === undefined) throw unsupported("this kernel maps no vDSO");
  const memory = openSync("/proc/self/mem", "r");
  try {
    return (own = planPatch(readAt(memory, place.base, place.sizeBytes)));
  } finally {
    closeSync(memory);
  }
}

/** Undefined when the process is gone. */
function openImage(target: ProcessId): Image | undefined {
  const patch = ownPatch();
  const { pid, startTicks } = target;
  let memory: number | undefined;
  try {
    if (!isSame(pid, startTicks)) return undefined;
    const place = placeOf(pid);
    // A process that ends has no memory, and one that executes another program has its next in a moment.
    if (place === undefined) return undefined;
    memory = openSync(`/proc/${pid}/mem`, "r+");
    if (place.sizeBytes !== patch.original.length) throw unsupported(`the vDSO of process ${pid} has another size than ours: a program of 32 bits`);
    const file = memory;
    return {
      process: target,
      patch,
      base: place.base,
      read: (at, sizeBytes) => readAt(file, place.base + at, sizeBytes),
      write: (at, bytes) => writeAll(file, place.base + at, bytes),
      [Symbol.dispose]: () => closeSync(file),
    };
  } catch (error) {
    if (memory !== undefined) closeSync(memory);
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    if (code === "EACCES" || code === "EPERM") throw unsupported(`the memory of process ${pid} may not be written`, error);
    throw error;
  }
}

function placeOf(pid: number | "self"): { readonly base: number; readonly sizeBytes: number } | undefined {
  const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) .*\[vdso\]$/m.exec(readFileSync(`/proc/${pid}/maps`, "latin1")) ?? [];
  return from === undefined || to === undefined ? undefined : { base: Number.parseInt(from, 16), sizeBytes: Number.parseInt(to, 16) - Number.parseInt(from, 16) };
}

function readAt(memory: number, position: number, sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  const read = readSync(memory, bytes, 0, sizeBytes, position);
  if (read !== sizeBytes) throw new HarnessError("FAULT_FAILED", `${read} of ${sizeBytes} bytes of a process's memory were read`, { nextStep: "look whether the process still runs" });
  return bytes;
}

function writeAll(memory: number, position: number, bytes: Buffer): void {
  const written = writeSync(memory, bytes, 0, bytes.length, position);
  if (written !== bytes.length) throw new HarnessError("FAULT_FAILED", `${written} of ${bytes.length} bytes of a process's memory were written`, { nextStep: "look whether the process still runs" });
}
