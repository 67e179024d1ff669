/**
 * `unshare` makes a page exclusive without making it writable; `break-cow` is a write fault that does not ask whether
 * the VMA may be written.
 */
export type FaultKind = 'read' | 'write' | 'unshare' | 'break-cow';
