// All mutants of a file, each with a name that stays the same while its line does, and samples of them.
import { relative } from 'node:path';
import { root } from '../workspace.mjs';
import { changesOf } from './operators.mjs';

export function mutantsOf(path, compiler) {
  const source = compiler.sourceOf(path);
  const text = source.getFullText();
  const file = relative(root, path);
  return changesOf(source, compiler.checker()).map((change) => {
    const { at, end, text: instead } = change;
    const { line, character } = source.getLineAndCharacterOfPosition(at);
    return { id: `${file}:${line + 1}:${character + 1}:${end - at}:${instead}`, file, line: line + 1, ...change,
      was: whole(text, at, end, text.slice(at, end)), is: whole(text, at, end, instead) };
  });
}

/** The lines that a change touches, before or after it. */
function whole(text, at, end, instead) {
  const from = text.lastIndexOf('\n', at - 1) + 1;
  const to = text.indexOf('\n', end);
  return `${text.slice(from, at)}${instead}${text.slice(end, to < 0 ? undefined : to)}`.replace(/\s+/g, ' ').trim();
}

/** So many of each subject, as even as they come; the same ones for the same seed. */
export function chosenOf(mutants, nr, seed, subjectOf) {
  const random = randomOf(seed);
  const bySubject = new Map();
  for (const mutant of mutants) {
    const subject = subjectOf(mutant.file);
    if (!bySubject.has(subject)) bySubject.set(subject, []);
    bySubject.get(subject).push(mutant);
  }
  const piles = [...bySubject.values()];
  for (const pile of piles) shuffle(pile, random);
  const chosen = [];
  for (let round = 0; chosen.length < nr && piles.some((pile) => pile.length > round); round++) {
    for (const pile of piles) if (round < pile.length && chosen.length < nr) chosen.push(pile[round]);
  }
  return chosen;
}

function shuffle(pile, random) {
  for (let i = pile.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [pile[i], pile[j]] = [pile[j], pile[i]];
  }
}

/** Mulberry32. */
function randomOf(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
