/**
 * `new Int32Array(length)`, cheaper where it is small: such a column is a piece of a larger array that others share. A
 * typed array of more than 64 bytes lives outside V8's heap, which takes a third of a microsecond to arrange, more than
 * to judge some operations; a history of many keys needs a dozen for each. No piece is given out twice.
 */
export function int32Column(length: number): Int32Array {
  if (length > pieceMax) return new Int32Array(length);
  if (int32sTaken + length > int32s.length) {
    int32s = new Int32Array(sheetLength);
    int32sTaken = 0;
  }
  return int32s.subarray(int32sTaken, (int32sTaken += length));
}

/** `new Uint8Array(length)`, likewise. */
export function byteColumn(length: number): Uint8Array {
  if (length > pieceMax) return new Uint8Array(length);
  if (bytesTaken + length > bytes.length) {
    bytes = new Uint8Array(sheetLength);
    bytesTaken = 0;
  }
  return bytes.subarray(bytesTaken, (bytesTaken += length));
}

/** Longer columns are worth an array of their own. */
const pieceMax = 512;
const sheetLength = 4096;
let int32s = new Int32Array(0);
let int32sTaken = 0;
let bytes = new Uint8Array(0);
let bytesTaken = 0;
