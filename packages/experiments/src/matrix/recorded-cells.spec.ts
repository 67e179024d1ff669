import { describe, expect, it } from '@jest/globals';
import { recordedLetters } from './recorded-cells.ts';

describe('the cells that are written down', () => {
  it('are found for any name of a kernel, and for nothing else', () => {
    expect(recordedLetters('1', 'linux-5.8')).toBe('DL');
    expect(recordedLetters('1', 'posted-v2')).toBe('CX2');
    expect(recordedLetters('27', 'linux-5.10.8')).toBe('D');
    expect(recordedLetters('27', '5.10.223')).toBe('C');
    expect([recordedLetters('1', 'mine'), recordedLetters('31', 'linux-5.8')]).toEqual([null, null]);
  });
});
