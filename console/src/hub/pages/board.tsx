// SPDX-License-Identifier: Apache-2.0
// The board: what is open, the worst first to be seen, kept up to date.
import { useMemo } from 'preact/hooks';
import { get } from '../../api';
import { t, word } from '../../i18n';
import { Empty, ErrorPanel, Loading, SelectField, Table } from '../../ui/basic';
import { orgName, orgQuery, useHub, useLive } from '../context';
import { Head } from '../head';
import { isLate, SEVERITIES, worstFirst } from '../logic';
import { CertaintyChip, headline, SeverityChip, StateChip, When } from '../parts';
import { hubTo } from '../route';
import type { Situation } from '../types';

const SHOWN = 50;
const NAMED = 3;
const FILTERS = ['open', 'new', 'check', 'confirmed', 'notified', 'acknowledged', 'resolved', 'noise', 'all'] as const;

interface Page { items: Situation[]; next?: string }

export function Board({ query }: { query: URLSearchParams }) {
  const hub = useHub();
  const state = FILTERS.find((f) => f === query.get('state')) ?? 'open';
  const isMine = query.get('mine') === '1' && hub.role === 'analyst';
  const after = query.get('after') ?? '';
  const filter: Record<string, string> = { ...orgQuery(hub), limit: String(SHOWN), ...(state === 'all' ? {} : { state }), ...(isMine ? { assignee: hub.session.person?.login ?? '' } : {}), ...(after ? { after } : {}), ...(hub.role === 'analyst' ? { parts: String(NAMED) } : {}) };
  const load = useLive<Page>(`board ${JSON.stringify(filter)}`, () => get<Page>('/situations', filter));
  const go = (more: Record<string, string>) => {
    location.hash = hubTo('board', undefined, { state: state === 'open' ? '' : state, mine: isMine ? '1' : '', ...more });
  };
  // Where all fit on one page the worst come first; pages of a longer list are in the order of the API.
  const items = load.data && !load.data.next && !after ? worstFirst(load.data.items) : load.data?.items ?? [];
  return (
    <>
      <Head title={word('hub.page', 'board')} lead={t(hub.role === 'analyst' ? 'hub.board_lead' : 'hub.board_lead_own')} />
      {load.data && items.length > 0 && <Tiles items={items} isMore={!!load.data.next || after !== ''} isOpenOnly={state === 'open'} />}
      <div class="filters hub-filters">
        <SelectField label={t('hub.filter_state')} value={state} onInput={(v) => go({ state: v === 'open' ? '' : v })}
          options={FILTERS.map((f) => [f, f === 'open' || f === 'all' ? word('hub.filter', f) : word('hub.state', f)])} />
        {hub.role === 'analyst' && hub.session.person && (
          <SelectField label={t('hub.filter_who')} value={isMine ? '1' : ''} onInput={(v) => go({ mine: v })} options={[['', t('hub.filter_everybody')], ['1', t('hub.filter_me')]]} />
        )}
      </div>
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {!load.data && !load.error && <Loading />}
      {load.data && items.length === 0 && (
        <Empty title={t(state === 'open' && !isMine ? 'hub.board_empty' : 'hub.board_none')} icon={state === 'open' ? 'check' : 'search'}>
          {state === 'open' && !isMine && <p>{t('hub.board_empty_more')}</p>}
        </Empty>
      )}
      {items.length > 0 && <Rows items={items} />}
      {(load.data?.next || after) && (
        <p class="row more">
          {after && <a class="button plain" href={hubTo('board', undefined, { state: state === 'open' ? '' : state, mine: isMine ? '1' : '' })}>{t('hub.first_page')}</a>}
          {load.data?.next && <a class="button plain" href={hubTo('board', undefined, { state: state === 'open' ? '' : state, mine: isMine ? '1' : '', after: load.data.next })}>{t('hub.next_page')}</a>}
        </p>
      )}
    </>
  );
}

function Tiles({ items, isMore, isOpenOnly }: { items: Situation[]; isMore: boolean; isOpenOnly: boolean }) {
  const now = Date.now();
  const by = useMemo(() => SEVERITIES.map((level) => ({ level, n: items.filter((s) => s.severity === level).length })), [items]);
  const late = items.filter((s) => isLate(s, now)).length;
  return (
    <ul class="tiles" aria-label={t(isMore ? 'hub.tiles_page' : isOpenOnly ? 'hub.tiles_open' : 'hub.tiles')}>
      {by.map(({ level, n }) => <li class={`tile tile-${level} ${n === 0 ? 'is-none' : ''}`}><span class="tile-name">{word('hub.level', level)}</span><span class="tile-n">{n}</span></li>)}
      <li class="tile"><span class="tile-name">{t('hub.tile_new')}</span><span class="tile-n">{items.filter((s) => s.state === 'new').length}</span></li>
      {late > 0 && <li class="tile tile-critical"><span class="tile-name">{t('hub.tile_late')}</span><span class="tile-n">{late}</span></li>}
    </ul>
  );
}

/** Up and down, or j and k, go from row to row while the focus is in the list. */
function onKey(event: KeyboardEvent) {
  const step = event.key === 'ArrowDown' || event.key === 'j' ? 1 : event.key === 'ArrowUp' || event.key === 'k' ? -1 : 0;
  if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
  const links = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('a.row-link')];
  const at = links.indexOf(document.activeElement as HTMLElement);
  if (at < 0) return;
  event.preventDefault();
  links[Math.max(0, Math.min(links.length - 1, at + step))]?.focus();
}

function Hit({ s }: { s: Situation }) {
  const hub = useHub();
  if (!s.parts) return <>{s.organisations === undefined ? '' : t('hub.orgs_n', { n: s.organisations })}</>;
  const names = s.parts.map((p) => orgName(hub, p.org));
  const more = (s.organisations ?? names.length) - NAMED;
  return <>{names.slice(0, NAMED).join(t('common.comma'))}{more > 0 && <> {t('hub.and_more', { n: more })}</>}</>;
}

export function Rows({ items }: { items: Situation[] }) {
  const hub = useHub();
  const now = Date.now();
  const columns = [
    { head: t('hub.col_severity'), cell: (s: Situation) => <SeverityChip level={s.severity} /> },
    {
      head: t('hub.col_what'), isMain: true, cell: (s: Situation) => (
        <>
          <a class="row-link" href={hubTo('situations', s.id, orgQuery(hub))}>{headline(s)}</a>
          <p class="hint">{s.severity_why}</p>
        </>
      ),
    },
    ...(hub.role === 'analyst' ? [{ head: t('hub.col_hit'), cell: (s: Situation) => <Hit s={s} /> }] : []),
    { head: t('hub.col_certainty'), cell: (s: Situation) => <CertaintyChip certainty={s.certainty} /> },
    {
      head: t('hub.col_state'), cell: (s: Situation) => (
        <>
          <StateChip state={s.state} />
          {hub.role === 'analyst' && <p class="hint">{s.assignee || t('hub.nobody')}</p>}
          {isLate(s, now) && <p class="field-error">{t('hub.late')}</p>}
        </>
      ),
    },
    { head: t('hub.col_last'), cell: (s: Situation) => <When time={s.last} /> },
  ];
  return (
    <div class="board" onKeyDown={onKey}>
      <Table caption={t('hub.board_caption')} rows={items} rowKey={(s) => s.id} columns={columns} />
      <p class="hint no-phone">{t('hub.board_keys')}</p>
    </div>
  );
}
