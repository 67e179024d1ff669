/** Whether a stream is whole, in words. */
import type { StreamState } from '@cowlab/journal';

export function stateText(state: StreamState['state'], writer?: number): string {
  if (state !== 'open') return state;
  return writer === process.pid ? 'open' : `open: process ${writer}`;
}
