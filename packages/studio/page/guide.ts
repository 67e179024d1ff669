/**
 * The breakage of 2020 in nine steps: one program, three kernels. Each step of the story stands at a step of the
 * program and points at a page.
 */

export interface GuideStep {
  readonly title: string;
  readonly text: string;
  /** Of `rdma.cow`. */
  readonly step: number;
  /** Which lane's, and whose: a process's mm, or -1 for what the device holds. */
  readonly page: { readonly lane: number; readonly mm: number } | null;
}

/** Before pinned pages mattered, while they broke, and after the repair. */
export const GUIDE_LANES = 'linux-5.7,linux-5.9-rc5,linux-5.9';

export const GUIDE: readonly GuideStep[] = [
  { title: 'A program and its memory', step: 3, page: { lane: 0, mm: 0 },
    text: 'A program maps two pages and writes to them. Each cell is a page; its colour, pattern and number are the '
      + 'frame behind it. Three kernels run the same program, one below the other.' },
  { title: 'A device joins', step: 4, page: { lane: 0, mm: -1 },
    text: 'The program registers the first page with a device, for RDMA or io_uring. The kernel pins the frame: the '
      + 'device will write to it, whatever the page tables say later. The right column shows what the device holds.' },
  { title: 'The program forks', step: 5, page: { lane: 0, mm: 1 },
    text: 'fork() copies no memory. Parent and child map the same frames, both write-protected (the bar at the bottom '
      + 'of a cell): whoever writes first gets a copy. That is copy-on-write.' },
  { title: 'What 5.9 does there instead', step: 5, page: { lane: 2, mm: 1 },
    text: 'Linux 5.9 copies the pinned page at once, for the child. The parent keeps the frame that its device '
      + 'writes to. Here the lanes part; cells that differ from the first lane are outlined.' },
  { title: 'The child goes', step: 6, page: { lane: 1, mm: 0 },
    text: 'The child was only a helper and exits. The parent alone maps the page now, still write-protected, and the '
      + 'device still holds it.' },
  { title: 'The parent writes', step: 7, page: { lane: 0, mm: 0 },
    text: 'The parent writes to its own buffer, and faults. Linux 5.7 counts mappings: there is only one left, so the '
      + 'parent keeps the page. All is well, by luck of the order.' },
  { title: 'The breakage', step: 7, page: { lane: 1, mm: 0 },
    text: 'The kernel before 5.9 was released counts references, and the pin is one: the page looks shared, so the '
      + 'parent is given a copy. From here on the device and its owner look at different pages (red): hazard H1.' },
  { title: 'The device writes', step: 8, page: { lane: 1, mm: -1 },
    text: 'The device stores 99 into the frame that it holds. Under 5.7 and 5.9 that is the page of the program. In '
      + 'the middle lane nobody will ever read it.' },
  { title: 'What the program reads', step: 9, page: { lane: 1, mm: 0 },
    text: 'The program reads its buffer: 99, or its own 34. Nothing in it is wrong, no call failed, and its data is '
      + 'lost. Choose any page, step with the arrow keys, or press / to open another of the situations.' },
];
