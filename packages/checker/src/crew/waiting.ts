/** Waiting for another thread: a moment awake, since most waits are shorter than going to sleep takes, then asleep. */

const AWAKE = 2000;

/** Until the word holds another number than that, or for so many milliseconds. */
export function awaitChange(words: Int32Array, at: number, known: number, msMax = Infinity): void {
  for (let i = 0; i < AWAKE; i++) if (Atomics.load(words, at) !== known) return;
  const until = msMax === Infinity ? Infinity : Date.now() + msMax;
  while (Atomics.load(words, at) === known && Date.now() < until)
    Atomics.wait(words, at, known, Math.min(1000, until - Date.now()));
}
