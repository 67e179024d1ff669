/** What comes with the page: the situations, the races, and the program of the breakage. */
import type { StudioDocument } from '../src/document/document.ts';

export interface GalleryItem {
  readonly kind: 'scenario' | 'race';
  readonly name: string;
  readonly title: string;
  readonly text: string;
}

let items: readonly GalleryItem[] | null = null;

/** Built into the page as data. */
export function gallery(): readonly GalleryItem[] {
  items ??= JSON.parse(document.getElementById('cowlab-gallery')?.textContent ?? '[]') as GalleryItem[];
  return items;
}

export const documentOf = ({ kind, name, text }: GalleryItem, lanes: string | null = null): StudioDocument =>
  kind === 'scenario' ? { kind, name, text, lanes } : { kind, name, text, lanes, schedule: null };

/** The breakage of 2020, which the guided story tells. */
export const breakage = (): GalleryItem | undefined => gallery().find(({ name }) => name === 'rdma.cow');
