/**
 * One clock for two recorders: tracepoints cannot be stamped with the wall clock, so the distance of the two clocks is
 * measured before and after, and the samples are moved by it.
 */

const EDGES = 5;

/** Wall clock minus monotonic clock, in nanoseconds: Date tells milliseconds, so it is read as it ticks over. */
export function clockDistance(): bigint {
  let best: bigint | null = null;
  for (let edge = 0; edge < EDGES; edge++) {
    const before = Date.now();
    let now = before;
    while (now === before) now = Date.now();
    const distance = BigInt(now) * 1_000_000n - process.hrtime.bigint();
    // Whoever is held up between the two readings sees too little.
    if (best === null || distance > best) best = distance;
  }
  return best ?? 0n;
}

const TIME = / (\d{1,9})\.(\d{9}): /;

/** A line of perf script at the wall clock. */
export function atWallClock(line: string, distance: bigint): string {
  return line.replace(TIME, (_, seconds: string, nanos: string) => {
    const at = BigInt(seconds) * 1_000_000_000n + BigInt(nanos) + distance;
    return ` ${at / 1_000_000_000n}.${String(at % 1_000_000_000n).padStart(9, '0')}: `;
  });
}
