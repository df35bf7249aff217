// SPDX-License-Identifier: Apache-2.0
// A member's own view, for a phone first: what concerns us, what to do, who looked at what, consent.
import { useState } from 'preact/hooks';
import { address, drop, get, part, put } from '../../api';
import { lang, t, word } from '../../i18n';
import { addMonths, formatDay, formatTime, today, todayThere } from '../../lib/format';
import { Button, CheckField, Empty, ErrorPanel, LinkButton, Loading, Panel, Section, SelectField, TextField } from '../../ui/basic';
import { Confirm } from '../../ui/dialog';
import { useAction, useLoad } from '../../ui/hooks';
import { orgName, orgQuery, useHub, useLive } from '../context';
import { fixed } from '../fixed';
import { Head } from '../head';
import { worstFirst } from '../logic';
import { headline, SeverityChip, StateChip, titleOf, When } from '../parts';
import { hubTo } from '../route';
import type { Consent, Finding, LedgerBatch, Member, Situation, View } from '../types';
import { Inbox, Questions } from './inbox';
import { DueReports } from './reports';

const CONCERNS = 5;
const VIEWS = 10;
const NAMED_MAX = 30;
const FINDING = /^finding ([0-9a-f]{32})$/;

export function Mine() {
  const hub = useHub();
  const org = hub.org;
  if (!org) return <><Head title={word('hub.page', 'mine')} /><Empty title={t('hub.no_org')} /></>;
  return (
    <>
      <Head title={t('hub.mine_title', { org: orgName(hub, org) })} />
      <Questions org={org} />
      <Inbox org={org} />
      <DueReports org={org} />
      <Concerns />
      <ToDo />
      <Report org={org} />
      <Views org={org} />
      <Ledger org={org} />
      <MailLanguage org={org} />
      <ConsentBox org={org} />
    </>
  );
}

function Concerns() {
  const hub = useHub();
  const load = useLive<Situation[]>(`mine ${hub.org}`, async () => (await get<{ items: Situation[] }>('/situations', { ...orgQuery(hub), state: 'open', limit: '50' })).items);
  const worst = worstFirst(load.data ?? []);
  return (
    <Section title={t('hub.concerns')} icon="warn">
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {!load.data && !load.error && <Loading />}
      {load.data && load.data.length === 0 && <Empty title={t('hub.concerns_none')} icon="check"><p>{t('hub.concerns_none_more')}</p></Empty>}
      {worst.length > 0 && (
        <ul class="concerns">
          {worst.slice(0, CONCERNS).map((s) => (
            <li class="card concern">
              <p class="row tight"><SeverityChip level={s.severity} /><StateChip state={s.state} /></p>
              <p class="concern-title"><a href={hubTo('situations', s.id, orgQuery(hub))}>{headline(s)}</a></p>
              <p class="small soft">{s.severity_why}</p>
              <p class="small soft">{t('hub.last')}{t('common.colon')}<When time={s.last} />{t('common.comma')}{word('hub.certainty', s.certainty)}</p>
            </li>
          ))}
        </ul>
      )}
      {worst.length > CONCERNS && <p><a href={hubTo('board')}>{t('hub.concerns_all', { n: worst.length - CONCERNS })}</a></p>}
    </Section>
  );
}

function ToDo() {
  return (
    <Section title={t('hub.todo')} icon="steps" class="card">
      <ol class="plain-list">
        <li>{fixed('not_off')}</li>
        <li>{t('hub.todo_3')}</li>
        <li>{t('hub.todo_4')}</li>
      </ol>
    </Section>
  );
}

/** Months that have begun, the last whole one first to hand. */
function Report({ org }: { org: string }) {
  const now = `${todayThere().slice(0, 7)}-01`;
  const months = [1, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((ago) => addMonths(now, -ago).slice(0, 7));
  const [month, setMonth] = useState(months[0] ?? '');
  return (
    <Section title={t('hub.month')} icon="report" class="card">
      <p class="soft small">{t('hub.month_lead')}</p>
      <SelectField label={t('hub.month_month')} value={month} onInput={setMonth} options={months.map((m, i) => [m, i === 1 ? t('hub.month_now', { month: m }) : m])} />
      <p class="row"><LinkButton href={address(`/orgs/${part(org)}/report/page`, { month })} isNew icon="print">{t('hub.month_open')}</LinkButton></p>
    </Section>
  );
}

function Views({ org }: { org: string }) {
  const [all, setAll] = useState(false);
  const load = useLive<{ items: View[]; next?: string }>(`views ${org} ${all}`, () => get(`/orgs/${part(org)}/views`, { limit: String(all ? 1000 : VIEWS) }));
  // "finding ID" says little to people: the finding's title does.
  const names = useLoad<Map<string, string>>(`viewed ${org} ${(load.data?.items ?? []).map((v) => v.what).join(' ')}`, async () => {
    const asked = [...new Set((load.data?.items ?? []).map((v) => v.what).filter((w) => FINDING.test(w)))].slice(0, NAMED_MAX);
    const found = await Promise.all(asked.map(async (w): Promise<[string, string]> => {
      const one = await get<Finding>(`/findings/${part(FINDING.exec(w)?.[1] ?? '')}`, { org }).catch(() => null);
      return [w, one ? t('hub.view_finding', { title: titleOf(one) }) : w];
    }));
    return new Map(found);
  });
  return (
    <Section title={t('hub.views')} icon="eye">
      <p class="soft small">{t('hub.views_lead')}</p>
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {!load.data && !load.error && <Loading />}
      {load.data && load.data.items.length === 0 && <Empty title={t('hub.views_none')} icon="eye" />}
      {load.data && load.data.items.length > 0 && (
        <ul class="views">
          {load.data.items.map((v) => (
            <li class="card view">
              <p><time dateTime={v.time}>{formatTime(v.time, lang())}</time></p>
              <p><strong>{v.role === 'machine' ? t('hub.view_machine') : v.name || v.actor}</strong> <span class="soft small">{word('hub.role', v.role)}{v.role === 'provider' && ` ${v.org}`}</span></p>
              <p class="small">{t(v.records ? 'hub.view_what' : 'hub.view_what_all', { what: names.data?.get(v.what) ?? v.what, n: v.records })}</p>
              {v.reason && <p class="small view-why">{t('hub.view_why', { why: v.reason })}</p>}
            </li>
          ))}
        </ul>
      )}
      {load.data?.next && !all && <p class="row more"><Button onClick={() => setAll(true)}>{t('hub.views_all')}</Button></p>}
    </Section>
  );
}

const BATCHES = 10;
const KIND_WORDS_MAX = 4;

function kindsText(b: LedgerBatch): string {
  const kinds = Object.entries(b.kinds ?? {}).sort(([, a], [, c]) => c - a);
  const shown = kinds.slice(0, KIND_WORDS_MAX).map(([name, n]) => t('hub.ledger_kind', { name, n }));
  return [...shown, ...(kinds.length > KIND_WORDS_MAX ? [t('hub.ledger_kinds_more', { n: kinds.length - KIND_WORDS_MAX })] : [])].join(t('common.comma'));
}

/** What left the house, batch by batch, as the hub has it: to be held against the sensor's own ledger. */
function Ledger({ org }: { org: string }) {
  const [cursors, setCursors] = useState<string[]>([]); // of the pages before this one
  const after = cursors[cursors.length - 1];
  const load = useLoad<{ items: LedgerBatch[]; next?: string }>(`ledger ${org} ${after ?? ''}`, () => get(`/orgs/${part(org)}/ledger`, { limit: String(BATCHES), ...(after ? { after } : {}) }));
  const next = load.data?.next;
  return (
    <Section title={t('hub.ledger')} icon="list">
      <p class="soft small">{t('hub.ledger_lead')}</p>
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {!load.data && !load.error && <Loading />}
      {load.data && load.data.items.length === 0 && <Empty title={t(next ? 'hub.ledger_none_here' : 'hub.ledger_none')} icon="list" />}
      {load.data && load.data.items.length > 0 && (
        <ul class="batches">
          {load.data.items.map((b) => (
            <li class="card view" key={b.id}>
              <p>{b.time && <time dateTime={b.time}>{formatTime(b.time, lang())}</time>} <span class="soft small">{t('hub.ledger_sensor', { sensor: b.sensor })}</span></p>
              {b.dropped
                ? <p><strong>{t('hub.ledger_dropped', { n: b.records, from: b.sequence, to: b.last })}</strong></p>
                : <p><strong>{t('hub.ledger_records', { n: b.records, place: `${b.epoch}-${b.sequence}` })}</strong>{b.kinds && <> <span class="small">{kindsText(b)}</span></>}</p>}
              {b.sha256 && <p class="small">{t('hub.ledger_digest')}{t('common.colon')}<code>{b.sha256}</code></p>}
              {!b.dropped && <p class="small soft">{t(b.countersigned ? 'hub.ledger_signed' : 'hub.ledger_unsigned')}</p>}
            </li>
          ))}
        </ul>
      )}
      {(cursors.length > 0 || next) && (
        <p class="row more">
          {cursors.length > 0 && <Button icon="back" onClick={() => setCursors(cursors.slice(0, -1))}>{t('hub.ledger_newer')}</Button>}
          {next && <Button icon="forward" onClick={() => setCursors([...cursors, next])}>{t('hub.ledger_older')}</Button>}
        </p>
      )}
    </Section>
  );
}

/** Of mails to the member's contacts. The rest of the profile goes back as it stands by then. */
function MailLanguage({ org }: { org: string }) {
  const hub = useHub();
  const path = `/orgs/${part(org)}/member`;
  const load = useLoad<Member>(`language ${org}`, () => get<Member>(path));
  const [chosen, setChosen] = useState<Member['language'] | null>(null);
  const action = useAction();
  const m = load.data;
  const save = () => action.run(async () => {
    const { org: _, changed: __, ...now } = await get<Member>(path);
    load.set(await put<Member>(path, { ...now, language: chosen ?? now.language }));
    setChosen(null);
    hub.say(t('hub.language_saved'));
  });
  return (
    <Section title={t('hub.language')} icon="speech" class="card">
      <p class="soft small">{t('hub.language_lead')}</p>
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {action.error && <ErrorPanel error={action.error} />}
      {!m && !load.error && <Loading />}
      {m && (
        <form class="stack" onSubmit={(e) => { e.preventDefault(); void save(); }}>
          <SelectField label={t('hub.language')} value={chosen ?? m.language} onInput={(v) => setChosen(v as Member['language'])} options={(['', 'ja', 'en'] as const).map((l) => [l, word('hub.language_of', l)])} />
          <div class="row"><Button kind="primary" type="submit" isOff={chosen === null || chosen === m.language} isBusy={action.isBusy}>{t('common.save')}</Button></div>
        </form>
      )}
    </Section>
  );
}

function ConsentBox({ org }: { org: string }) {
  const hub = useHub();
  const load = useLoad<Consent>(`consent ${org}`, () => get<Consent>(`/orgs/${part(org)}/consent`));
  const [name, setName] = useState('');
  const [hasRead, setRead] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const action = useAction();
  const path = `/orgs/${part(org)}/consent`;
  const c = load.data;
  const agree = () => action.run(async () => {
    load.set(await put<Consent>(path, { version: c?.terms.version, signed_by: name.trim(), day: today() }));
    hub.say(t('hub.agreed'));
  });
  const withdraw = async () => {
    await action.run(async () => {
      load.set(await drop<Consent>(path));
      hub.say(t('hub.withdrawn'));
    });
    setAsking(false);
  };
  return (
    <Section title={t('hub.consent')} icon="seal" class="card">
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {action.error && <ErrorPanel error={action.error} />}
      {!c && !load.error && <Loading />}
      {c && !c.terms.version && <p>{t('hub.no_terms')}</p>}
      {c && c.terms.version && (
        <>
          {c.current && c.consent && (
            <>
              <p>{t('hub.consent_given', { who: c.consent.signed_by, day: formatDay(c.consent.day ?? c.consent.recorded.slice(0, 10), lang()), version: c.consent.version })}</p>
              <p class="row"><Button kind="danger" onClick={() => setAsking(true)}>{t('hub.withdraw')}</Button></p>
            </>
          )}
          {!c.current && (
            <form class="stack" onSubmit={(e) => { e.preventDefault(); void agree(); }}>
              <Panel tone="warn" icon="warn" title={t(c.consent ? (c.consent.withdrawn ? 'hub.consent_withdrawn' : 'hub.consent_other') : 'hub.consent_none')}>
                <p>{t('hub.consent_means', { host: c.terms.host ?? '', version: c.terms.version })}</p>
              </Panel>
              <TextField label={t('hub.signed_by')} value={name} onInput={setName} length={50} isNeeded />
              <CheckField label={t('hub.have_read', { version: c.terms.version })} value={hasRead} onInput={setRead} />
              <div class="row"><Button kind="primary" type="submit" isOff={!hasRead || !name.trim()} isBusy={action.isBusy}>{t('hub.agree')}</Button></div>
            </form>
          )}
        </>
      )}
      {isAsking && <Confirm title={t('hub.withdraw')} text={t('hub.withdraw_text')} go={t('hub.withdraw_go')} onGo={() => void withdraw()} onClose={() => setAsking(false)} isBusy={action.isBusy} />}
    </Section>
  );
}
