/** An empty swap area, as mkswap makes it, in a file that takes no room until it is swapped to. */
import { ftruncateSync, writeSync } from 'node:fs';

const PAGE_SIZE = 4096;
/**
 * So large that no program comes to the half of it, from which on kernels free what they need not keep, and that there
 * is always an aligned place for a THP.
 */
export const SWAP_MIB = 1024;

/**
 * The first page: version 1, the number of the last page, and at its end the name of the format.
 * @kernel include/linux/swap.h union swap_header
 */
export function swapHeader(pages: number): Buffer {
  const header = Buffer.alloc(PAGE_SIZE);
  header.writeUInt32LE(1, 1024);
  header.writeUInt32LE(pages - 1, 1028);
  header.write('SWAPSPACE2', PAGE_SIZE - 10, 'latin1');
  return header;
}

export function swapArea(fd: number): void {
  const bytes = SWAP_MIB * 2 ** 20;
  writeSync(fd, swapHeader(bytes / PAGE_SIZE), 0, PAGE_SIZE, 0);
  ftruncateSync(fd, bytes);
}
