/**
 * A column of numbers in as few bytes as its values need: the same step from each to the next, or what each has more
 * than the least of them, in words of one width.
 *
 *   column    code:u8 0 0 0  nr:u32  start:f64  values, padded to 8      code 0: step:f64
 */

/** Of its width. 0 is the steady one. */
const ARRAYS = [null, Uint8Array, Uint16Array, Uint32Array, Float64Array] as const;
const STEADY = 0;
const DOUBLES = 4;
const HEAD_BYTES = 16;

type Values = Uint8Array | Uint16Array | Uint32Array | Float64Array;

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
    const start = view.getFloat64(at + 8, true);
    const from = at + HEAD_BYTES;
    if (array === null) return { column: new Column(nr, null, start, view.getFloat64(from, true)), end: from + 8 };
    if (array === undefined) throw new RangeError('a column of a width that is not known here');
    const end = from + padded(nr * array.BYTES_PER_ELEMENT);
    if (end > bytes.length) throw new RangeError('a column is cut short');
    return { column: new Column(nr, new array(bytes.buffer as ArrayBuffer, bytes.byteOffset + from, nr), start, 0),
      end };
  }

  at(i: number): number {
    return this.values === null ? this.start + i * this.step : this.start + this.values[i];
  }

  /** Whether nothing in it has a fraction, or is too large to be told from its neighbours. */
  get isWhole(): boolean {
    const { values, start, step } = this;
    const [least, greatest] = this.bounds();
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(step) || !Number.isSafeInteger(least)
      || !Number.isSafeInteger(greatest)) return this.nr === 0;
    return !(values instanceof Float64Array) || values.every(Number.isInteger);
  }

  /** Of all of them. */
  sum(): number {
    const { values, nr, start, step } = this;
    if (values === null) return nr * start + step * (nr * (nr - 1) / 2);
    // One loop for each width: a loop over arrays of several kinds is many times slower.
    return nr * start + (values instanceof Uint8Array
      ? sumOfBytes(values)
      : values instanceof Uint16Array
      ? sumOfHalves(values)
      : values instanceof Uint32Array
      ? sumOfWords(values)
      : sumOfDoubles(values));
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
    return [start + least, start + greatest];
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
    const first = nr === 0 ? 0 : values[0];
    this.step = nr < 2 ? 0 : values[1] - first;
    let [least, greatest] = [first, first];
    let [steady, whole] = [true, true];
    for (let i = 0; i < nr; i++) {
      const value = values[i];
      if (value < least) least = value;
      if (value > greatest) greatest = value;
      if (value !== first + i * this.step) steady = false;
      // -0 would come back as 0.
      if (!Number.isSafeInteger(value) || Object.is(value, -0)) whole = false;
    }
    this.code = steady && whole && Number.isSafeInteger(this.step)
      ? STEADY
      : whole
      ? widthOf(greatest - least)
      : DOUBLES;
    this.start = this.code === STEADY ? first : this.code === DOUBLES ? -0 : least;
    const array = ARRAYS[this.code];
    this.bytes = HEAD_BYTES + (array === null ? 8 : padded(nr * array.BYTES_PER_ELEMENT));
  }

  /** @returns where the next one goes */
  write(into: Uint8Array, view: DataView, at: number): number {
    const { values, code } = this;
    view.setUint8(at, code);
    view.setUint32(at + 4, values.length, true);
    const array = ARRAYS[code];
    view.setFloat64(at + 8, this.start, true);
    if (array === null) view.setFloat64(at + HEAD_BYTES, this.step, true);
    else {
      const words = new array(into.buffer as ArrayBuffer, into.byteOffset + at + HEAD_BYTES, values.length);
      for (let i = 0; i < words.length; i++) words[i] = values[i] - this.start;
    }
    return at + this.bytes;
  }
}

function widthOf(span: number): number {
  return span < 2 ** 8 ? 1 : span < 2 ** 16 ? 2 : span < 2 ** 32 ? 3 : DOUBLES;
}
