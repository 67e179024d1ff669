/** Bytes to pages, and the checks that every address-range call makes first. */

import { PAGE_SIZE, taskSizePages } from '../geometry.ts';
import type { World } from '../tables/world.ts';

export const isAligned = (bytes: number): boolean => bytes % PAGE_SIZE === 0;
export const pageUp = (bytes: number): number => Math.ceil(bytes / PAGE_SIZE);
export const taskSize = (w: World): number => taskSizePages(w.geometry) * PAGE_SIZE;
