/** @cowlab/composition: puts labs together from policies, profiles and options. */

export { BUILT_IN } from './built-in.ts';
export { type Catalogue, catalogueOf, type CatalogueSettings, type ProfilePart } from './catalogue.ts';
export { compose } from './compose.ts';
export { CompositionError, reasonOf } from './composition-error.ts';
export { chooseLanes, DEFAULT_LANES } from './default-lanes.ts';
export { isPath, parseLanes } from './lane-syntax.ts';
export { type Lane, type Layer, laidOver, resolveLanes, stackKey } from './lanes.ts';
export { policyOf } from './overlay.ts';
export { PluginShelf, type PluginSource } from './plugin-shelf.ts';
export { type Chosen, type Profile, PROFILES, type Profiles } from './profiles.ts';
export { type MachineSettings, type Token, Tokens } from './tokens.ts';
export type { Workplace } from './workplace.ts';
