/**
 * Full disks and flipped bits: what was acknowledged is kept or its damage is named, and never is anything else read.
 */

import type { Chunk, Journal } from '../journal.ts';
import { isJournalError } from '../journal-error.ts';
import { claim, same } from './claims.ts';
import type { Effort, Law, Place, Starving, Store } from './law.ts';
import { checks } from './laws-of-upkeep.ts';
import { chunkOf, chunksFrom, eventsIn, readTold } from './told-chunks.ts';

const A = 'night/linux-6.1/1';
const B = 'night/linux-6.1/2';

/** Appends, refused or not, as somebody does who goes on all the same; answers what was acknowledged. */
async function appendThrough(
  starving: Starving,
): Promise<{ readonly versions: Map<string, number>; readonly refusals: number }> {
  const versions = new Map([[A, 0], [B, 0]]);
  let refusals = 0;
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      claim(isJournalError(error, 'full'), `a full disk is told as ${String(error)}`);
      refusals++;
    }
  };
  for (let i = 0; i < 8; i++) {
    const stream = i % 4 === 3 ? B : A;
    const at = versions.get(stream) ?? 0;
    const chunks: Chunk[] = i % 3 === 2 ? chunksFrom(stream, at, 3) : [chunkOf(stream, at)];
    await attempt(async () => {
      const result = await starving.journal.append(stream, chunks, at);
      claim(result.ok && result.version === at + eventsIn(chunks), `an append answers ${JSON.stringify(result)}`);
      versions.set(stream, result.version);
    });
  }
  await attempt(async () => {
    if ((versions.get(A) ?? 0) > 0) await starving.journal.snapshot(A, 1, Buffer.alloc(700, 1));
  });
  return { versions, refusals };
}

async function starvedOnce(place: Place, starving: Starving): Promise<number> {
  const { versions, refusals } = await appendThrough(starving);
  claim(refusals > 0 || !starving.hit(), 'a full disk was not noticed');
  const check = async (journal: Journal, when: string): Promise<void> => {
    for (const [stream, version] of versions)
      same(await readTold(journal, stream), version, `${when}: events of ${stream}`);
  };
  await check(starving.journal, 'while it is full');
  const journal = await starving.relieve();
  await check(journal, 'when there is room again');
  for (const [stream, version] of versions) {
    const result = await journal.append(stream, [chunkOf(stream, version)], version);
    claim(result.ok, `after there is room again: ${JSON.stringify(result)}`);
    versions.set(stream, result.version);
  }
  await check(journal, 'after later appends');
  await journal.close();
  const again = await place.open();
  await check(again, 'opened again');
  await again.close();
  return refusals;
}

/** How many chances to fail there are, by trying a chance that never comes. */
async function starve(store: Store, { starvations, progress }: Effort): Promise<string> {
  let tried = 0;
  let refusals = 0;
  for (const mode of ['once', 'until-relieved'] as const) {
    // In a short run a stride, with the first few always among them.
    for (let nth = 1;; nth += starvations === Infinity || nth < starvations / 2 ? 1 : 5) {
      const place = await store.place();
      try {
        if (place.starve === undefined) throw new Error(`${store.name} cannot be starved`);
        const starving = await place.starve(nth, mode);
        try {
          refusals += await starvedOnce(place, starving);
        } catch (error) {
          throw new Error(
            `no room at write ${nth} (${mode}): ${error instanceof Error ? error.message : String(error)}`,
            { cause: error },
          );
        }
        if (!starving.hit()) break;
        tried++;
        if (tried % 50 === 0) progress?.(`${tried} full disks`);
      } finally {
        await place.remove();
      }
    }
  }
  claim(tried > 4, `only ${tried} full disks were met`);
  return `${tried} full disks, ${refusals} appends refused`;
}

/** What a journal tells of itself, or the code of its refusal. */
async function tells(place: Pick<Place, 'open'>): Promise<string> {
  let journal: Journal | null = null;
  try {
    journal = await place.open();
    const streams = await journal.list();
    const parts = [JSON.stringify(streams)];
    for (const stream of [A, B]) parts.push(`${stream}:${await readTold(journal, stream)}`);
    return parts.join(' ');
  } catch (error) {
    if (!isJournalError(error)) throw error;
    claim(error.code !== 'full' && error.code !== 'locked' && error.code !== 'closed', String(error));
    return error.code;
  } finally {
    await journal?.close().catch(() => undefined);
  }
}

/** Whatever cannot be read is found by whoever looks for damage, with its place and a mend. */
async function names(place: Pick<Place, 'open'>, byte: number): Promise<void> {
  let journal: Journal | null = null;
  try {
    journal = await place.open();
    const damages = (await checks(journal)).flatMap((check) => check.damages);
    claim(damages.length > 0, `byte ${byte}: no damage is found`);
    claim(damages.every(({ where, what, mend }) => where !== '' && what !== '' && mend !== ''),
      `byte ${byte}: ${JSON.stringify(damages)}`);
  } catch (error) {
    if (!isJournalError(error)) throw error;
    claim(error.hint !== '', `byte ${byte}: no hint`);
  } finally {
    await journal?.close().catch(() => undefined);
  }
}

/** Writing to a damaged journal must not make anything of it that reads well and is not what was appended. */
async function appendsTo(place: Pick<Place, 'open'>, version: number, readsWell: boolean): Promise<void> {
  let journal: Journal | null = null;
  try {
    journal = await place.open();
    const result = await journal.append(A, [chunkOf(A, version)], version);
    claim(result.ok || !readsWell, `a journal that reads well answers ${JSON.stringify(result)} at its version`);
    if (!result.ok) return;
    const seen = await readTold(journal, A);
    claim(seen > version, `${seen} events after an append at ${version}`);
  } catch (error) {
    if (!isJournalError(error)) throw error;
  } finally {
    await journal?.close().catch(() => undefined);
  }
}

async function flip(store: Store, { flips, progress }: Effort): Promise<string> {
  const place = await store.place();
  try {
    if (place.bytes === undefined || place.flipped === undefined) throw new Error(`${store.name} has no bytes to flip`);
    const journal = await place.open();
    const versions = new Map<string, number>();
    for (const [stream, appends] of [[A, 4], [B, 1]] as const) {
      let version = 0;
      for (let i = 0; i < appends; i++) {
        const result = await journal.append(stream,
          i === 1 ? chunksFrom(stream, version, 2) : [chunkOf(stream, version)], version);
        version = result.version;
      }
      versions.set(stream, version);
    }
    await journal.close();
    const whole = await tells(place);
    const bytes = await place.bytes();
    const step = Math.max(1, Math.floor(bytes / flips));
    let noticed = 0;
    let harmless = 0;
    for (let byte = 0; byte < bytes; byte += step) {
      const copy = await place.flipped(byte, (byte * 5 + (byte >> 3)) % 8);
      try {
        const told = await tells(copy);
        if (told === whole) harmless++;
        else {
          claim(!told.startsWith('['), `byte ${byte}: reads ${told}, and not ${whole}`);
          noticed++;
          await names(copy, byte);
        }
        await appendsTo(copy, versions.get(A) ?? 0, told === whole);
      } finally {
        await copy.remove();
      }
      if (byte % 2000 < step) progress?.(`${byte} of ${bytes} bytes`);
    }
    same(await tells(place), whole, 'the one that was copied');
    claim(noticed > 0, 'no flip was noticed');
    return `${noticed} flips named, ${harmless} in bytes that carry nothing`;
  } finally {
    await place.remove();
  }
}

export const lawsOfDamage: readonly Law[] = [
  {
    title:
      'a full disk at any write refuses the append, keeps what was acknowledged, and takes more when there is room',
    run: starve,
  },
  { title: 'a flipped bit is named or harmless, and never read as something else', run: flip },
];
