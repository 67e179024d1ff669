/** A time of the wall clock. Nanoseconds since 1970 do not fit a double, so they are kept apart. */
export interface Moment {
  readonly micros: number;
  /** 0–999 within the microsecond. */
  readonly nanos: number;
}

/** As strace -ttt prints it, with what perf adds. */
export function formatMoment({ micros, nanos }: Moment): string {
  const seconds = Math.floor(micros / 1e6);
  const within = String(micros - seconds * 1e6).padStart(6, '0');
  return `${seconds}.${within}${nanos === 0 ? '' : String(nanos).padStart(3, '0')}`;
}
