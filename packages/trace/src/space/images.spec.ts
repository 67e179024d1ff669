import { describe, expect, it } from '@jest/globals';
import { inferRegions } from './images.ts';
import type { Evidence } from './unseen.ts';

const STACK = 0x7ffd00000;

function evidence({ touched = [], code = [], cleared = [], late = [], protects = [], mapped = [] }: {
  touched?: number[];
  code?: number[];
  cleared?: number[];
  late?: number[];
  protects?: [number, number][];
  mapped?: [number, number][];
}): Evidence {
  const vpns = [...touched, ...code, ...cleared, ...late];
  const page = (vpn: number) => ({ vpn, exec: code.includes(vpn), clearedByExecve: cleared.includes(vpn),
    beforeFork: !late.includes(vpn) });
  return { image: { line: 1, pid: 1, path: 'x' }, pages: new Map(vpns.map((vpn) => [vpn, page(vpn)])),
    protects: protects.map(([start, end]) => ({ start, end })), mapped, running: true, forked: false };
}
const shown = (found: Evidence): string[] =>
  inferRegions(found).map(({ role, start, end }) => `${role} ${start}-${end}`);

describe('the mappings that execve() made', () => {
  it('are headers, text, rodata, data and bss of an ELF image, told apart by code, relocation and clearing', () => {
    const image = evidence({ touched: [1000, 1012, 1023], code: [1003, 1007], cleared: [1020],
      protects: [[1015, 1018]] });
    expect(shown(image)).toEqual(['headers 1000-1003', 'text 1003-1008', 'rodata 1008-1015', 'data 1015-1021',
      'bss 1021-1024']);
  });

  it('are data behind the text when nothing tells where data begins', () => {
    expect(shown(evidence({ touched: [1012], code: [1003] }))).toEqual(['text 1003-1004', 'data 1004-1013']);
  });

  it('do not reach across what a call mapped, nor across a wide gap', () => {
    expect(shown(evidence({ code: [1000, 1010], mapped: [[1005, 1006]] }))).toEqual(['text 1000-1001',
      'text 1010-1011']);
    expect(shown(evidence({ code: [1000, 9000] }))).toEqual(['text 1000-1001', 'text 9000-9001']);
  });

  it('are the stack at the top, with its arguments present if they first faulted after a fork()', () => {
    const found = inferRegions(evidence({ touched: [STACK, STACK + 1], late: [STACK + 2, STACK + 3] }));
    expect(found).toMatchObject([{ role: 'stack', start: STACK, end: STACK + 4, group: null,
      populated: { start: STACK + 2, end: STACK + 4 } }]);
    expect(inferRegions(evidence({ touched: [STACK] }))).toMatchObject([{ role: 'stack', populated: null }]);
  });

  it('are the vdso where code was fetched from above the stack', () => {
    expect(shown(evidence({ touched: [STACK, STACK + 98], code: [STACK + 100] }))).toEqual([
      `stack ${STACK}-${STACK + 1}`,
      `vdso ${STACK + 98}-${STACK + 101}`,
    ]);
  });

  it('are none where nothing was touched', () => {
    expect(inferRegions(evidence({}))).toEqual([]);
  });
});
