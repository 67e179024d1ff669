/** @cowlab/prose: plain text of 75 columns. */

export { ascii, asciiLine } from './ascii.ts';
export { COLUMNS } from './columns.ts';
export { didYouMean, nearestWord } from './meant.ts';
export { count, ranges } from './numbers.ts';
export { paragraph, wrap, wrapAscii } from './paragraph.ts';
export { shellWord } from './shell-word.ts';
export { alike, type Align, markdownTable, table } from './table.ts';
