// SPDX-License-Identifier: Apache-2.0
// The frame around every page: who is at the desk, where one is, what is not saved.
import type { ComponentChildren } from 'preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { get, part } from './api';
import { lang, setLang, t, word, type Key, type Lang } from './i18n';
import { PAGES, parseRoute, to, type Page, type Route } from './lib/route';
import { Contradictions } from './pages/contradictions';
import { Criteria } from './pages/criteria';
import { CriterionPage } from './pages/criterion';
import { Desk } from './pages/desk';
import { Exchange } from './pages/exchange';
import { Facts } from './pages/facts';
import { History } from './pages/history';
import { NextSteps } from './pages/next';
import { Official } from './pages/official';
import { Overview } from './pages/overview';
import { Reports } from './pages/reports';
import { ScopePage } from './pages/scope';
import { Start } from './pages/start';
import { actorName } from './lib/who';
import type { Head, Session } from './types';
import { Button, ErrorPanel, LinkButton, Loading, Panel } from './ui/basic';
import { Dialog } from './ui/dialog';
import { AppContext, useApp, useLoad, type AppState } from './ui/hooks';
import { Icon, Mark, type IconName } from './ui/icons';
import { forgetEdits, guard, hasEdits, onLeave } from './ui/leave';

const NAV: [Key, [Page, IconName][]][] = [
  ['nav.go', [['overview', 'home'], ['scope', 'frame'], ['criteria', 'list'], ['next', 'steps']]],
  ['nav.show', [['facts', 'table'], ['contradictions', 'swap'], ['desk', 'person']]],
  ['nav.keep', [['reports', 'report'], ['official', 'book'], ['exchange', 'outside'], ['history', 'history']]],
];

const TOAST_MS = 7000;

function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  const shown = useRef(location.hash);
  useEffect(() => {
    const onHash = () => {
      if (location.hash === shown.current) return;
      if (!hasEdits()) {
        shown.current = location.hash;
        setHash(location.hash);
        return;
      }
      // Back or a typed address with unsaved edits: stay, ask, and go only then.
      const wanted = location.hash;
      history.pushState(null, '', shown.current || '#/');
      guard(() => {
        location.hash = wanted;
      });
    };
    const onClick = (event: MouseEvent) => {
      const link = (event.target as Element | null)?.closest?.('a[href^="#/"]');
      if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
      if (!hasEdits()) return;
      event.preventDefault();
      guard(() => {
        location.hash = link.getAttribute('href') ?? '#/';
      });
    };
    const onUnload = (event: BeforeUnloadEvent) => {
      if (hasEdits()) event.preventDefault();
    };
    addEventListener('hashchange', onHash);
    addEventListener('click', onClick);
    addEventListener('beforeunload', onUnload);
    return () => {
      removeEventListener('hashchange', onHash);
      removeEventListener('click', onClick);
      removeEventListener('beforeunload', onUnload);
    };
  }, []);
  return useMemo(() => parseRoute(hash), [hash]);
}

function pageTitle(route: Route): string {
  if (route.item) return route.item;
  return route.page === 'unknown' ? t('unknown.title') : word('page', route.page);
}

function PageOf({ route }: { route: Route }): ComponentChildren {
  switch (route.page as Page | 'start' | 'unknown') {
    case 'start': return <Start />;
    case 'overview': return <Overview />;
    case 'scope': return <ScopePage />;
    case 'criteria': return route.item ? <CriterionPage key={route.item} id={route.item} /> : <Criteria key={route.query.toString()} query={route.query} />;
    case 'next': return <NextSteps />;
    case 'contradictions': return <Contradictions />;
    case 'facts': return <Facts />;
    case 'desk': return <Desk />;
    case 'reports': return <Reports />;
    case 'official': return <Official />;
    case 'exchange': return <Exchange />;
    case 'history': return <History />;
    default: return <Unknown />;
  }
}

function Unknown() {
  return (
    <>
      <PageHead title={t('unknown.title')} />
      <p>{t('unknown.text')}</p>
      <p><LinkButton href="#/" icon="home">{t('page.start')}</LinkButton></p>
    </>
  );
}

/** The heading of a page; it gets the focus when the page is opened. */
export function PageHead(props: { title: string; lead?: string; over?: ComponentChildren; children?: ComponentChildren }) {
  return (
    <header class="page-head">
      {props.over && <div class="over">{props.over}</div>}
      <h1 tabIndex={-1} id="page-title">{props.title}</h1>
      {props.lead && <p class="lead">{props.lead}</p>}
      {props.children}
    </header>
  );
}

function PracticeBanner({ head }: { head: Head }) {
  return (
    <div class="practice" role="note" aria-label={t('practice.label')}>
      <p><span class="practice-word">{t('practice.word')}</span> {t('practice.text')}</p>
      <a href={to(head.id, 'official')}>{t('practice.go')}</a>
    </div>
  );
}

function Navigation({ route, head, isOpen }: { route: Route; head: Head; isOpen: boolean }) {
  return (
    <nav id="nav" class={`nav ${isOpen ? 'is-open' : ''}`} aria-label={t('nav.label')}>
      <p class="nav-name"><span class="nav-org">{head.organisation.name}</span><span>{head.framework.title} · {head.level.name}</span></p>
      {NAV.map(([title, pages]) => (
        <div class="nav-group">
          <p class="nav-title" id={`n-${title}`}>{t(title)}</p>
          <ul aria-labelledby={`n-${title}`}>
            {pages.map(([page, icon]) => {
              const n = page === 'contradictions' ? head.counts.contradicted : page === 'criteria' ? head.counts.open : 0;
              return (
                <li>
                  <a href={to(head.id, page)} aria-current={route.page === page ? 'page' : undefined}>
                    <Icon name={icon} /><span>{word('page', page)}</span>
                    {n > 0 && <span class="nav-n">{t(page === 'criteria' ? 'nav.open_n' : 'nav.n', { n })}</span>}
                  </a>
                </li>
              );
            })}
          </ul>
        </div>
      ))}
    </nav>
  );
}

function TopBar(props: { onLang: (to: Lang) => void; hasNav: boolean; isOpen: boolean; onMenu: () => void }) {
  const { session } = useApp();
  const other: Lang = lang() === 'ja' ? 'en' : 'ja';
  return (
    <header class="top">
      <a class="brand" href="#/" aria-label={t('brand.home')}><Mark /><span class="brand-name">{t('brand.name')}</span></a>
      <p class="desk">
        <Icon name="person" size={16} />
        <span>{session.acting_as ? t('desk.as_expert') : actorName(session.actor) ? t('desk.as_owner', { who: actorName(session.actor) }) : t('desk.local')}</span>
      </p>
      <button type="button" class="top-button" lang={other} onClick={() => props.onLang(other)}>{other === 'en' ? 'English' : '日本語'}</button>
      {props.hasNav && (
        <button type="button" class="top-button menu-button" aria-controls="nav" aria-expanded={props.isOpen} onClick={props.onMenu}>
          <Icon name="menu" /><span>{t('nav.menu')}</span>
        </button>
      )}
    </header>
  );
}

function Frame({ route, session, reloadSession, onLang }: { route: Route; session: Session; reloadSession: () => void; onLang: (to: Lang) => void }) {
  const id = route.assessment;
  const headLoad = useLoad<Head | null>(`head ${id ?? ''} ${session.acting_as ?? ''}`, async () => (id ? get<Head>(`/assessments/${part(id)}`) : null));
  const [toast, setToast] = useState('');
  const [isOpen, setOpen] = useState(false);
  const [leaving, setLeaving] = useState<{ go: () => void } | null>(null);
  const main = useRef<HTMLElement>(null);
  const place = `${id ?? ''}/${route.page}/${route.item ?? ''}`;
  const isFirst = useRef(true);

  useEffect(() => onLeave((go) => setLeaving({ go })), []);
  useEffect(() => {
    setOpen(false);
    if (isFirst.current) {
      isFirst.current = false;
      return;
    }
    scrollTo(0, 0);
    // The heading may come with the data; the main region takes the focus until then.
    (main.current?.querySelector<HTMLElement>('#page-title') ?? main.current)?.focus({ preventScroll: true });
  }, [place]);
  useEffect(() => {
    document.title = [pageTitle(route), headLoad.data?.organisation.name, t('brand.title')].filter(Boolean).join(' – ');
  }, [place, headLoad.data, lang()]);
  useEffect(() => {
    if (!toast) return undefined;
    const timer = setTimeout(() => setToast(''), TOAST_MS);
    return () => clearTimeout(timer);
  }, [toast]);

  const say = useCallback((text: string) => setToast(text), []);
  const head = headLoad.data;
  const state: AppState = { session, reloadSession, head, reloadHead: headLoad.reload, say };
  const isInside = id !== null && head !== null && (PAGES as readonly string[]).includes(route.page);
  return (
    <AppContext.Provider value={state}>
      <a class="skip" href="#main" onClick={(e) => { e.preventDefault(); main.current?.focus(); }}>{t('common.skip')}</a>
      <TopBar onLang={onLang} hasNav={isInside} isOpen={isOpen} onMenu={() => setOpen(!isOpen)} />
      <div class={`body ${isInside ? 'with-nav' : ''}`}>
        {isInside && <Navigation route={route} head={head} isOpen={isOpen} />}
        <div class="column">
          {isInside && head.practice && <PracticeBanner head={head} />}
          <main id="main" ref={main} tabIndex={-1}>
            {id && headLoad.error && <><PageHead title={t('error.title')} /><ErrorPanel error={headLoad.error} retry={headLoad.reload} /></>}
            {id && !head && !headLoad.error && <><h1 class="sr">{t('common.loading')}</h1><Loading /></>}
            {(!id || head) && <PageOf route={route} />}
          </main>
          <footer class="foot">
            <p>{t('foot.star')}</p>
            <p>{t('foot.local', { version: session.version })}</p>
          </footer>
        </div>
      </div>
      <div class="toast" role="status" aria-live="polite">
        {toast && <p><Icon name="check" /> <span>{toast}</span> <Button kind="quiet" icon="cross" label={t('common.close')} onClick={() => setToast('')} /></p>}
      </div>
      {leaving && (
        <Dialog title={t('leave.title')} onClose={() => setLeaving(null)} footer={
          <>
            <Button kind="primary" onClick={() => setLeaving(null)}>{t('leave.stay')}</Button>
            <Button kind="danger" onClick={() => { const { go } = leaving; setLeaving(null); forgetEdits(); go(); }}>{t('leave.go')}</Button>
          </>
        }>
          <p>{t('leave.text')}</p>
        </Dialog>
      )}
    </AppContext.Provider>
  );
}

export function App() {
  const route = useRoute();
  const [, setTurn] = useState(0);
  const session = useLoad<Session>('session', () => get<Session>('/session'));
  const onLang = (next: Lang) => {
    setLang(next);
    setTurn((n) => n + 1);
  };
  if (session.error && !session.data) {
    return (
      <main id="main" class="alone">
        <h1>{t('brand.title')}</h1>
        <ErrorPanel error={session.error} retry={session.reload} />
        <Panel title={t('foot.star')} />
      </main>
    );
  }
  if (!session.data) return <main id="main" class="alone"><h1 class="sr">{t('brand.title')}</h1><Loading /></main>;
  return <Frame route={route} session={session.data} reloadSession={session.reload} onLang={onLang} />;
}
