// SPDX-License-Identifier: Apache-2.0
// For analysts: a warning that went to a sector is put into a collection of STIX objects, after a look at what would leave.
import { useState } from 'preact/hooks';
import { list, post } from '../../api';
import { t, word } from '../../i18n';
import { Button, Chip, Empty, ErrorPanel, Loading, Panel, Section, SelectField, Table } from '../../ui/basic';
import { Dialog } from '../../ui/dialog';
import { useAction, useLoad } from '../../ui/hooks';
import type { IconName } from '../../ui/icons';
import { useHub, useLive } from '../context';
import { When } from '../parts';
import type { Collection, Plan, PlanText, Publication } from '../types';
import { Compare } from './plans';

const TONES: Record<Publication['state'], [string, IconName]> = {
  waiting: ['open', 'clock'], published: ['declared', 'forward'], withdrawn: ['na', 'return'], refused: ['partly', 'out'],
};

export async function collections(): Promise<Collection[]> {
  return (await list<Collection>('/collections')).items;
}

/** "Title (for the community)"; without a title its id. */
export function collectionName(c: Collection): string {
  return t('hub.collection_for', { title: c.title || c.id, who: c.reach === 'sector' ? t('hub.reach.sector_of', { sector: c.sector }) : word('hub.reach', c.reach) });
}

/** What of this plan, or of the one it follows, is in collections. Nothing is shown while there is nothing. */
export function PublicationsSection({ p }: { p: Plan }) {
  const load = useLive<Publication[]>(`publications ${p.id}`, async () => (await list<Publication>('/publications')).items.filter((x) => x.plan === p.id || x.root === p.id));
  const names = useLoad<Collection[]>('collections', collections);
  if (load.error) return <ErrorPanel error={load.error} retry={load.reload} />;
  if (!load.data || load.data.length === 0) return null;
  const name = (id: string) => {
    const c = names.data?.find((x) => x.id === id);
    return c ? collectionName(c) : id;
  };
  return (
    <Section title={t('hub.publications')} icon="forward">
      <Table caption={t('hub.publications')} rows={load.data} rowKey={(x) => x.id} columns={[
        { head: t('hub.collection'), isMain: true, cell: (x) => name(x.collection) },
        { head: t('hub.col_state_only'), cell: (x) => <><Chip tone={TONES[x.state][0]} icon={TONES[x.state][1]}>{word('hub.publication', x.state)}</Chip>{x.refusal && <p class="hint">{word('hub.refusal', x.refusal)}</p>}</> },
        { head: t('hub.publication_objects'), isNumber: true, cell: (x) => x.objects },
        { head: t('hub.publication_time'), cell: (x) => (x.time ? <When time={x.time} /> : '') },
      ]} />
    </Section>
  );
}

export function PublishDialog({ p, onClose }: { p: Plan; onClose: () => void }) {
  const hub = useHub();
  const load = useLoad<Collection[]>('collections', collections);
  const [chosen, setChosen] = useState('');
  const action = useAction();
  const open = (load.data ?? []).filter((c) => c.reach !== 'own');
  const preview = useLoad<PlanText | null>(`preview ${p.id} ${chosen}`, async () => (chosen ? post<PlanText>('/publications/preview', { warning: p.id, collection: chosen }) : null));
  const may = preview.data !== null && preview.data.copy !== null;
  const go = async () => {
    if (!may || !(await action.run(async () => { await post('/publications', { warning: p.id, collection: chosen }); }))) return;
    hub.say(t('hub.publish_said'));
    hub.touched();
    onClose();
  };
  return (
    <Dialog title={t('hub.publish')} onClose={onClose} footer={<><Button onClick={onClose}>{t('common.cancel')}</Button><Button kind="primary" icon="forward" isOff={!may} isBusy={action.isBusy} onClick={() => void go()}>{t('hub.publish_go')}</Button></>}>
      <div class="stack">
        {action.error && <ErrorPanel error={action.error} />}
        {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
        {!load.data && !load.error && <Loading />}
        {load.data && open.length === 0 && <Empty title={t('hub.collections_none')} icon="forward"><p>{t('hub.collections_none_more')} <code>yagura admin collection add --title … --for community</code></p></Empty>}
        {open.length > 0 && (
          <>
            <p>{t('hub.publish_text')}</p>
            <SelectField label={t('hub.collection')} isNeeded value={chosen} onInput={setChosen} options={[['', t('hub.publish_choose')], ...open.map((c): [string, string] => [c.id, collectionName(c)])]} />
            {chosen && preview.error && <ErrorPanel error={preview.error} retry={preview.reload} />}
            {chosen && !preview.data && !preview.error && <Loading />}
            {preview.data && preview.data.copy === null && <Panel tone="warn" icon="out" title={t('hub.publish_refused')}><p>{word('hub.refusal', preview.data.refusal)}</p></Panel>}
            {preview.data && preview.data.copy !== null && (
              <Section title={t('hub.publish_preview')} icon="eye" level={3}>
                <p class="soft">{t('hub.publish_preview_lead')}</p>
                <Compare notice={p.notice} x={preview.data} isOpen />
              </Section>
            )}
          </>
        )}
      </div>
    </Dialog>
  );
}
