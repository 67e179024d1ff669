/**
 * A column of numbers in as few bytes as its values need: the same step from each to the next, or words of one width.
 *
 *   column    code:u8 0 0 0  nr:u32  values, padded to 8      code 0: start:f64 step:f64
 */

/** Of its width. 0 is the steady one. */
const ARRAYS = [null, Uint8Array, Uint16Array, Int32Array, Uint32Array, Float64Array] as const;
const STEADY = 0;
const HEAD_BYTES = 8;

type Values = Uint8Array | Uint16Array | Int32Array | Uint32Array | Float64Array;

const padded = (bytes: number): number => (bytes + 7) & ~7;

export class Column {
  private constructor(
    readonly nr: number,
    /** null: from `start` on, each `step` more than the one before. */
    private readonly values: Values | null,
    private readonly start: number,
    private readonly step: number,
  ) {}

  /** The column at `at` of a chunk that is aligned to 8, and where the next one is. @throws RangeError */
  static read(bytes: Uint8Array, view: DataView, at: number): { readonly column: Column; readonly end: number } {
    const array = ARRAYS[view.getUint8(at)];
    const nr = view.getUint32(at + 4, true);
    const from = at + HEAD_BYTES;
    if (array === null)
      return { column: new Column(nr, null, view.getFloat64(from, true), view.getFloat64(from + 8, true)),
        end: from + 16 };
    if (array === undefined) throw new RangeError('a column of a width that is not known here');
    const end = from + padded(nr * array.BYTES_PER_ELEMENT);
    if (end > bytes.length) throw new RangeError('a column is cut short');
    return { column: new Column(nr, new array(bytes.buffer as ArrayBuffer, bytes.byteOffset + from, nr), 0, 0), end };
  }

  at(i: number): number {
    return this.values === null ? this.start + i * this.step : this.values[i];
  }

  /** Of all of them. */
  sum(): number {
    const { values, nr, start, step } = this;
    if (values === null) return nr * start + step * (nr * (nr - 1) / 2);
    // One loop for each width: a loop over arrays of several kinds is many times slower.
    if (values instanceof Uint8Array) return sumOfBytes(values);
    if (values instanceof Uint16Array) return sumOfHalves(values);
    if (values instanceof Float64Array) return sumOfDoubles(values);
    return values instanceof Int32Array ? sumOfIntegers(values) : sumOfWords(values);
  }

  /** The least and the greatest; none in an empty one. */
  bounds(): readonly [least: number, greatest: number] {
    const { values, nr, start, step } = this;
    if (values === null) return step < 0 ? [start + (nr - 1) * step, start] : [start, start + (nr - 1) * step];
    let [least, greatest] = [Infinity, -Infinity];
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (!(value >= least)) least = value;
      if (!(value <= greatest)) greatest = value;
    }
    return [least, greatest];
  }
}

function sumOfBytes(values: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum;
}

function sumOfHalves(values: Uint16Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum;
}

function sumOfIntegers(values: Int32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum;
}

function sumOfWords(values: Uint32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum;
}

function sumOfDoubles(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum;
}

/** Values of a column that is still to be written. */
export class PackedColumn {
  private readonly code: number;
  private readonly start: number;
  private readonly step: number;
  readonly bytes: number;

  constructor(private readonly values: readonly number[]) {
    const nr = values.length;
    this.start = nr === 0 ? 0 : values[0];
    this.step = nr < 2 ? 0 : values[1] - values[0];
    let [least, greatest] = [0, 0];
    let [steady, whole] = [true, true];
    for (let i = 0; i < nr; i++) {
      const value = values[i];
      if (value < least) least = value;
      if (value > greatest) greatest = value;
      if (value !== this.start + i * this.step) steady = false;
      // -0 would come back as 0.
      if (!Number.isInteger(value) || Object.is(value, -0)) whole = false;
    }
    this.code = steady && !Object.is(this.start, -0) ? STEADY : widthOf(least, greatest, whole);
    const array = ARRAYS[this.code];
    this.bytes = HEAD_BYTES + (array === null ? 16 : padded(nr * array.BYTES_PER_ELEMENT));
  }

  /** @returns where the next one goes */
  write(into: Uint8Array, view: DataView, at: number): number {
    const { values, code } = this;
    view.setUint8(at, code);
    view.setUint32(at + 4, values.length, true);
    const array = ARRAYS[code];
    if (array === null) {
      view.setFloat64(at + HEAD_BYTES, this.start, true);
      view.setFloat64(at + HEAD_BYTES + 8, this.step, true);
    } else new array(into.buffer as ArrayBuffer, into.byteOffset + at + HEAD_BYTES, values.length).set(values);
    return at + this.bytes;
  }
}

function widthOf(least: number, greatest: number, whole: boolean): number {
  if (!whole) return 5;
  if (least < 0) return least >= -(2 ** 31) && greatest < 2 ** 31 ? 3 : 5;
  return greatest < 2 ** 8 ? 1 : greatest < 2 ** 16 ? 2 : greatest < 2 ** 32 ? 4 : 5;
}
