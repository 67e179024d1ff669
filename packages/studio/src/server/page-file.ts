/** The page as it was built: one file beside the compiled package. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** From src/ and from dist/ alike. */
const PAGE = new URL('../../built/studio.html', import.meta.url);

/** Null where nobody has built it. */
export function readPage(): string | null {
  return existsSync(fileURLToPath(PAGE)) ? readFileSync(PAGE, 'utf8') : null;
}

export const BUILD_IT = 'node tools/studio-page.mjs';
