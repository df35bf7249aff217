// SPDX-License-Identifier: Apache-2.0
// The frame of the hub's pages: who is signed in, whose things are looked at, what is live.
import type { ComponentChildren } from 'preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { drop, get, SIGNED_OUT } from '../api';
import { lang, setLang, t, word, type Lang } from '../i18n';
import { setTimeZone } from '../lib/format';
import { Button, ErrorPanel, knowErrors, LinkButton, Loading } from '../ui/basic';
import { useAction, useLoad } from '../ui/hooks';
import { Icon, Mark, type IconName } from '../ui/icons';
import { HubContext, useHub, type HubState } from './context';
import { DemoBar, useDemo } from './demo';
import { browserWorld, startLive, type Live } from './live';
import { needsCode, roleOf } from './logic';
import { Account } from './pages/account';
import { Board } from './pages/board';
import { CasePage, Cases } from './pages/cases';
import { FlowPage, Drills } from './pages/drills';
import { Feeds } from './pages/feeds';
import { FunnelPage } from './pages/funnel';
import { InboxPage, QuestionPage, WarningPage } from './pages/inbox';
import { Mine } from './pages/mine';
import { OrgPage, Orgs } from './pages/orgs';
import { PlanPage, Plans, WarningOfAnalyst } from './pages/plans';
import { Provisions } from './pages/provisions';
import { Relations } from './pages/relations';
import { Reports } from './pages/reports';
import { InvitationPage, SignIn } from './pages/sign_in';
import { SituationPage } from './pages/situation';
import { TreePage } from './pages/tree';
import { hubTo, parseHubRoute, type HubPage, type HubRoute } from './route';
import { Head } from './head';
import type { HubSession, Org, Role } from './types';

const NAV: Record<Role, [HubPage, IconName][]> = {
  analyst: [['board', 'list'], ['warnings', 'speech'], ['cases', 'pen'], ['provisions', 'forward'], ['drills', 'check'], ['tree', 'steps'], ['feeds', 'download'], ['funnel', 'down'], ['orgs', 'building'], ['relations', 'network'], ['account', 'person']],
  member: [['mine', 'home'], ['warnings', 'speech'], ['reports', 'report'], ['board', 'list'], ['funnel', 'down'], ['relations', 'network'], ['account', 'person']],
  provider: [['board', 'list'], ['warnings', 'speech'], ['funnel', 'down'], ['account', 'person']],
  administrator: [['orgs', 'building'], ['account', 'person']],
};
const TOAST_MS = 7000;
const NEWS_MS = 400; // what comes together is fetched once
const LATER_MS = 2500; // and again: situations follow findings
const POLL_MS = 20000; // what people change is no finding
const STORED = 'yagura.org';

knowErrors({
  unreachable: ['hub.error.unreachable', 'hub.error.unreachable_why', 'hub.error.unreachable_do'],
  'starting-again': ['hub.error.starting', 'hub.error.starting_why', 'hub.error.starting_do'],
});

function useHubRoute(): HubRoute {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const on = () => setHash(location.hash);
    addEventListener('hashchange', on);
    return () => removeEventListener('hashchange', on);
  }, []);
  return useMemo(() => parseHubRoute(hash), [hash]);
}

function PageOf({ route, role }: { route: HubRoute; role: Role }): ComponentChildren {
  const page = route.page === 'home' ? NAV[role][0]?.[0] : route.page;
  const isAllowed = page === 'situations' || (page === 'plans' && role === 'analyst') || (page === 'questions' && role === 'member') || NAV[role].some(([name]) => name === page);
  if (!isAllowed) return <Unknown />;
  switch (page) {
    case 'board': return <Board query={route.query} />;
    case 'situations': return <SituationPage key={route.item} id={route.item ?? ''} />;
    case 'funnel': return <FunnelPage />;
    case 'mine': return <Mine />;
    case 'warnings':
      if (role === 'analyst') return route.item ? <WarningOfAnalyst key={route.item} id={route.item} /> : <Plans />;
      return route.item ? <WarningPage key={route.item} id={route.item} /> : <InboxPage />;
    case 'plans': return <PlanPage key={route.item} id={route.item ?? ''} />;
    case 'questions': return <QuestionPage key={route.item} plan={route.item ?? ''} />;
    case 'orgs': return route.item ? <OrgPage key={route.item} id={route.item} /> : <Orgs />;
    case 'cases': return route.item ? <CasePage key={route.item} id={route.item} /> : <Cases query={route.query} />;
    case 'drills': return route.item ? <FlowPage key={route.item} kind="drill" id={route.item} /> : <Drills query={route.query} />;
    case 'provisions': return route.item ? <FlowPage key={route.item} kind="provision" id={route.item} /> : <Provisions query={route.query} />;
    case 'tree': return <TreePage />;
    case 'feeds': return <Feeds />;
    case 'relations': return <Relations />;
    case 'reports': return <Reports item={route.item} />;
    case 'account': return <Account />;
    default: return <Unknown />;
  }
}

function Unknown() {
  return (
    <>
      <Head title={t('unknown.title')} lead={t('hub.unknown')} />
      <p><LinkButton href="#/" icon="home">{t('hub.home')}</LinkButton></p>
    </>
  );
}

function TopBar(props: { name?: string; hasNav: boolean; isOpen: boolean; onMenu: () => void; onLang: (to: Lang) => void; children?: ComponentChildren }) {
  const other: Lang = lang() === 'ja' ? 'en' : 'ja';
  return (
    <header class="top">
      <a class="brand" href="#/" aria-label={t('hub.brand_home')}><Mark /><span class="brand-name">{t('brand.name')}</span></a>
      <p class="desk">{props.name && <><Icon name="person" size={16} /><span>{props.name}</span></>}</p>
      {props.children}
      <button type="button" class="top-button" lang={other} onClick={() => props.onLang(other)}>{other === 'en' ? 'English' : '日本語'}</button>
      {props.hasNav && (
        <button type="button" class="top-button menu-button" aria-controls="nav" aria-expanded={props.isOpen} onClick={props.onMenu}>
          <Icon name="menu" /><span>{t('nav.menu')}</span>
        </button>
      )}
    </header>
  );
}

function OrgChoice() {
  const { org, orgs, setOrg, role } = useHub();
  if (role === 'administrator' || orgs.length < 2) return null;
  return (
    <div class="field nav-choice">
      <label for="org-choice">{t('hub.org_choice')}</label>
      <select id="org-choice" value={org ?? ''} onChange={(e) => setOrg(e.currentTarget.value || null)}>
        {role === 'analyst' && <option value="">{t('hub.org_all')}</option>}
        {orgs.map((o) => <option key={o.id} value={o.id}>{o.name || o.id}</option>)}
      </select>
    </div>
  );
}

function Navigation({ page, isOpen, onOut }: { page: string; isOpen: boolean; onOut: () => void }) {
  const { role, orgs } = useHub();
  const current = page === 'home' ? NAV[role][0]?.[0] : page === 'situations' ? 'board' : page === 'plans' ? 'warnings' : page === 'questions' ? 'mine' : page;
  return (
    <nav id="nav" class={`nav ${isOpen ? 'is-open' : ''}`} aria-label={t('hub.nav_label')}>
      <p class="nav-name"><span class="nav-org">{role === 'member' && orgs.length === 1 ? orgs[0]?.name : t('hub.name')}</span><span>{word('hub.role', role)}</span></p>
      <OrgChoice />
      <ul>
        {NAV[role].map(([name, icon]) => (
          <li><a href={hubTo(name)} aria-current={current === name ? 'page' : undefined}><Icon name={icon} /><span>{word('hub.page', name)}</span></a></li>
        ))}
      </ul>
      <p class="only-phone nav-out"><Button onClick={onOut}>{t('hub.sign_out')}</Button></p>
    </nav>
  );
}

/** News by the shared stream, and by asking now and then while somebody looks. */
function useNews(isOn: boolean): { turn: number; isLive: boolean; touched: () => void } {
  const [turn, setTurn] = useState(0);
  const [isLive, setLive] = useState(false);
  const live = useRef<Live | null>(null);
  useEffect(() => {
    if (!isOn) return undefined;
    const timers = new Set<ReturnType<typeof setTimeout>>();
    const soon = (ms: number) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        setTurn((n) => n + 1);
      }, ms);
      timers.add(timer);
    };
    live.current = startLive(browserWorld('/api/v1/stream'), {
      change: () => {
        if (timers.size < 2) {
          soon(NEWS_MS);
          soon(LATER_MS);
        }
      },
      state: setLive,
    });
    const poll = setInterval(() => document.visibilityState === 'visible' && setTurn((n) => n + 1), POLL_MS);
    return () => {
      live.current?.stop();
      live.current = null;
      timers.forEach(clearTimeout);
      clearInterval(poll);
    };
  }, [isOn]);
  const touched = useCallback(() => {
    live.current?.touch();
    setTurn((n) => n + 1);
  }, []);
  return { turn, isLive, touched };
}

function storedOrg(): string | null {
  try {
    return sessionStorage.getItem(STORED);
  } catch {
    return null;
  }
}

function Shell({ route, session, orgs, reloadSession, onLang, bar }: { route: HubRoute; session: HubSession; orgs: Org[]; reloadSession: () => void; onLang: (to: Lang) => void; bar: ComponentChildren }) {
  const role = roleOf(session);
  const [toast, setToast] = useState('');
  const [isOpen, setOpen] = useState(false);
  const [wanted, setWanted] = useState<string | null>(storedOrg);
  const main = useRef<HTMLElement>(null);
  const { turn, isLive, touched } = useNews(role !== 'administrator');
  const place = `${route.page}/${route.item ?? ''}`;
  const isFirst = useRef(true);
  const out = useAction();
  const known = orgs.some((o) => o.id === wanted) ? wanted : null;
  const org = role === 'analyst' || role === 'administrator' ? known : (known ?? orgs[0]?.id ?? null);

  useEffect(() => {
    setOpen(false);
    if (isFirst.current) {
      isFirst.current = false;
      return;
    }
    scrollTo(0, 0);
    (main.current?.querySelector<HTMLElement>('#page-title') ?? main.current)?.focus({ preventScroll: true });
  }, [place]);
  useEffect(() => {
    const page = route.page === 'home' ? NAV[role][0]?.[0] ?? 'account' : route.page;
    document.title = `${page === 'unknown' ? t('unknown.title') : word('hub.page', page)} – ${t('brand.name')}`;
  }, [place, lang()]);
  useEffect(() => {
    if (!toast) return undefined;
    const timer = setTimeout(() => setToast(''), TOAST_MS);
    return () => clearTimeout(timer);
  }, [toast]);

  const say = useCallback((text: string) => setToast(text), []);
  const setOrg = useCallback((to: string | null) => {
    setWanted(to);
    try {
      sessionStorage.setItem(STORED, to ?? '');
    } catch {
      // Then it is chosen again.
    }
  }, []);
  const signOut = () => void out.run(async () => {
    await drop('/session');
    touched();
    reloadSession();
  });
  const state: HubState = { session, reloadSession, role, orgs, org, setOrg, say, turn, touched };
  return (
    <HubContext.Provider value={state}>
      <a class="skip" href="#main" onClick={(e) => { e.preventDefault(); main.current?.focus(); }}>{t('common.skip')}</a>
      <TopBar name={session.kind === 'local' ? t('hub.local') : session.name} hasNav isOpen={isOpen} onMenu={() => setOpen(!isOpen)} onLang={onLang}>
        {role !== 'administrator' && <p class={`live ${isLive ? 'is-live' : ''}`} data-live={isLive}>{t(isLive ? 'hub.live' : 'hub.not_live')}</p>}
        <button type="button" class="top-button no-phone" onClick={signOut}>{t('hub.sign_out')}</button>
      </TopBar>
      {bar}
      <div class="body with-nav">
        <Navigation page={route.page} isOpen={isOpen} onOut={signOut} />
        <div class="column">
          <main id="main" ref={main} tabIndex={-1}>
            {out.error && <ErrorPanel error={out.error} />}
            <PageOf route={route} role={role} />
          </main>
          <footer class="foot"><p>{t('hub.foot', { version: session.version })}</p></footer>
        </div>
      </div>
      <div class="toast" role="status" aria-live="polite">
        {toast && <p><Icon name="check" /> <span>{toast}</span> <Button kind="quiet" icon="cross" label={t('common.close')} onClick={() => setToast('')} /></p>}
      </div>
    </HubContext.Provider>
  );
}

/** Nobody is signed in, or something is in the way of it. */
function Alone({ onLang, bar, children }: { onLang: (to: Lang) => void; bar: ComponentChildren; children: ComponentChildren }) {
  return (
    <>
      <TopBar hasNav={false} isOpen={false} onMenu={() => {}} onLang={onLang} />
      {bar}
      <main id="main" class="alone">{children}</main>
    </>
  );
}

function SignedIn(props: { route: HubRoute; session: HubSession; reloadSession: () => void; onLang: (to: Lang) => void; bar: ComponentChildren }) {
  // A hub of thousands: names beyond the first thousand are shown as ids, and can be opened by id.
  const orgs = useLoad<Org[]>(`orgs ${props.session.person?.id ?? ''}`, async () => (await get<{ items: Org[] }>('/orgs', { limit: '1000' })).items);
  if (orgs.error && !orgs.data) return <Alone onLang={props.onLang} bar={props.bar}><h1>{t('hub.name')}</h1><ErrorPanel error={orgs.error} retry={orgs.reload} /></Alone>;
  if (!orgs.data) return <Alone onLang={props.onLang} bar={props.bar}><h1 class="sr">{t('hub.name')}</h1><Loading /></Alone>;
  return <Shell {...props} orgs={orgs.data} />;
}

export function HubApp() {
  const route = useHubRoute();
  const [, setTurn] = useState(0);
  const session = useLoad<HubSession>('session', () => get<HubSession>('/session'));
  setTimeZone(session.data?.time_zone);
  const demo = useDemo();
  const [visits, setVisits] = useState(0);
  const onLang = (next: Lang) => {
    setLang(next);
    setTurn((n) => n + 1);
  };
  useEffect(() => {
    const on = () => session.reload();
    addEventListener(SIGNED_OUT, on);
    return () => removeEventListener(SIGNED_OUT, on);
  }, []);
  // Another person, or the same one at another place: the pages begin anew.
  const visit = (next: HubSession, org: string | null, hash: string) => {
    try {
      sessionStorage.setItem(STORED, org ?? '');
    } catch {
      // Then it is chosen by hand.
    }
    location.hash = hash;
    session.set(next);
    setVisits((n) => n + 1);
  };
  const bar = <DemoBar demo={demo.data} session={session.data} onVisit={visit} />;
  if (route.page === 'invitation' && route.item) {
    return <Alone onLang={onLang} bar={bar}><InvitationPage invitation={route.item} /></Alone>;
  }
  if (session.error && session.error.status === 401) return <Alone onLang={onLang} bar={bar}><SignIn onDone={session.set} /></Alone>;
  if (session.error && !session.data) return <Alone onLang={onLang} bar={bar}><h1>{t('hub.name')}</h1><ErrorPanel error={session.error} retry={session.reload} /></Alone>;
  if (!session.data) return <Alone onLang={onLang} bar={bar}><h1 class="sr">{t('hub.name')}</h1><Loading /></Alone>;
  if (needsCode(session.data)) return <Alone onLang={onLang} bar={bar}><SignIn waiting={session.data} onDone={session.set} /></Alone>;
  return <SignedIn key={visits} bar={bar} route={route} session={session.data} reloadSession={session.reload} onLang={onLang} />;
}

