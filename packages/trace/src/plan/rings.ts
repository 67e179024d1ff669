/**
 * Descriptors that hold pages: io_uring instances with registered buffers, and pipes that vmsplice() fed. fork() hands
 * a descriptor on, so a ring lives until the last table that holds it has closed it; then its pins go. (A mapping of
 * the ring keeps it alive as well. It ends with the process at the latest, and so does the table.)
 */

/** A table of descriptors is known by its identity; see `Process.files`. */
type Files = object;

interface Ring {
  readonly number: number;
  /** Pin by slot. */
  readonly pins: Map<number, number>;
  /** Tables and descriptors that refer to it. */
  users: number;
}

export class Rings {
  private readonly tables = new Map<Files, Map<number, Ring>>();
  private rings = 0;

  /** Number of the ring, from 1 on; one that was made before the recorder came is taken over as it is met. */
  numberOf(files: Files, fd: number): number {
    return this.find(files, fd).number;
  }

  /** A new ring behind `fd`. Returns the pins that a forgotten predecessor held. */
  open(files: Files, fd: number): number[] {
    const released = this.close(files, fd);
    this.add(files, fd);
    return released;
  }

  /** Note a pin; returns the one whose slot it takes. */
  hold(files: Files, fd: number, slot: number, pin: number): number | undefined {
    const { pins } = this.find(files, fd);
    const before = pins.get(slot);
    pins.set(slot, pin);
    return before;
  }

  /** Forget one slot, or all. Returns the pins to release. */
  release(files: Files, fd: number, slot?: number): number[] {
    const { pins } = this.find(files, fd);
    const released = slot === undefined ? [...pins.values()] : [pins.get(slot) ?? []].flat();
    if (slot === undefined) pins.clear();
    else pins.delete(slot);
    return released;
  }

  /** Pins of the other rings in this table. */
  heldByOthers(files: Files, fd: number): number[] {
    const own = this.find(files, fd);
    const others = new Set([...(this.tables.get(files)?.values() ?? [])].filter((ring) => ring !== own));
    return [...others].flatMap(({ pins }) => [...pins.values()]);
  }

  /** fork() without CLONE_FILES. */
  inherit(parent: Files, child: Files): void {
    const held = this.tables.get(parent);
    if (held === undefined) return;
    this.tables.set(child, new Map(held));
    for (const ring of held.values()) ring.users++;
  }

  /** dup(): the ring lives until both descriptors are closed. Returns the pins of what `copy` was before. */
  duplicate(files: Files, fd: number, copy: number): number[] {
    const ring = this.tables.get(files)?.get(fd);
    if (ring === undefined || fd === copy) return [];
    const released = this.close(files, copy);
    this.tables.get(files)?.set(copy, ring);
    ring.users++;
    return released;
  }

  close(files: Files, fd: number): number[] {
    const table = this.tables.get(files);
    const ring = table?.get(fd);
    if (table === undefined || ring === undefined) return [];
    table.delete(fd);
    return this.drop(ring);
  }

  /** The last process that used the table is gone, or has another one since execve(): both close these descriptors. */
  closeAll(files: Files): number[] {
    const table = this.tables.get(files);
    this.tables.delete(files);
    return [...(table?.values() ?? [])].flatMap((ring) => this.drop(ring));
  }

  private drop(ring: Ring): number[] {
    ring.users--;
    if (ring.users > 0) return [];
    const pins = [...ring.pins.values()];
    ring.pins.clear();
    return pins;
  }

  private find(files: Files, fd: number): Ring {
    return this.tables.get(files)?.get(fd) ?? this.add(files, fd);
  }

  private add(files: Files, fd: number): Ring {
    const ring: Ring = { number: ++this.rings, pins: new Map(), users: 1 };
    const table = this.tables.get(files) ?? new Map<number, Ring>();
    table.set(fd, ring);
    this.tables.set(files, table);
    return ring;
  }
}
