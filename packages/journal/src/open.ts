/** A journal by its address. What only one kind of store needs is loaded for that kind alone. */

import type { Journal } from './journal.ts';
import { JournalError } from './journal-error.ts';

/**
 * DIR, file:DIR, libsql:FILE, postgres://…, pglite:DIR (or pglite:memory:// for one that is gone when it is closed).
 */
export async function openJournal(address: string): Promise<Journal> {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+]+):(.*)$/is.exec(address) ?? [];
  switch (scheme.toLowerCase()) {
    case '':
    case 'file': {
      const { FileJournal } = await import('./file/file-journal.ts');
      return new FileJournal(given(address, scheme === '' ? address : rest.replace(/^\/\/(?=\/)/, '')));
    }
    case 'libsql': {
      const [{ LibsqlStore }, { SqlJournal }] = await Promise.all([import('./libsql/libsql-store.ts'),
        import('./sql/sql-journal.ts')]);
      return SqlJournal.open(await LibsqlStore.open(given(address, rest.replace(/^\/\/(?=\/)/, ''))));
    }
    case 'postgres':
    case 'postgresql': {
      const [{ PgStore }, { SqlJournal }] = await Promise.all([import('./postgres/pg-store.ts'),
        import('./sql/sql-journal.ts')]);
      return SqlJournal.open(await PgStore.open(address));
    }
    case 'pglite': {
      const [{ PgliteStore }, { SqlJournal }] = await Promise.all([import('./postgres/pglite-store.ts'),
        import('./sql/sql-journal.ts')]);
      return SqlJournal.open(await PgliteStore.open(given(address, rest)));
    }
    default:
      throw new JournalError('bad-address', `${JSON.stringify(`${scheme}:`)} is no kind of journal`,
        'give a folder, file:DIR, libsql:FILE, postgres://… or pglite:DIR');
  }
}

function given(address: string, path: string): string {
  if (path !== '' && !path.includes('\0')) return path;
  throw new JournalError('bad-address', `${JSON.stringify(address)} names no place for a journal`,
    'give a folder, file:DIR, libsql:FILE, postgres://… or pglite:DIR');
}
