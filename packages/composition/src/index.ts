/** @cowlab/composition: puts labs together from policies, profiles and options. */

export { BUILT_IN } from './built-in.ts';
export { type Catalogue, catalogueOf, type CatalogueSettings, type ProfilePart } from './catalogue.ts';
export { compose, createLab, labMaker, type NewLab } from './compose.ts';
export { type LabServices, Services, type TracepointListener } from './services.ts';
export { ContainerModule } from 'inversify';
export { CompositionError, reasonOf } from './composition-error.ts';
export { chooseLanes, DEFAULT_LANES, knowExpectedLanes } from './default-lanes.ts';
export { type HookWatch, watchHooks } from './hook-watch.ts';
export { isPath, parseLanes } from './lane-syntax.ts';
export { type Lane, type Layer, laidOver, resolveLanes, stackKey } from './lanes.ts';
export { overlaysOf, policyOf } from './overlay.ts';
export { PluginShelf, type PluginSource } from './plugin-shelf.ts';
export type { Evidence, Fact } from './facts/fact.ts';
export { factsThatBegin, factsThatEnd, kernelName, SERIES } from './facts/points.ts';
export { compareSeries, parseRelease, type Release, releaseOf, releaseText } from './facts/release.ts';
export { type KernelResolution, resolveKernel, type StatedFact } from './facts/resolve.ts';
export { FACTS, factsOf, holds } from './facts/stack.ts';
export { type Chosen, DISTINCT_PROFILES, type Profile, PROFILES, type Profiles } from './profiles.ts';
export type { Token } from './token.ts';
export { type MachineSettings, Tokens } from './tokens.ts';
export type { Workplace } from './workplace.ts';
