// Lays the pages out as the site's generator wants them: one folder, links among them, and beside it the files that they
// lead to, as text that every browser shows.
import { cpSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { root } from '../workspace.mjs';
import { GLOSSARY } from './pages.mjs';

/** README.md, which is no document but what the site begins with. */
export const HOME = 'index';

const FENCE = /^\s*(```|~~~)/;
const LINK = /(\]\()([^)\s]+)(\))/g;
const OUTSIDE = /^[a-z][a-z+.-]*:/i;

/** The text with each link's target changed by `to`; code stays as it is. */
export function relinked(text, to) {
  let fence = null;
  return text.split('\n').map((line) => {
    const [, mark] = FENCE.exec(line) ?? [];
    if (mark !== undefined && (fence === null || fence === mark)) {
      fence = fence === null ? mark : null;
      return line;
    }
    if (fence !== null) return line;
    // Inline code may hold what looks like a link.
    return line.split(/(`[^`]*`)/).map((part) =>
      part.startsWith('`') ? part : part.replace(LINK, (_, open, target, close) => `${open}${to(target)}${close}`)
    ).join('');
  }).join('\n');
}

/** A folder of pages in `to`; returns what their links did not find. Needs no more than the pages. */
export function stage(pages, to) {
  mkdirSync(join(to, 'files'), { recursive: true });
  // A made page may stand for a file; otherwise it goes by its name.
  const byFile = new Map(pages.map((page) => [page.source ?? `${page.name}.md`, page]));
  byFile.set(GLOSSARY, byFile.get('glossary.md'));
  const missing = [];
  for (const page of pages) {
    const from = page.source === null ? root : dirname(join(root, page.source));
    const text = relinked(page.text, (target) => {
      if (OUTSIDE.test(target) || target.startsWith('#')) return target;
      const [path, anchor] = target.split('#');
      const file = relative(root, resolve(from, path));
      const other = byFile.get(file) ?? byFile.get(`${file}/README.md`);
      const [, race] = /^examples\/races\/(.+)[.]race$/.exec(file) ?? [];
      if (race !== undefined && page.name !== 'races' && pages.some(({ name }) => name === 'races'))
        return `races.md#${race.toLowerCase().replaceAll('.', '')}`;
      if (other !== undefined) return `${other.name}.md${anchor === undefined ? '' : `#${anchor}`}`;
      if (existsSync(join(root, file))) return asText(file, to);
      missing.push(`${page.source ?? page.name}: ${target}`);
      return target;
    });
    writeFileSync(join(to, `${page.name}.md`),
      page.name === HOME ? withoutTitle(body(text)) : `${frontOf(page)}${body(text)}`);
  }
  return missing;
}

function frontOf({ title, group, children = [] }) {
  const under = children.length === 0 ? '' : `children:\n${children.map((name) => `  - ./${name}.md\n`).join('')}`;
  return `---\ntitle: ${JSON.stringify(title)}\ngroup: ${group}\n${under}---\n\n`;
}

/** The first page has the site's name as its title already. */
const withoutTitle = (text) => text.replace(/^# .*\n+/, '');

/** What is for those who write the pages is not for those who read them. */
const body = (text) => text.replace(/^<!--.*?-->\n+/gms, '').replace(/^(```\w+) [^\n]*$/gm, '$1');

/** A browser that knows no `.cow` would offer to save it. */
function asText(file, to) {
  const name = `files/${file.replaceAll('/', '-')}.txt`;
  const path = join(to, name);
  if (statSync(join(root, file)).isDirectory()) writeFileSync(path, `${readdirSync(join(root, file)).join('\n')}\n`);
  else cpSync(join(root, file), path);
  return name;
}
