// Every spec once, with nothing changed: does it pass outside jest, how long does it take, which code does it reach.
// Kept from run to run; a spec is asked again when it or anything that is mutated changed.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../workspace.mjs';
import { runSpecs } from './child.mjs';
import { builtOf, cache, hashOf, javascriptOf, kept } from './layout.mjs';

/** They take long, and run nearly everything: it is taken that they reach all. */
const UNCOUNTED = /\.prop\.spec|conform.*\.spec|matrix|gallery|check\.spec|between/;
/** Of one spec, when nothing is changed. */
const LIMIT_MS = 300_000;

/** Built modules as this tool builds them, so that places in them and in a mutant can be compared. */
export const originalsOf = (targets) =>
  Object.fromEntries(
    targets.map((
      path,
    ) => [pathToFileURL(builtOf(path)).href, kept(javascriptOf(readFileSync(path, 'utf8'), path, { asBuilt: true }))]),
  );

/** @param targets sources that may be mutated */
export async function baseline(layout, targets, say) {
  const texts = targets.map((path) => readFileSync(path, 'utf8'));
  const originals = originalsOf(targets);
  const model = hashOf(...texts);
  mkdirSync(cache, { recursive: true });
  const file = join(cache, 'baseline.json');
  const known = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const keys = new Map(layout.specs.map((spec) => [relative(root, spec), hashOf(model, readFileSync(spec, 'utf8'))]));
  const asked = layout.specs.filter((spec) => known[relative(root, spec)]?.key !== keys.get(relative(root, spec)));
  const learn = ({ about, failed, nrTests, ms, covered }) => {
    const name = relative(root, about);
    known[name] = failed === null
      ? { key: keys.get(name), passes: true, ms, nrTests, reached: covered }
      : { key: keys.get(name), passes: false, what: failed };
    say(`${name}: ${failed === null ? `${nrTests} tests, ${ms} ms` : `does not run here (${failed})`}`);
    writeFileSync(file, JSON.stringify(known));
  };
  if (asked.length > 0) {
    await runSpecs({ specs: asked, layout: layout.file, replaced: originals, coverage: Object.keys(originals),
      uncounted: asked.filter((spec) => UNCOUNTED.test(spec)) }, () => LIMIT_MS, learn);
  }
  return Object.fromEntries([...keys.keys()].filter((name) => known[name]?.passes).map((name) => [name, known[name]]));
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
