/** What a question is asked with: the policies and profiles at hand, and the lanes to take when nobody names any. */
import type { Catalogue } from './catalogue.ts';

export interface Workplace {
  readonly catalogue: Catalogue;
  /** Default lanes of the config file; null: it has none. */
  readonly policies: string | null;
  readonly configFile: string | null;
  /** What was left out, and how it is asked for: a line each. */
  readonly warnings?: readonly string[];
}
