import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import wabt from 'wabt';
import { toBase64 } from '../base64.ts';
import { makePte, PTE_PRESENT, PTE_WRITE } from './pte.ts';
import { allocateWasm, plainRuns } from './runs.ts';
import { RUNS_WASM } from './runs-wasm.ts';

const WORDS = 4096;
const NODES = 0;
const META = WORDS * 4;
const EXTRA = 2 * WORDS * 4;

describe('runs of page table entries', () => {
  it('the WebAssembly in the source is what its text assembles to', async () => {
    const text = readFileSync(new URL('runs.wat', import.meta.url), 'utf8');
    const { buffer } = (await wabt()).parseWat('runs.wat', text, { simd: true }).toBinary({});
    expect(RUNS_WASM).toBe(toBase64(new Uint8Array(buffer)));
  });

  it('both ways see the same runs and write the same entries', () => {
    const wasm = allocateWasm(1 << 20);
    expect(wasm).not.toBeNull();
    if (wasm === null) return;
    const view = (at: number): Int32Array => new Int32Array(wasm.buffer, at, WORDS);
    const [a, meta, extra] = [view(NODES), view(META), view(EXTRA)];
    const fast = wasm.bind(NODES, META, EXTRA);
    const plain = plainRuns(a, meta, extra);
    const flags = fc.constantFrom(PTE_PRESENT, PTE_PRESENT | PTE_WRITE);
    const breaks = fc.array(fc.tuple(fc.constantFrom('pte', 'meta', 'extra'), fc.nat(511)), { maxLength: 4 });
    fc.assert(
      fc.property(fc.boolean(), fc.nat(500), fc.integer({ min: 1, max: 1000 }), flags, fc.integer({ min: 1, max: 512 }),
        breaks, (refsToo, slot, pfn, flag, nr, at) => {
        a.fill(0);
        meta.fill(4096 + 1);
        extra.fill(7);
        fast.rising(slot, makePte(pfn, flag), nr);
        const written = a.slice();
        a.fill(0);
        plain.rising(slot, makePte(pfn, flag), nr);
        expect(Buffer.compare(Buffer.from(written.buffer), Buffer.from(a.slice().buffer))).toBe(0);
        for (const [where, i] of at) {
          if (where === 'pte') a[slot + i] ^= 2;
          else (where === 'meta' ? meta : extra)[pfn + i] += 1;
        }
        expect(fast.alike(slot, nr, refsToo)).toBe(plain.alike(slot, nr, refsToo));
      }),
    );
  });
});
