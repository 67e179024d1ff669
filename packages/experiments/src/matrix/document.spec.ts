import { describe, expect, it } from '@jest/globals';
import { differences } from './agreement.ts';
import { documentCell, generationOf, generations } from './document.ts';
import { lettersOf, type SituationOutcome } from './outcome.ts';
import { PROFILES } from '@cowlab/composition';

const NOTHING: SituationOutcome = { holds: null, leak: false, copied: 0, split: false, forkFailed: null, child: [] };
const cellsOf = (id: string): unknown[] =>
  Object.values(generations()).map(([profile]) => documentCell(id, profile)?.text);

describe('what is documented', () => {
  it('has ten cells for each of thirty rows, and every profile belongs to one generation', () => {
    for (let row = 1; row <= 30; row++)
      expect(cellsOf(`${row}`).filter((text) => typeof text === 'string').length).toBe(10);
    expect(Object.values(generations()).flat().sort()).toEqual(Object.keys(PROFILES).sort());
    expect([generationOf('linux-6.1'), generationOf('mine')]).toEqual(['G6', null]);
    expect(['linux-5.10.3', '5.10.223', '6.1.0-25-amd64', 'linux-5.9-rc2', 'posted-v2'].map(generationOf)).toEqual([
      'G3',
      'G4',
      'G6',
      'G1',
      'G3',
    ]);
  });

  it('carries = on from the cell to the left', () => {
    expect(cellsOf('15')).toEqual(['D L', 'D L', 'D L', ...Array<string>(7).fill('C 512X S')]);
    expect(cellsOf('18').slice(4)).toEqual(['ok', 'fails', 'fails', 'fails', 'fails', 'fails']);
  });

  it('tells one release of a generation from the other', () => {
    expect(documentCell('27', 'linux-5.10.4')).toMatchObject({ text: 'D', claims: { holds: 'D', race: false } });
    expect(documentCell('27', 'linux-5.10')).toMatchObject({ text: 'D?', claims: { holds: 'C', race: true } });
    expect(documentCell('27', 'linux-5.11')).toMatchObject({ text: 'D?', claims: { holds: 'C', race: true } });
  });

  it('holds each file of row 22 to the row it is like, and a shared page of row 30 to no copy', () => {
    expect(['22', '22b', '22c', '22d'].map(cellsOf)).toEqual(['1', '2', '3', '4'].map(cellsOf));
    expect(documentCell('30', 'linux-6.1')).toMatchObject({ text: 'X(PAE)', claims: { copied: 'some' } });
    expect(documentCell('30b', 'linux-6.1')).toMatchObject({ text: 'X(PAE)', claims: { copied: 'none' } });
    expect(documentCell('30b', 'linux-5.9')).toMatchObject({ text: 'X', claims: { copied: 'some' } });
  });

  it('says nothing of other files and lanes', () => {
    expect([documentCell('30c', 'linux-5.9'), documentCell('31', 'linux-5.9'), documentCell('1', 'mine')]).toEqual([
      null,
      null,
      null,
    ]);
  });

  it('denies what other cells of the line mention, and is silent about the rest', () => {
    expect(documentCell('2', 'linux-5.7')?.claims).toEqual({ holds: 'C', leak: false, copied: 'none', split: null,
      fork: null, child: null, race: false });
    expect(documentCell('15', 'linux-5.7')?.claims).toMatchObject({ copied: 'none', split: false });
    expect(documentCell('21', 'linux-7.2')?.claims).toMatchObject({ holds: 'C', copied: 0, child: 'sees' });
    expect(documentCell('4', 'linux-7.2')?.claims).toEqual({ holds: null, leak: false, copied: null, split: null,
      fork: null, child: null, race: false });
  });
});

describe('an outcome', () => {
  it.each<[string, string, Partial<SituationOutcome>, string[]]>([
    ['1', 'linux-5.9', { holds: 'C', copied: 2 }, []],
    ['1', 'linux-5.9', { holds: 'CD', copied: 2 }, ['holds']],
    ['1', 'linux-5.9', { copied: 2 }, ['holds']],
    ['1', 'linux-5.9', { holds: 'C', copied: 2, leak: true }, ['leak']],
    ['15', 'linux-5.9', { holds: 'C', copied: 511, split: true }, ['copied']],
    ['15', 'linux-5.9', { holds: 'C', copied: 512 }, ['split']],
    ['18', 'linux-5.9', { forkFailed: 'ENOMEM' }, ['forkFailed']],
    ['18', 'linux-6.1', {}, ['forkFailed']],
    ['19', 'linux-6.1', { holds: 'C', child: ['bus', 'segv'] }, ['child']],
    ['21', 'linux-6.1', { holds: 'C', child: ['sees'], copied: 1 }, ['copied']],
    ['12', 'linux-6.1', { holds: 'D', copied: 3, child: ['bus'] }, []],
  ])('in row %s on %s: %j differs in %j', (id, profile, outcome, aspects) => {
    const cell = documentCell(id, profile);
    expect(cell === null ? null : differences({ ...NOTHING, ...outcome }, cell.claims).map(({ aspect }) => aspect))
      .toEqual(aspects);
  });

  it.each<[string, Partial<SituationOutcome>]>([['-', {}], ['DL', { holds: 'D', leak: true, child: ['sees'] }], ['CM', {
    holds: 'C',
    child: ['sees'],
  }], ['CX512S', { holds: 'C', copied: 512, split: true }], ['FCD', { holds: 'CD', forkFailed: 'ENOMEM' }], ['BVZ', {
    child: ['bus', 'segv', 'zeros'],
  }]])('is written %s', (letters, outcome) => {
    expect(lettersOf({ ...NOTHING, ...outcome })).toBe(letters);
  });
});
