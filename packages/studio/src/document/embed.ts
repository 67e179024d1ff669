/** A document inside the page: as data that no parser of HTML takes for anything else. */
import type { StudioDocument } from './document.ts';

/** Where the page keeps it; the page is built with nothing there. */
const SLOT = '<script type="application/json" id="cowlab-document">null</script>';

/** @throws RangeError when `page` is no page of the studio */
export function pageWith(page: string, document: StudioDocument | null): string {
  const [before, after, ...more] = page.split(SLOT);
  if (after === undefined || more.length > 0)
    throw new RangeError('the page of the studio has no place for a document');
  return `${before}<script type="application/json" id="cowlab-document">${embedded(document)}</script>${after}`;
}

/** JSON in which nothing ends a script, opens a comment or breaks a line. */
export function embedded(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
