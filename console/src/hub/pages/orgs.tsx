// SPDX-License-Identifier: Apache-2.0
// Organisations: whom to reach, and how.
import { useState } from 'preact/hooks';
import { get, part, post } from '../../api';
import { lang, t, word } from '../../i18n';
import { formatDay } from '../../lib/format';
import { Button, Empty, ErrorPanel, Loading, Section, Table, TextField } from '../../ui/basic';
import { useAction, useLoad } from '../../ui/hooks';
import { useHub } from '../context';
import { Head } from '../head';
import { hubTo } from '../route';
import type { Member, Org } from '../types';
import { ImportDialog } from './import';

const SHOWN = 100;

export function Orgs() {
  const hub = useHub();
  const [text, setText] = useState('');
  const wanted = text.trim().toLowerCase();
  const found = hub.orgs.filter((o) => !wanted || o.id.includes(wanted) || o.name.toLowerCase().includes(wanted));
  return (
    <>
      <Head title={word('hub.page', 'orgs')} lead={t('hub.orgs_lead')} />
      <div class="filters hub-filters"><TextField label={t('hub.search')} type="search" value={text} onInput={setText} /></div>
      {found.length === 0 && <Empty title={t(hub.orgs.length ? 'hub.orgs_none_found' : 'hub.orgs_none')} icon="building" />}
      {found.length > 0 && (
        <Table caption={word('hub.page', 'orgs')} rows={found.slice(0, SHOWN)} rowKey={(o) => o.id} columns={[
          { head: t('hub.col_org'), isMain: true, cell: (o) => <a href={hubTo('orgs', o.id)}>{o.name || o.id}</a> },
          { head: t('hub.col_id'), cell: (o) => <code>{o.id}</code> },
          { head: t('hub.col_number'), cell: (o) => o.corporate_number ?? t('hub.not_given') },
          { head: t('hub.col_added'), cell: (o) => formatDay(o.added.slice(0, 10), lang()) },
          { head: t('hub.col_open'), cell: (o) => (o.closed ? t('hub.closed') : t('hub.is_open')) },
        ]} />
      )}
      {found.length > SHOWN && <p class="hint">{t('hub.search_more', { n: found.length - SHOWN })}</p>}
      {hub.role === 'administrator' && <><MembersImport /><NewOrg /></>}
    </>
  );
}

function MembersImport() {
  const hub = useHub();
  const [isOpen, setOpen] = useState(false);
  const done = (n: number) => {
    setOpen(false);
    hub.say(t('hub.import_done', { n }));
    location.reload();
  };
  return (
    <Section title={t('hub.import_members')} icon="list" class="card">
      <p class="soft">{t('hub.import_members_lead')}</p>
      <p class="row"><Button icon="plus" onClick={() => setOpen(true)}>{t('hub.import_choose')}</Button></p>
      {isOpen && <ImportDialog path="/members/import" title={t('hub.import_members')} columns="id,name_ja,name_en,sector,provider,contact_mail,deputy_mail" option={{ key: 'add', label: t('hub.import_add') }} onClose={() => setOpen(false)} onDone={done} />}
    </Section>
  );
}

function NewOrg() {
  const hub = useHub();
  const [id, setId] = useState('');
  const [name, setName] = useState('');
  const [number, setNumber] = useState('');
  const action = useAction();
  const make = () => action.run(async () => {
    const org = await post<Org>('/orgs', { id: id.trim(), name: name.trim(), corporate_number: number.trim() || null });
    hub.say(t('hub.org_made', { name: org.name || org.id }));
    location.hash = hubTo('orgs', org.id);
    location.reload();
  });
  return (
    <Section title={t('hub.org_new')} icon="plus" class="card">
      {action.error && <ErrorPanel error={action.error} />}
      <form class="stack" onSubmit={(e) => { e.preventDefault(); void make(); }}>
        <TextField label={t('hub.col_id')} hint={t('hub.org_id_hint')} value={id} onInput={setId} length={64} isNeeded />
        <TextField label={t('hub.org_name')} value={name} onInput={setName} length={100} isNeeded />
        <TextField label={t('hub.col_number')} mode="numeric" value={number} onInput={setNumber} length={13} isOptional />
        <div class="row"><Button kind="primary" type="submit" isBusy={action.isBusy}>{t('hub.org_make')}</Button></div>
      </form>
    </Section>
  );
}

export function OrgPage({ id }: { id: string }) {
  const org = useLoad<Org>(`org ${id}`, () => get<Org>(`/orgs/${part(id)}`));
  const member = useLoad<Member>(`member ${id}`, () => get<Member>(`/orgs/${part(id)}/member`));
  const m = member.data;
  const said = (text: string) => text || t('hub.not_given');
  return (
    <>
      <Head title={org.data?.name || id} over={<a href={hubTo('orgs')}>{word('hub.page', 'orgs')}</a>} />
      {org.error && <ErrorPanel error={org.error} retry={org.reload} />}
      {member.error && !org.error && <ErrorPanel error={member.error} retry={member.reload} />}
      {!m && !member.error && <Loading />}
      {m && org.data && (
        <div class="two">
          <Section title={t('hub.org_about')} icon="building">
            <dl class="dl">
              <dt>{t('hub.col_id')}</dt><dd><code>{id}</code></dd>
              <dt>{t('hub.col_number')}</dt><dd>{said(org.data.corporate_number ?? '')}</dd>
              <dt>{t('hub.sector')}</dt><dd>{said(m.sector)}</dd>
              <dt>{t('hub.provider')}</dt><dd>{said(m.provider)}</dd>
            </dl>
          </Section>
          <Section title={t('hub.contacts')} icon="person">
            <dl class="dl">
              <dt>{t('hub.contact')}</dt><dd>{said([m.contact_mail, m.contact_phone].filter(Boolean).join(t('common.comma')))}</dd>
              <dt>{t('hub.deputy')}</dt><dd>{said([m.deputy_mail, m.deputy_phone].filter(Boolean).join(t('common.comma')))}</dd>
              <dt>{t('hub.hours')}</dt><dd>{said(m.hours)}</dd>
              <dt>{t('hub.language')}</dt><dd>{word('hub.language_of', m.language)}</dd>
              <dt>{t('hub.verified')}</dt><dd>{m.verified ? formatDay(m.verified, lang()) : t('hub.never')}</dd>
            </dl>
          </Section>
        </div>
      )}
    </>
  );
}
