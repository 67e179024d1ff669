/**
 * cowlab/lab: lanes and the labs they make, what a lab is asked and tells, scenarios and how one runs. It also runs in
 * a browser.
 */

/* A lane, and the lab that it makes. */
export { BUILT_IN, type Catalogue, catalogueOf, chooseLanes, compose, CompositionError, ContainerModule, createLab,
  type Lane, type Layer, type MachineSettings, type NewLab, parseLanes, type Profile, type ProfilePart, PROFILES,
  resolveLanes, Services, type Token, type TracepointListener } from '@cowlab/composition';

/* What a lab is told to do, and what happens in it. */
export { type Advice, type Capacity, type Command, type CommandOf, type CommandType, type Errno, type Event,
  type EventOf, type EventType, type FrameAllocator, FrameAllocatorError, type FreeMemory, LOWEST_FREE, FOLL_GET,
  FOLL_LONGTERM, FOLL_PIN, FOLL_WRITE, type Geometry, inspectMm, inspectPage, inspectPin, type LogEntry, MAP_ANONYMOUS,
  MAP_FIXED, MAP_FIXED_NOREPLACE, MAP_HUGETLB, MAP_LOCKED, MAP_PRIVATE, MAP_SHARED, type MmSnapshot, type PageSnapshot,
  type PinSnapshot, PAGE_SHIFT, PAGE_SIZE, PROT_EXEC, PROT_NONE, PROT_READ, PROT_WRITE, type Result, toyGeometry,
  type VmaSnapshot, X86_64 } from '@cowlab/core';

/* The lab itself: its log, its streams, and what is made of them. */
export { addCosts, changesOf, type Committed, type CostClock, CostClockError, type CostCounters, costsOf, COUNTS,
  countPages, type EventSink, NO_COSTS, NO_SINK, type Divergence, type Finding, Findings, findings, type Followed,
  formatLog, inMm, iterate, type KeptStreams, Lab, type LabOptions, type LeafRun, LogError, ofType, pageHistory,
  type PageTableRow, pageTableView, type PageTableView, PinLedger, type PinRecord, type PteChange, PteHistory, project,
  readLog, type ReadModel, replay, type ReplayRange, runningCosts, type SavedLog, streamsOf, TimeTravel,
  type TracepointListeners, Tracepoints, type WorldView, writeLog } from '@cowlab/runtime';

/* Scenarios: written, read, built, and run in a lab. */
export { type Assertion, type Expectation, formatScenario, parseScenario, type Program, type Scenario, scenario,
  type ScenarioBuilder, ScenarioError, type Step, type StepOp, type StepResult } from '@cowlab/scenario';
export { type ExpectationResult, expectationTexts, hazardsIn, judge, lookAtPages, type Parting, partingOf, type PinLook,
  type RanStep, reportWorld, runScenario, type ScenarioRun, type WorldReport } from '@cowlab/trial';
