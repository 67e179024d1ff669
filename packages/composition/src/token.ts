/** What a container knows a service by. */
import type { ServiceIdentifier } from 'inversify';

/** An identifier that remembers its type; a bare symbol lets you claim any type. */
export type Token<T> = ServiceIdentifier<T> & { readonly __service?: T };
export const token = <T>(name: string): Token<T> => Symbol.for(`cowlab/${name}`);
