import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { deflateRawSync } from 'node:zlib';
import { type LogEntry, MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PAGE_SIZE, PROT_READ, PROT_WRITE, stackPolicies,
  X86_64 } from '@cowlab/core';
import { costsOf, Lab } from '@cowlab/runtime';
import type { StoredChunk } from '../journal.ts';
import { ChunkReader, packEnd, packEntries } from '../log/log-chunk.ts';
import { Column, PackedColumn } from './column.ts';
import { PackedCosts } from './packed-costs.ts';

const head = { name: 'a lab', geometry: X86_64, policies: ['naive'] };

/** Faults, forks, pins, refusals: most kinds of facts that a program comes to. */
function logOf(steps: number): readonly LogEntry[] {
  const lab = new Lab({ name: head.name, policy: stackPolicies([{ id: 'naive', hooks: {} }]) });
  lab.execute({ type: 'Spawn', task: 0 });
  lab.execute({ type: 'CreateFile', file: 1, kind: 'memfd', nr: 64, base: 3, step: -2 });
  lab.execute({ type: 'Mmap', task: 0, addr: 2 ** 21, length: 1024 * PAGE_SIZE, prot: PROT_READ | PROT_WRITE,
    flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED });
  for (let i = 0; i < steps; i++) {
    const run = { task: 0, vpn: 512 + (i * 7) % 900, nr: 1 + (i % 5) };
    lab.execute(i % 3 === 0 ? { type: 'Load', ...run } : { type: 'Store', ...run, value: i % 251 });
    if (i % 10 === 4) lab.execute({ type: 'Fork', task: 0, child: 1 + i });
    if (i % 10 === 7) lab.execute({ type: 'Exit', task: 1 + i - 3 });
    if (i % 16 === 9) lab.execute({ type: 'Pin', task: 0, pin: i, vpn: 512 + i, nr: 2, flags: 1, device: 1 });
    if (i % 16 === 12) lab.execute({ type: 'Pin', task: 0, pin: i, vpn: 9, nr: 2, flags: 1, device: 1 });
    if (i % 16 === 15)
      lab.execute({ type: 'Madvise', task: 0, addr: 2 ** 21, length: 16 * PAGE_SIZE, advice: 'dontneed' });
  }
  return lab.log.slice();
}

const stored = (entries: readonly LogEntry[], shift = 0): StoredChunk => {
  const { nr, bytes } = packEntries(head, entries);
  const moved = new Uint8Array(bytes.length + shift).subarray(shift);
  moved.set(bytes);
  return { kind: 'chunk', version: entries[0].position, nr, bytes: moved };
};

describe('entries as columns', () => {
  const log = logOf(60);
  const plain = JSON.parse(JSON.stringify(log)) as LogEntry[];

  it('come back as they were, refusals and kinds of files too, wherever the bytes lie in memory', () => {
    for (const shift of [0, 1, 5]) {
      const read = new ChunkReader('here').read(stored(log, shift));
      expect(read).toEqual({ kind: 'entries', head, entries: plain });
    }
    expect(new Set(log.map(({ result }) => result.ok))).toEqual(new Set([true, false]));
  });

  it('come to the same costs as the read model, for any part of the log', () => {
    for (const [from, to] of [[0, log.length], [0, 5], [20, 61], [70, log.length]]) {
      const costs = new PackedCosts();
      const packed = new ChunkReader('here').columns(stored(log.slice(from, to)));
      if (packed === null) throw new Error('no columns');
      costs.add(packed);
      expect(costs.value).toEqual(costsOf(log.slice(from, to)));
    }
  });

  it('take a fraction of the bytes that lines take', () => {
    const lines = log.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    expect(stored(log).bytes.length).toBeLessThan(lines.length / 3);
  });

  it('that were cut or changed are refused or read as some entries, and never are half an object', () => {
    const { bytes, ...chunk } = stored(log);
    const reader = new ChunkReader('here');
    for (let length = 0; length < bytes.length; length += 41) {
      expect(() => reader.read({ ...chunk, bytes: bytes.slice(0, length) })).toThrow(/^here: event 0: /);
    }
    let refused = 0;
    for (let at = 0; at < bytes.length; at += 3) {
      const changed = bytes.slice();
      changed[at] ^= 1 << at % 8;
      try {
        const read = reader.read({ ...chunk, bytes: changed });
        expect(
          read.kind === 'entries' && read.entries.every(({ events }) => events.every(({ type }) => type !== undefined)),
        )
          .toBe(true);
      } catch (error) {
        expect(String(error)).toMatch(/^JournalError: here: event 0: /);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(20);
  });

  it('of an older journal are lines, and are read', () => {
    const text = [{ cowlab: 'log', version: 1, ...head }, ...log].map((line) => `${JSON.stringify(line)}\n`).join('');
    for (const bytes of [Buffer.concat([Buffer.of(0), Buffer.from(text)]),
      Buffer.concat([Buffer.of(1), deflateRawSync(text)])])
    {
      const chunk: StoredChunk = { kind: 'chunk', version: 0, nr: log.length, bytes };
      expect(new ChunkReader('here').read(chunk)).toEqual({ kind: 'entries', head, entries: plain });
    }
    const end = packEnd(head, '00ff');
    expect(new ChunkReader('here').read({ kind: 'chunk', version: 9, ...end })).toEqual({ kind: 'end', head,
      hash: '00ff' });
  });
});

describe('a column', () => {
  const written = (values: readonly number[]): Column => {
    const packed = new PackedColumn(values);
    const bytes = new Uint8Array(packed.bytes);
    const view = new DataView(bytes.buffer);
    expect(packed.write(bytes, view, 0)).toBe(bytes.length);
    return Column.read(bytes, view, 0).column;
  };

  it('holds any numbers, and knows their sum and bounds', () => {
    const numbers = fc.oneof(fc.array(fc.double({ noNaN: true })), fc.array(fc.integer()), fc.array(fc.nat(255)),
      fc.array(fc.nat(70_000)), fc.array(fc.maxSafeInteger()),
      fc.tuple(fc.nat(1000), fc.integer({ min: -9, max: 9 }), fc.nat(40)).map(([start, step, nr]) =>
        Array.from({ length: nr }, (_, i) => start + i * step)
      ));
    fc.assert(fc.property(numbers, (values) => {
      const column = written(values);
      expect(values.map((_, i) => column.at(i))).toEqual(values);
      expect(column.isWhole).toBe(values.every(Number.isSafeInteger));
      if (values.every(Number.isInteger) && values.every((value) => Math.abs(value) < 2 ** 40)) {
        expect(column.sum()).toBe(values.reduce((sum, value) => sum + value, 0));
        if (values.length > 0) expect(column.bounds()).toEqual([Math.min(...values), Math.max(...values)]);
      }
    }));
  });

  it('of one value, or one step, is as long for a million as for two', () => {
    expect(new PackedColumn(Array<number>(100_000).fill(7)).bytes).toBe(24);
    expect(new PackedColumn(Array.from({ length: 100_000 }, (_, i) => 65536 + 4 * i)).bytes).toBe(24);
    expect(new PackedColumn(Array.from({ length: 800 }, (_, i) => i * i % 256)).bytes).toBe(816);
  });
});
