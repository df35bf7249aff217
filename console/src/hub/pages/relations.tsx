// SPDX-License-Identifier: Apache-2.0
// Who supplies whom: a member's own relations, declared by one side and confirmed by the other;
// analysts see those that both sides opened to them.
import { useState } from 'preact/hooks';
import { drop, list, part, put } from '../../api';
import { t, word } from '../../i18n';
import { Button, CheckField, Chip, Choices, Empty, ErrorPanel, Loading, Section, Table, TextField } from '../../ui/basic';
import { Confirm, Dialog } from '../../ui/dialog';
import { useAction, useLoad } from '../../ui/hooks';
import { orgName, useHub } from '../context';
import { Head } from '../head';
import type { NameConsent, Relation } from '../types';
import { ImportDialog } from './import';

const CONSENTS: NameConsent[] = ['named', 'anonymous', 'ask'];
const ANSWERS = ['secret_data', 'business_stop', 'system_access'] as const;

export function Relations() {
  const hub = useHub();
  return hub.role === 'analyst' ? <OfAll /> : hub.org ? <OfOne key={hub.org} org={hub.org} /> : <Empty title={t('hub.no_org')} />;
}

function answers(r: Relation): string {
  return ANSWERS.filter((a) => r[a]).map((a) => word('hub.answer', a)).join(t('common.comma')) || t('hub.answers_none');
}

function Standing({ r, org }: { r: Relation; org?: string }) {
  if (r.confirmed) return <Chip tone="evidenced" icon="seal">{t('hub.rel_confirmed')}</Chip>;
  const isOurs = org === r.supplier ? r.by_supplier : r.by_buyer;
  return isOurs ? <Chip tone="open" icon="clock">{t('hub.rel_waits')}</Chip> : <Chip tone="partly" icon="question">{t('hub.rel_asks')}</Chip>;
}

function OfAll() {
  const hub = useHub();
  const load = useLoad<Relation[]>('relations', async () => (await list<Relation>('/relations')).items);
  return (
    <>
      <Head title={word('hub.page', 'relations')} lead={t('hub.rel_lead_all')} />
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {!load.data && !load.error && <Loading />}
      {load.data && load.data.length === 0 && <Empty title={t('hub.rel_none_all')} icon="network"><p>{t('hub.rel_none_all_more')}</p></Empty>}
      {load.data && load.data.length > 0 && (
        <Table caption={word('hub.page', 'relations')} rows={load.data} rowKey={(r) => `${r.supplier} ${r.buyer}`} columns={[
          { head: t('hub.supplier'), isMain: true, cell: (r) => orgName(hub, r.supplier) },
          { head: t('hub.buyer'), cell: (r) => orgName(hub, r.buyer) },
          { head: t('hub.answers'), cell: answers },
          { head: t('hub.name_consent'), cell: (r) => word('hub.name', r.consent) },
        ]} />
      )}
    </>
  );
}

function OfOne({ org }: { org: string }) {
  const hub = useHub();
  const path = `/orgs/${part(org)}/relations`;
  const load = useLoad<Relation[]>(`relations ${org}`, async () => (await list<Relation>(path)).items);
  const [edited, setEdited] = useState<Relation | 'new' | null>(null);
  const [ending, setEnding] = useState<Relation | null>(null);
  const [isImporting, setImporting] = useState(false);
  const action = useAction();
  const at = (r: Pick<Relation, 'supplier' | 'buyer'>) => `${path}/${part(r.supplier)}/${part(r.buyer)}`;
  const end = async (r: Relation) => {
    await action.run(async () => {
      await drop(at(r));
      hub.say(t('hub.rel_ended'));
      load.reload();
    });
    setEnding(null);
  };
  const table = (rows: Relation[], caption: string, other: (r: Relation) => string) => (
    <Table caption={caption} rows={rows} rowKey={(r) => `${r.supplier} ${r.buyer}`} columns={[
      { head: t('hub.partner'), isMain: true, cell: (r) => orgName(hub, other(r)) },
      { head: t('hub.answers'), cell: answers },
      { head: t('hub.name_consent'), cell: (r) => word('hub.name', r.consent) },
      { head: t('hub.analysts_see'), cell: (r) => t(r.analysts ? 'hub.yes' : 'hub.no') },
      { head: t('hub.col_standing'), cell: (r) => <Standing r={r} org={org} /> },
      {
        head: t('hub.col_do'), cell: (r) => (
          <div class="row tight">
            {!r.confirmed && !(org === r.supplier ? r.by_supplier : r.by_buyer) && <Button kind="primary" onClick={() => setEdited(r)}>{t('hub.rel_confirm')}</Button>}
            {(r.confirmed || (org === r.supplier ? r.by_supplier : r.by_buyer)) && <Button onClick={() => setEdited(r)}>{t('hub.rel_edit')}</Button>}
            <Button kind="danger" onClick={() => setEnding(r)}>{t('hub.rel_end')}</Button>
          </div>
        ),
      },
    ]} />
  );
  const sells = (load.data ?? []).filter((r) => r.supplier === org);
  const buys = (load.data ?? []).filter((r) => r.buyer === org);
  return (
    <>
      <Head title={word('hub.page', 'relations')} lead={t('hub.rel_lead')}><p class="row"><Button kind="primary" icon="plus" onClick={() => setEdited('new')}>{t('hub.rel_new')}</Button><Button icon="list" onClick={() => setImporting(true)}>{t('hub.import_relations')}</Button></p></Head>
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {action.error && <ErrorPanel error={action.error} />}
      {!load.data && !load.error && <Loading />}
      {load.data && load.data.length === 0 && <Empty title={t('hub.rel_none')} icon="network"><p>{t('hub.rel_none_more')}</p></Empty>}
      {sells.length > 0 && <Section title={t('hub.rel_sells')} icon="forward">{table(sells, t('hub.rel_sells'), (r) => r.buyer)}</Section>}
      {buys.length > 0 && <Section title={t('hub.rel_buys')} icon="back">{table(buys, t('hub.rel_buys'), (r) => r.supplier)}</Section>}
      {edited && <RelationDialog org={org} r={edited === 'new' ? null : edited} at={at} onClose={() => setEdited(null)} onDone={() => { setEdited(null); load.reload(); hub.say(t('hub.rel_saved')); }} />}
      {isImporting && <ImportDialog path={`${path}/import`} title={t('hub.import_relations')} columns="supplier,buyer,secret_data,business_stop,system_access,consent" option={{ key: 'analysts', label: t('hub.analysts_ok') }} onClose={() => setImporting(false)} onDone={(n) => { setImporting(false); load.reload(); hub.say(t('hub.import_done', { n })); }} />}
      {ending && <Confirm title={t('hub.rel_end')} text={t('hub.rel_end_text', { org: orgName(hub, ending.supplier === org ? ending.buyer : ending.supplier) })} go={t('hub.rel_end_go')} onGo={() => void end(ending)} onClose={() => setEnding(null)} isBusy={action.isBusy} />}
    </>
  );
}

function RelationDialog({ org, r, at, onClose, onDone }: { org: string; r: Relation | null; at: (r: Pick<Relation, 'supplier' | 'buyer'>) => string; onClose: () => void; onDone: () => void }) {
  const [side, setSide] = useState(r && r.buyer === org ? 'buyer' : 'supplier');
  const [other, setOther] = useState(r ? (r.supplier === org ? r.buyer : r.supplier) : '');
  const [yes, setYes] = useState<Record<string, boolean>>({ secret_data: r?.secret_data ?? false, business_stop: r?.business_stop ?? false, system_access: r?.system_access ?? false });
  const [consent, setConsent] = useState<NameConsent>(r?.consent ?? 'ask');
  const [analysts, setAnalysts] = useState(r ? (r.supplier === org ? r.analysts_supplier : r.analysts_buyer) : false);
  // The other side's answers as they are: that is what confirming means.
  const isConfirming = r !== null && !r.confirmed && !(org === r.supplier ? r.by_supplier : r.by_buyer);
  const action = useAction();
  const save = async () => {
    if (!other.trim()) return;
    const ends = side === 'supplier' ? { supplier: org, buyer: other.trim() } : { supplier: other.trim(), buyer: org };
    const body: Record<string, unknown> = { ...yes, analysts };
    if (side === 'supplier') body['consent'] = consent;
    if (await action.run(async () => void (await put(at(ends), body)))) onDone();
  };
  return (
    <Dialog title={t(isConfirming ? 'hub.rel_confirm_title' : r ? 'hub.rel_edit' : 'hub.rel_new')} onClose={onClose} footer={<><Button onClick={onClose}>{t('common.cancel')}</Button><Button kind="primary" isOff={!other.trim()} isBusy={action.isBusy} onClick={() => void save()}>{t(isConfirming ? 'hub.rel_confirm' : r ? 'common.save' : 'hub.rel_declare')}</Button></>}>
      <div class="stack">
        {action.error && <ErrorPanel error={action.error} />}
        {!r && (
          <>
            <Choices legend={t('hub.rel_side')} name="side" value={side} onInput={setSide} options={[{ id: 'supplier', name: t('hub.rel_we_sell') }, { id: 'buyer', name: t('hub.rel_we_buy') }]} />
            <TextField label={t('hub.rel_other')} hint={t('hub.rel_other_hint')} value={other} onInput={setOther} length={64} isNeeded />
          </>
        )}
        <fieldset class="choices"><legend>{t('hub.rel_three')}</legend>
          {ANSWERS.map((a) => <CheckField key={a} label={word('hub.answer_long', a)} value={yes[a] ?? false} onInput={(v) => setYes({ ...yes, [a]: v })} />)}
        </fieldset>
        {side === 'supplier' && <Choices legend={t('hub.name_question')} name="consent" value={consent} onInput={(v) => setConsent(v as NameConsent)} options={CONSENTS.map((id) => ({ id, name: word('hub.name', id), note: word('hub.name_note', id) }))} />}
        <CheckField label={t('hub.analysts_ok')} value={analysts} onInput={setAnalysts} />
        {isConfirming && <p>{t('hub.rel_confirm_text')}</p>}
        {r?.confirmed && <p class="hint">{t('hub.rel_again')}</p>}
      </div>
    </Dialog>
  );
}
