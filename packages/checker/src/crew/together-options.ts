/** What a search that several threads make is asked for. */
import type { Limits } from '../search/exhaust.ts';
import type { ExploreOptions } from '../search/explored.ts';

export interface TogetherOptions extends ExploreOptions {
  readonly limits: Limits & { readonly maxBytes?: number };
  /** One thread makes searches up to so many states; of a search in a bound of bytes: none. */
  readonly alone?: number;
  /** Levels with fewer states are followed by one thread: waking the others takes longer. */
  readonly wake?: number;
}
