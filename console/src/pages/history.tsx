// SPDX-License-Identifier: Apache-2.0
import { useState } from 'preact/hooks';
import { get, list, part } from '../api';
import { PageHead } from '../app';
import { lang, t, word } from '../i18n';
import { formatTime } from '../lib/format';
import { to } from '../lib/route';
import { actorName } from '../lib/who';
import type { Change, Expert, List } from '../types';
import { Button, Empty, ErrorPanel, Loading, Table } from '../ui/basic';
import { useAction, useHead, useLoad } from '../ui/hooks';

const TEXT_MAX = 160;

/** A value of a change in words: a state, a title, or its own text. */
function shown(kind: string, value: unknown): string {
  if (value === null || value === undefined || value === '') return '–';
  if (typeof value === 'string') return word(kind === 'confirmation' ? 'confirmation' : kind === 'dispute' ? 'dispute' : 'state', value);
  if (typeof value !== 'object') return String(value);
  const object = value as Record<string, unknown>;
  for (const name of ['state', 'decision', 'choice', 'title', 'name', 'file_name']) {
    const text = object[name];
    if (typeof text !== 'string') continue;
    return name === 'state' ? word('state', text) : name === 'decision' ? word('confirmation', text) : name === 'choice' ? word('dispute', text) : text;
  }
  const text = JSON.stringify(object);
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
}

const OF_CRITERIA = ['answer', 'dispute', 'confirmation'];

function criterionOf(c: Change): string | null {
  return c.criterion ?? (OF_CRITERIA.includes(c.kind) ? c.key : null);
}

/** What was there before: as told, else the next older change of the same thing on the page. */
function before(items: Change[], i: number): unknown {
  const c = items[i] as Change;
  if (c.from !== undefined) return c.from;
  return items.slice(i + 1).find((x) => x.kind === c.kind && x.key === c.key)?.to;
}

export function History() {
  const head = useHead();
  const path = `/assessments/${part(head.id)}/history`;
  const load = useLoad(`history ${head.id}`, () => get<List<Change>>(path, { limit: '100' }));
  const [more, setMore] = useState<{ items: Change[]; next?: string } | null>(null);
  const action = useAction();
  const experts = useLoad(`experts ${head.id}`, async () => (await list<Expert>(`/assessments/${part(head.id)}/experts`)).items);
  const who = (actor: string) => {
    const name = actorName(actor);
    return experts.data?.find((e) => e.id === name)?.name ?? (name || t('desk.local'));
  };
  const items = [...(load.data?.items ?? []), ...(more?.items ?? [])];
  const next = more ? more.next : load.data?.next;
  const further = () => action.run(async () => {
    const page = await get<List<Change>>(path, { limit: '100', after: next ?? '' });
    setMore({ items: [...(more?.items ?? []), ...page.items], next: page.next });
  });
  return (
    <>
      <PageHead title={t('page.history')} lead={t('history.lead')} />
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {!load.data && !load.error && <Loading />}
      {load.data && items.length === 0 && <Empty title={t('history.none')} icon="history" />}
      {items.length > 0 && (
        <Table caption={t('page.history')} rows={items.map((c, i) => ({ c, i }))} rowKey={({ c }) => `${c.change} ${c.kind} ${c.key}`} columns={[
          { head: t('history.time'), isMain: true, cell: ({ c }) => formatTime(c.time, lang()) },
          { head: t('history.actor'), cell: ({ c }) => who(c.actor) },
          { head: t('history.what'), cell: ({ c }) => word('change', c.kind) },
          { head: t('history.where'), cell: ({ c }) => { const id = criterionOf(c); return id ? <a href={to(head.id, 'criteria', id)}>{id}</a> : '–'; } },
          { head: t('history.from'), cell: ({ c, i }) => shown(c.kind, before(items, i)) },
          { head: t('history.to'), cell: ({ c }) => (c.removed ? t('history.removed') : shown(c.kind, c.to)) },
        ]} />
      )}
      {action.error && <ErrorPanel error={action.error} retry={() => void further()} />}
      {next && <p class="row"><Button onClick={() => void further()} isBusy={action.isBusy}>{t('history.more')}</Button></p>}
    </>
  );
}
