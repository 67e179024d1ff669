// Every link of the site, held to what is there: pages, anchors in them, scripts and styles. Nothing may lead out of it by
// itself: a page that asks the network for a script or a picture is no page that works offline.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { inflateSync } from 'node:zlib';

const OUTSIDE = /^[a-z][a-z+.-]*:|^\/\//i;
const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#x27': "'" };
const decoded = (text) => text.replace(/&([a-z]+|#x?\w+);/gi, (whole, name) => ENTITIES[name] ?? whole);

const filesIn = (folder) =>
  readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile()).map((entry) =>
    join(entry.parentPath ?? entry.path, entry.name)
  );

/** Attributes of a page: where links lead, what is loaded at once, which anchors it has. */
export function readPage(html) {
  const links = [];
  const loads = [];
  const anchors = new Set();
  // Code that is shown has its brackets escaped; scripts in the page are TypeDoc's own.
  for (const [, name, attributes] of html.replace(/<script>[^]*?<\/script>/g, '').matchAll(
    /<([a-z][\w-]*)\s([^>]*)>/gi,
  )) {
    for (const [, key, value] of attributes.matchAll(/([\w:-]+)="([^"]*)"/g)) {
      if (key === 'id' || (key === 'name' && name === 'a')) anchors.add(decoded(value));
      else if (key === 'href' && (name === 'a' || name === 'use')) links.push(decoded(value));
      else if (key === 'src' || key === 'href') loads.push(decoded(value));
    }
  }
  return { links, loads, anchors };
}

/** The lists that the navigation and the search are built from are data in a script. */
function linksOfScript(file) {
  const [, data] = /window\.\w+ = "([^"]+)"/.exec(readFileSync(file, 'utf8')) ?? [];
  if (data === undefined) return [];
  const found = [];
  const walk = (value) => {
    if (Array.isArray(value)) value.forEach(walk);
    else if (typeof value === 'object' && value !== null) {
      for (const key of ['path', 'url']) if (typeof value[key] === 'string') found.push(value[key]);
      Object.values(value).forEach(walk);
    }
  };
  walk(JSON.parse(inflateSync(Buffer.from(data, 'base64')).toString('utf8')));
  return found;
}

/** What is broken, a line each: `page: link (why)`. */
export function brokenLinks(site) {
  const pages = new Map(
    filesIn(site).filter((file) => file.endsWith('.html')).map((file) => [file, readPage(readFileSync(file, 'utf8'))]),
  );
  const broken = [];
  let checked = 0;
  const look = (from, base, link) => {
    checked++;
    const [path, anchor] = link.split('#');
    const file = path === '' ? from : resolve(base, decodeURIComponent(path));
    const say = (why) => broken.push(`${relative(site, from)}: ${link} (${why})`);
    if (relative(site, file).startsWith('..')) return say('leads out of the site');
    if (!existsSync(file)) return say('no such file');
    if (anchor && pages.has(file) && !pages.get(file).anchors.has(decodeURIComponent(anchor)))
      say('no such place there');
  };
  for (const [file, { links, loads }] of pages) {
    for (const link of links) if (!OUTSIDE.test(link)) look(file, dirname(file), link);
    for (const load of loads) {
      if (OUTSIDE.test(load) && !load.startsWith('data:'))
        broken.push(`${relative(site, file)}: ${load} (is loaded from the network)`);
      else if (!OUTSIDE.test(load)) look(file, dirname(file), load);
    }
  }
  for (const script of ['assets/navigation.js', 'assets/search.js'])
    if (existsSync(join(site, script))) {
      for (const link of linksOfScript(join(site, script))) look(join(site, script), site, link);
    }
  return { pages: pages.size, checked, broken: [...new Set(broken)] };
}
