// `npm run soak`: the journal's contract, whole: 1,000 kills, a bit flipped in every byte, no room at every write, gigabytes in
// flat memory. It takes hours; `npm run soak -- --only killed --store file --kills 100` takes a part of it.
import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './workspace.mjs';

const HELP = `npm run soak -- [options]

  --store NAME     file, libsql or postgres; all when left out (postgres needs --postgres)
  --postgres URL   a server to try it on; it gets schemas of its own, which are dropped again
  --only TEXT      the laws whose titles hold TEXT
  --kills N        1000    --flips N   every byte    --bytes N   10G; 0 leaves that law out
  --dir FOLDER     where to write; the folder for temporary files when left out
  --settings       instead: a live run is killed, all of it, and the next one puts the machine's settings back
  --campaign       instead: campaigns whose workers and servers are killed; --programs N (default 4000), --kills N (20)
  --json           a line of JSON for each law

Example: npm run soak -- --store file --only killed --kills 200`;

const { values: options } = parseArgs({
  options: { store: { type: 'string' }, postgres: { type: 'string' }, only: { type: 'string' },
    kills: { type: 'string' }, flips: { type: 'string' }, bytes: { type: 'string' }, dir: { type: 'string' },
    settings: { type: 'boolean' }, campaign: { type: 'boolean' }, programs: { type: 'string' },
    json: { type: 'boolean' }, help: { type: 'boolean' } },
});
if (options.help) {
  console.log(HELP);
  process.exit(0);
}

const { laws, WHOLE } = await import(join(root, 'packages/journal/dist/contract/contract.js'));
const { fileStore, libsqlStore, longFileStore, postgresStore } = await import(
  join(root, 'packages/journal/dist/contract/places.js')
);
const { openJournal, isJournalError } = await import(join(root, 'packages/journal/dist/index.js'));

function amount(name, otherwise) {
  if (options[name] === undefined) return otherwise;
  const [, digits, unit] = /^(\d+)([KMG]?)$/.exec(options[name]) ?? [];
  if (digits === undefined) {
    console.error(`--${name} is ${options[name]}; give a number, such as 1000 or 10G`);
    process.exit(2);
  }
  return Number(digits) * 1024 ** ['', 'K', 'M', 'G'].indexOf(unit);
}

const dir = options.dir ?? tmpdir();
mkdirSync(dir, { recursive: true });
const effort = {
  ...WHOLE,
  kills: amount('kills', WHOLE.kills),
  flips: amount('flips', WHOLE.flips),
  flatBytes: amount('bytes', WHOLE.flatBytes),
  progress: (text) => process.stderr.write(process.stderr.isTTY ? `\r  ${text}\x1b[K` : `  ${text}\n`),
};

let broken = 0;
async function trial(store, title, run) {
  const began = performance.now();
  let seen;
  let holds = true;
  try {
    seen = await run();
  } catch (error) {
    holds = false;
    broken++;
    seen = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const seconds = (performance.now() - began) / 1000;
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  if (options.json) console.log(JSON.stringify({ store, title, holds, seen, seconds }));
  else console.log(`${holds ? 'holds ' : 'BROKEN'} ${store}: ${title}\n       ${seen} (${seconds.toFixed(1)} s)`);
}

/** A disk that is really full: a file system of a few hundred KiB, which only root can make. */
async function fullDisk(kind) {
  const mount = mkdtempSync(join(dir, 'cowlab-full-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=700', 'tmpfs', mount], { encoding: 'utf8' });
  try {
    if (mounted.status !== 0) return `not tried: ${(mounted.stderr ?? String(mounted.error)).trim()}`;
    const journal = await openJournal(kind === 'file' ? join(mount, 'journal') : `libsql:${join(mount, 'journal.db')}`);
    const stream = 'soak/full/1';
    let version = 0;
    const append = async () => {
      const result = await journal.append(stream, [{ nr: 1, bytes: Buffer.alloc(900, version % 251) }], version);
      if (!result.ok) throw new Error(result.hint);
      version = result.version;
    };
    const check = async () => {
      let next = 0;
      for await (const item of journal.read(stream)) {
        if (item.version !== next || item.bytes.length !== 900 || item.bytes.some((byte) => byte !== next % 251))
          throw new Error(`event ${next} is not as it was appended`);
        next++;
      }
      if (next !== version) throw new Error(`${next} events, and not ${version}`);
    };
    await append();
    let refusals = 0;
    for (let round = 0; round < 20; round++) {
      const ballast = openSync(join(mount, 'ballast'), 'w');
      let filled = 0;
      try {
        for (;;) filled += writeSync(ballast, Buffer.alloc(4096));
      } catch (error) {
        if (error.code !== 'ENOSPC') throw error;
      }
      // A little room, of another size each time.
      ftruncateSync(ballast, filled - 4096 * (2 + (round % 7)));
      closeSync(ballast);
      for (;;) {
        try {
          await append();
        } catch (error) {
          if (!isJournalError(error, 'full')) throw error;
          refusals++;
          break;
        }
      }
      await check();
      rmSync(join(mount, 'ballast'));
      await append();
      await check();
    }
    await journal.close();
    return `${refusals} times full, ${version} events kept`;
  } finally {
    if (mounted.status === 0) spawnSync('umount', ['-l', mount]);
    rmSync(mount, { recursive: true, force: true });
  }
}

if (options.settings) {
  const { soakSettings } = await import('./soak-settings.mjs');
  await trial('this machine', 'after kill -9 of all of a live run the next start puts all settings back', async () => {
    const { holds, seen } = await soakSettings(amount('kills', 100), effort.progress);
    if (!holds) throw new Error(seen);
    return seen;
  });
  process.exit(broken > 0 ? 1 : 0);
}

if (options.campaign) {
  const { campaignTrials } = await import('./soak-campaign.mjs');
  const how = { programs: amount('programs', 4000), kills: amount('kills', 20), only: options.only };
  for (const { title, run } of campaignTrials(how, effort.progress)) await trial('campaign', title, run);
  process.exit(broken > 0 ? 1 : 0);
}

const stores = [];
const wanted = (name) => options.store === undefined || options.store === name;
if (wanted('file')) stores.push({ kind: 'file', store: fileStore(dir), long: longFileStore(dir) });
if (wanted('libsql')) stores.push({ kind: 'libsql', store: libsqlStore(dir) });
let client = null;
if (wanted('postgres') && options.postgres !== undefined) {
  const pg = createRequire(join(root, 'packages/journal/package.json'))('pg');
  client = new pg.Client({ connectionString: options.postgres });
  await client.connect();
  stores.push({ kind: 'postgres', store: postgresStore('PostgreSQL', options.postgres, async (sql) =>
    void (await client.query(sql))) });
}
if (stores.length === 0) {
  console.error('no store to try: --store is file, libsql or postgres, and postgres needs --postgres URL');
  process.exit(2);
}

for (const { kind, store, long = store } of stores) {
  for (const { title, run } of laws) {
    if (options.only !== undefined && !title.includes(options.only)) continue;
    const isLong = title.includes('flat memory');
    if (isLong && effort.flatBytes === 0) continue;
    await trial(store.name, title, async () => (store.untried?.[title] === undefined
      ? run(isLong ? long : store, effort)
      : `not tried: ${store.untried[title]}`));
  }
  const title = 'a disk that is really full refuses, keeps and takes more later';
  if (kind !== 'postgres' && (options.only === undefined || title.includes(options.only)))
    await trial(store.name, title, () => fullDisk(kind));
}
await client?.end();
process.exitCode = broken > 0 ? 1 : 0;
