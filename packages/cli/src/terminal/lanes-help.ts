/** How to write lanes, for the help of every command that takes them. */

export const LANES_HELP = `
LANES are joined by commas. A lane is a profile (linux-5.9), a policy over
what it lies over (early-cow), or a stack built with +. A policy may be a
path, or of a package that --plugin names. Options follow it, each with
its colon:
  linux-5.7+madv-dontfork:pins=true
  early-cow:series=v2:pretendAllPinned=true
  linux-5.9+./my-policy.ts
LABEL=LANE gives a lane a name: ibv=linux-5.7+madv-dontfork:pins=true`;
