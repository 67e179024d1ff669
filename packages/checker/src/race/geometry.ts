/** Four pages make a huge page, three levels of page tables an address space: small enough to look at every order. */
import { toyGeometry } from '@cowlab/core';

export const RACE_GEOMETRY = toyGeometry(2, 3);
