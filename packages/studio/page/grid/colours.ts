/**
 * Colours of frames, safe for the colour-blind, with a pattern as the second channel: eight colours by four patterns,
 * so that 32 frames in a row look different from each other. Red is kept for one thing: a device and its owner apart.
 */

export interface Theme {
  readonly name: 'light' | 'dark';
  /** As 0xRRGGBB. */
  readonly ground: number;
  /** Mapped, nothing there yet. */
  readonly empty: number;
  /** Lines of holes, and of what is swapped out. */
  readonly hatch: number;
  readonly zero: number;
  readonly swapped: number;
  readonly mark: number;
  readonly apart: number;
  readonly differs: number;
  readonly frames: readonly number[];
}

export const PATTERNS = 4;

export const LIGHT: Theme = { name: 'light', ground: 0xffffff, empty: 0xeceef1, hatch: 0xc6cbd2, zero: 0xd7dbe0,
  swapped: 0xb4bac3, mark: 0x14171c, apart: 0xc0122d, differs: 0x14171c,
  frames: [0x8cc8e8, 0xe6c86e, 0x6fbfa5, 0xdf9fb9, 0x8fa6de, 0xeda06f, 0xaec765, 0xb79bdd] };

export const DARK: Theme = { name: 'dark', ground: 0x14171c, empty: 0x23282f, hatch: 0x434b56, zero: 0x3a414b,
  swapped: 0x59626e, mark: 0x0b0d10, apart: 0xff5263, differs: 0xffffff,
  frames: [0x74b3d6, 0xd2b45a, 0x5aab91, 0xcc8aa6, 0x7a92cc, 0xd98c5b, 0x99b352, 0xa386ca] };

export const css = (colour: number): string => `#${colour.toString(16).padStart(6, '0')}`;
