/** The whole screen. */
import { asked, guided, lanes, layout, panel, session, shown, theme, trouble, type View, view } from '../state.ts';
import { Costs } from './costs.tsx';
import { GuideCard } from './guide-card.tsx';
import { Help } from './help.tsx';
import { LanePane } from './lane-pane.tsx';
import { Legend } from './legend.tsx';
import { Found, PageCard } from './page-card.tsx';
import { Palette } from './palette.tsx';
import { ProgramList } from './program-list.tsx';
import { RaceView } from './race-view.tsx';
import { Scrubber } from './scrubber.tsx';
import { Share } from './share.tsx';
import { TableTwin } from './table-twin.tsx';
import { VerdictView } from './verdict-view.tsx';
import { Welcome } from './welcome.tsx';
import { WriteView } from './write-view.tsx';

export function App() {
  return (
    <>
      <Header />
      {trouble.value !== null && <p class='trouble' role='alert'>{trouble.value}</p>}
      {guided.value !== null && <GuideCard at={guided.value} />}
      <main>{shown.value === null && guided.value === null && view.value !== 'write' ? <Welcome /> : <Body />}</main>
      {panel.value === 'palette' && <Palette />}
      {panel.value === 'help' && <Help />}
      {panel.value === 'share' && <Share />}
    </>
  );
}

const TABS: readonly (readonly [View, string])[] = [['verdict', 'Verdict'], ['race', 'Race'], ['pages', 'Pages'], [
  'table',
  'Table',
], ['write', 'Write']];

/** What can be seen of what is open. */
function canShow(name: View): boolean {
  if (name === 'write') return true;
  if (name === 'verdict') return shown.value?.kind === 'recording';
  return name === 'race' ? shown.value?.kind === 'race' : session.value !== null;
}

function Header() {
  const dark = theme.value.name === 'dark';
  return (
    <header class='top'>
      <h1>
        cowlab <span class='quiet'>studio</span>
      </h1>
      {shown.value !== null && (
        <p class='title' title={session.value?.title}>
          <b>{'name' in shown.value ? shown.value.name : session.value?.name}</b> {session.value?.title}
        </p>
      )}
      <nav aria-label='views'>
        {TABS.filter(([name]) => canShow(name)).map(([name, title]) => (
          <button key={name} type='button' aria-pressed={view.value === name} onClick={() => {
            view.value = name;
          }}>
            {title}
          </button>
        ))}
        <button type='button' onClick={() => {
          panel.value = 'palette';
        }}>
          Open <kbd>/</kbd>
        </button>
        <button type='button' disabled={shown.value === null} onClick={() => {
          panel.value = 'share';
        }}>
          Share
        </button>
        <button type='button' aria-label='keys' onClick={() => {
          panel.value = 'help';
        }}>
          ?
        </button>
        <button type='button' aria-label={dark ? 'light colours' : 'dark colours'} title={dark ? 'light' : 'dark'}
          onClick={() => {
            asked.value = dark ? 'light' : 'dark';
          }}
        >
          {dark ? '☀' : '☾'}
        </button>
      </nav>
    </header>
  );
}

function Body() {
  const { value: document } = shown;
  if (view.value === 'write') return <WriteView />;
  if (view.value === 'race' && document?.kind === 'race') return <RaceView document={document} />;
  if (view.value === 'verdict' && document?.kind === 'recording') return <VerdictView of={document} />;
  return <Pages />;
}

/** In cells. */
const SIDE_BY_SIDE_MAX = 80;

function Pages() {
  const on = layout.value;
  if (session.value === null || on === null) return null;
  // Side by side, where that leaves a page large enough to be pointed at.
  const stacked = on.height * 2 < on.width || on.width > SIDE_BY_SIDE_MAX || lanes.value.length === 1;
  return (
    <div class='body'>
      <ProgramList />
      <div class='middle'>
        <Scrubber />
        {view.value === 'table'
          ? <TableTwin />
          : (
            <div class={stacked ? 'lanes stacked' : 'lanes'}>
              {lanes.value.map((lane, at) => <LanePane key={lane.name} lane={lane} at={at} />)}
            </div>
          )}
        {(on.left.mms > 0 || on.left.ranges > 0) && (
          <p class='quiet'>Not shown: {on.left.mms} more address spaces, {on.left.ranges} more mappings.</p>
        )}
        <Legend />
      </div>
      <aside aria-label='details'>
        <PageCard />
        <Found />
        <Costs />
      </aside>
    </div>
  );
}
