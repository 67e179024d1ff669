// Every spec once, with nothing changed: does it pass outside jest, how long does it take, which code does it reach.
// Kept from run to run; a spec is asked again when it or anything that is mutated changed.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../workspace.mjs';
import { runSpecs } from './child.mjs';
import { builtOf, cache, hashOf, javascriptOf, kept } from './layout.mjs';

/** Longer ones are left to jest: a mutant that only they could kill is reported as alive. */
const LONGEST_MS = 60_000;

/** More than that, and what it reaches is not counted. */
const COUNTED_MS = 4000;

/** @param targets sources that may be mutated */
export async function baseline(layout, targets, say) {
  const texts = targets.map((path) => readFileSync(path, 'utf8'));
  const originals = Object.fromEntries(
    targets.map((
      path,
      i,
    ) => [pathToFileURL(builtOf(path)).href, kept(javascriptOf(texts[i], path, { asBuilt: true }))]),
  );
  const model = hashOf(...texts);
  const file = join(cache, 'baseline.json');
  const before = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const known = {};
  for (const spec of layout.specs) {
    const name = relative(root, spec);
    const key = hashOf(model, readFileSync(spec, 'utf8'));
    if (before[name]?.key === key) {
      known[name] = before[name];
      continue;
    }
    const timed = await runSpecs({ specs: [spec], layout: layout.file, replaced: originals }, () => LONGEST_MS * 2);
    // Counting is slow: of a spec that takes long anyhow it is taken that it reaches everything.
    const counted = timed.failed || timed.times[spec] > COUNTED_MS ? null
      : await runSpecs({ specs: [spec], layout: layout.file, replaced: originals,
        coverage: Object.keys(originals) }, () => LONGEST_MS);
    known[name] = timed.failed
      ? { key, passes: false, what: timed.what }
      : { key, passes: timed.times[spec] < LONGEST_MS, ms: Math.round(timed.times[spec]), nrTests: timed.nrTests,
        reached: counted === null || counted.failed ? null
          : Object.fromEntries(Object.entries(counted.covered).filter(([, ranges]) => ranges.length > 0)) };
    say(`${name}: ${timed.failed ? `not here (${timed.what})` : `${timed.nrTests} tests, ${known[name].ms} ms`}`);
    writeFileSync(file, JSON.stringify({ ...before, ...known }));
  }
  writeFileSync(file, JSON.stringify(known));
  return known;
}

/** Does a spec run what stands at `offset` of a built module? The innermost stretch decides. */
export function reaches({ reached }, url, offset) {
  if (reached === null) return true;
  let innermost = null;
  for (const range of reached[url] ?? []) {
    const [from, to] = range;
    if (from > offset || offset >= to) continue;
    if (innermost === null || to - from <= innermost[1] - innermost[0]) innermost = range;
  }
  return innermost !== null && innermost[2] > 0;
}
