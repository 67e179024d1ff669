/** A file to map. One that lives in memory alone has its contents in the page cache from the start. */

import type { CommandOf } from '../commands.ts';
import { done, refuse, type Result } from '../errno.ts';
import { PUD_LEVEL } from '../geometry.ts';
import type { Kernel } from '../kernel.ts';
import { FILE_KIND } from '../tables/fields.ts';
import { chooseFrame, chooseHugeFrame, LOWEST_FREE } from './frame-allocator.ts';

export function createFile(k: Kernel, c: CommandOf<'CreateFile'>): Result {
  const { files } = k.world;
  if (files.isLive(c.file) || c.file < 1) return refuse('EEXIST', `file ${c.file} exists already (numbers start at 1)`);
  if (c.kind === 'dax') return createDax(k, c);
  k.emit({ type: 'FileCreated', file: c.file, kind: FILE_KIND[c.kind], nr: c.nr, base: c.base, step: c.step,
    open: true });
  const written = c.kind === 'memfd' && (c.base !== 0 || c.step !== 0);
  for (let index = 0; written && index < c.nr;) {
    const pfn = chooseFrame(k.frames, k.memory);
    if (pfn < 0 || !k.allocates('page')) return refuse('ENOMEM', `file ${c.file}: no memory for its contents`);
    // What follows the lowest free frame would be chosen next; of others nobody knows.
    const nr = k.frames === LOWEST_FREE ? k.memory.runFrom(pfn, c.nr - index) : 1;
    k.emit({ type: 'PageCacheFilled', file: c.file, index, nr, pfn });
    index += nr;
  }
  return done(c.file);
}

/** As much device memory as one PUD maps. */
function createDax(k: Kernel, c: CommandOf<'CreateFile'>): Result {
  const { pages, tables } = k.world;
  const nr = tables.span(PUD_LEVEL);
  if (c.nr !== nr) return refuse('EINVAL', `file ${c.file}: a dax file has ${nr} pages, what one PUD maps`);
  const pfn = chooseHugeFrame(k.frames, k.memory, nr);
  if (pfn < 0) return refuse('ENOMEM', `file ${c.file}: no memory for the device`);
  k.emit({ type: 'FileCreated', file: c.file, kind: FILE_KIND.dax, nr, base: c.base, step: c.step, open: true });
  k.emit({ type: 'DaxMemoryAdded', file: c.file, pfn, folio: pages.folios.records.nextFree(1), nr });
  return done(c.file);
}
