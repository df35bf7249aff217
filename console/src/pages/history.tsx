// SPDX-License-Identifier: Apache-2.0
import { useState } from 'preact/hooks';
import { get, part } from '../api';
import { PageHead } from '../app';
import { lang, t, word } from '../i18n';
import { formatTime } from '../lib/format';
import { to } from '../lib/route';
import { actorName } from '../lib/who';
import type { Change, List } from '../types';
import { Button, Empty, ErrorPanel, Loading, Table } from '../ui/basic';
import { useAction, useHead, useLoad } from '../ui/hooks';

const TEXT_MAX = 160;

/** A value of a change in words: a state, a title, or its own text. */
function shown(value: unknown): string {
  if (value === null || value === undefined || value === '') return '–';
  if (typeof value === 'string') return word('state', value);
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

export function History() {
  const head = useHead();
  const path = `/assessments/${part(head.id)}/history`;
  const load = useLoad(`history ${head.id}`, () => get<List<Change>>(path, { limit: '100' }));
  const [more, setMore] = useState<{ items: Change[]; next?: string } | null>(null);
  const action = useAction();
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
        <Table caption={t('page.history')} rows={items} rowKey={(c) => `${c.change} ${c.kind} ${c.key}`} columns={[
          { head: t('history.time'), isMain: true, cell: (c) => formatTime(c.time, lang()) },
          { head: t('history.actor'), cell: (c) => actorName(c.actor) || t('desk.local') },
          { head: t('history.what'), cell: (c) => word('change', c.kind) },
          { head: t('history.where'), cell: (c) => (c.criterion ? <a href={to(head.id, 'criteria', c.criterion)}>{c.criterion}</a> : '–') },
          { head: t('history.from'), cell: (c) => shown(c.from) },
          { head: t('history.to'), cell: (c) => shown(c.to) },
        ]} />
      )}
      {action.error && <ErrorPanel error={action.error} retry={() => void further()} />}
      {next && <p class="row"><Button onClick={() => void further()} isBusy={action.isBusy}>{t('history.more')}</Button></p>}
    </>
  );
}
