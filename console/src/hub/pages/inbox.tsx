// SPDX-License-Identifier: Apache-2.0
// What was sent to us, with its receipt; and the question to the one that was hit.
import { useEffect, useState } from 'preact/hooks';
import { address, get, list, part, post } from '../../api';
import { lang, t, word } from '../../i18n';
import { formatTime } from '../../lib/format';
import { AreaField, Button, CheckField, Choices, Empty, ErrorPanel, LinkButton, Loading, Panel, Section, TextField } from '../../ui/basic';
import { useAction } from '../../ui/hooks';
import { useHub, useLive, orgQuery } from '../context';
import { fixed } from '../fixed';
import { Head } from '../head';
import { leaves } from '../logic';
import { NoticeText } from '../notice_text';
import { When } from '../parts';
import { hubTo } from '../route';
import type { Answer, PlanText, Question, Receipt, Warning } from '../types';
import { SightedSection } from './sighted';
import { receiptText, tlpText, WarningChip } from './plans';

const SHOWN = 5;

function Item({ w }: { w: Warning }) {
  return (
    <li class="card concern">
      <p class="row tight"><span class="chip tone-partly">{tlpText(w.tlp)}</span><WarningChip state={w.state} />{w.automatic && <span class="chip tone-open">{fixed('unconfirmed')}</span>}</p>
      <p class="concern-title"><a href={hubTo('warnings', w.id)}>{word('hub.kind', w.kind)} {w.number}</a></p>
      <p class="small soft">{w.released && <When time={w.released} />}{w.replaced && <> ・ {t('hub.replaced', { number: w.replaced })}</>}</p>
    </li>
  );
}

/** On the member's first page: the newest that nobody here has acknowledged. */
export function Inbox({ org }: { org: string }) {
  const load = useLive<Warning[]>(`inbox ${org}`, async () => (await get<{ items: Warning[] }>('/warnings', { org, limit: '50' })).items);
  const open = (load.data ?? []).filter((w) => !w.acknowledged && !w.replaced);
  return (
    <Section title={t('hub.inbox_open')} icon="speech">
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {!load.data && !load.error && <Loading />}
      {load.data && open.length === 0 && <p class="soft">{t('hub.inbox_all_read')}</p>}
      {open.length > 0 && <ul class="concerns">{open.slice(0, SHOWN).map((w) => <Item w={w} />)}</ul>}
      {load.data && load.data.length > 0 && <p><a href={hubTo('warnings')}>{t('hub.inbox_all')}</a></p>}
    </Section>
  );
}

export function InboxPage() {
  const hub = useHub();
  const [code, setCode] = useState('');
  const load = useLive<Warning[]>(`inbox page ${hub.org}`, async () => (await list<Warning>('/warnings', orgQuery(hub))).items);
  const action = useAction();
  const find = () => action.run(async () => {
    const found = (await get<{ items: Warning[] }>('/warnings', { ...orgQuery(hub), code: code.trim() })).items[0];
    if (found) location.hash = hubTo('warnings', found.id);
    else hub.say(t('hub.code_unknown'));
  });
  return (
    <>
      <Head title={word('hub.page', 'warnings')} lead={t('hub.inbox_lead')} />
      <form class="filters hub-filters code-form" onSubmit={(e) => { e.preventDefault(); void find(); }}>
        <TextField label={t('hub.mail_code')} value={code} onInput={setCode} length={16} />
        <Button type="submit" icon="search" isOff={!code.trim()} isBusy={action.isBusy}>{t('hub.mail_code_find')}</Button>
      </form>
      {(load.error ?? action.error) && <ErrorPanel error={(load.error ?? action.error)!} retry={load.error ? load.reload : undefined} />}
      {!load.data && !load.error && <Loading />}
      {load.data && load.data.length === 0 && <Empty title={t('hub.inbox_none')} icon="speech"><p>{t('hub.inbox_none_more')}</p></Empty>}
      {load.data && load.data.length > 0 && <ul class="concerns">{load.data.map((w) => <Item w={w} />)}</ul>}
    </>
  );
}

export function WarningPage({ id }: { id: string }) {
  const hub = useHub();
  const path = `/warnings/${part(id)}`;
  const org = orgQuery(hub);
  const load = useLive<Warning>(`warning ${id} ${hub.org}`, () => get<Warning>(path, org));
  const [done, setDone] = useState('');
  const action = useAction();
  const w = load.data;
  const isNew = w !== null && w.seen === null && hub.role === 'member';
  useEffect(() => {
    // A person has it on the screen: that is what "seen" says.
    if (isNew && document.visibilityState === 'visible') void post<Warning>(`${path}/seen`, {}, org).then(load.set, () => {});
  }, [isNew, id]);
  if (load.error && !w) return <><Head title={t('hub.warning')} /><ErrorPanel error={load.error} retry={load.reload} /></>;
  if (!w) return <><h1 class="sr">{t('hub.warning')}</h1><Loading /></>;
  const say = (what: 'acknowledge' | 'act', text: string) => action.run(async () => {
    load.set({ ...w, ...(await post<Warning>(`${path}/${what}`, { text: text.trim() || null }, org)) });
    hub.say(t(what === 'act' ? 'hub.act_said' : 'hub.ack_said'));
    hub.touched();
    setDone('');
  });
  return (
    <>
      <Head title={`${word('hub.kind', w.kind)} ${w.number}`} over={<><a href={hubTo('warnings')}>{word('hub.page', 'warnings')}</a><span class="chip tone-partly">{tlpText(w.tlp)}</span><WarningChip state={w.state} />{w.automatic && <span class="chip tone-open">{fixed('unconfirmed')}</span>}</>} />
      {w.replaced && <Panel tone="warn" icon="return" title={t('hub.replaced', { number: w.replaced })}><p>{t('hub.replaced_more')}</p></Panel>}
      <Panel icon="seal" title={fixed('use_restriction')} />
      <NoticeText text={w.text ?? ''} />
      {w.sightings && <SightedSection s={w.sightings} isOwn />}
      {action.error && <ErrorPanel error={action.error} />}
      {hub.role === 'member' && (
        <Section title={t('hub.our_answer')} icon="check" class="card">
          {!w.acknowledged && <><p>{t('hub.ack_text')}</p><p class="row"><Button kind="primary" icon="check" isBusy={action.isBusy} onClick={() => void say('acknowledge', '')}>{t('hub.ack')}</Button></p></>}
          {w.acknowledged && !w.acted && (
            <form class="stack" onSubmit={(e) => { e.preventDefault(); void say('act', done); }}>
              <AreaField label={t('hub.act_what')} hint={t('hub.act_hint')} value={done} onInput={setDone} rows={3} />
              <div class="row"><Button kind="primary" type="submit" icon="seal" isBusy={action.isBusy}>{t('hub.act')}</Button></div>
            </form>
          )}
          <dl class="dl">
            {(['seen', 'acknowledged', 'acted'] as const).filter((s) => w[s]).map((s) => <><dt>{word('hub.w', s)}</dt><dd>{receiptText(w[s] as Receipt, hub)}{w[s]?.text && <p class="hint">{w[s]?.text}</p>}</dd></>)}
          </dl>
        </Section>
      )}
      <p class="row more"><LinkButton href={address(`${path}/page`, org)} isNew icon="print">{t('hub.print')}</LinkButton></p>
    </>
  );
}

/** On the member's first page: what we are asked, above everything else. */
export function Questions({ org }: { org: string }) {
  const load = useLive<Question[]>(`questions ${org}`, async () => (await get<{ items: Question[] }>('/questions', { org })).items);
  const open = (load.data ?? []).filter((q) => q.state === 'asked' || q.state === 'see');
  if (load.error) return <ErrorPanel error={load.error} retry={load.reload} />;
  return (
    <>
      {open.map((q) => (
        <Panel tone="warn" icon="question" title={t('hub.we_are_asked')}>
          <p>{fixed('consent')}</p>
          <p class="small">{t('hub.answer_until', { time: formatTime(q.due, lang()) })}</p>
          <p class="row"><LinkButton kind="primary" href={hubTo('questions', q.plan)}>{t('hub.to_question')}</LinkButton></p>
        </Panel>
      ))}
    </>
  );
}

export function QuestionPage({ plan }: { plan: string }) {
  const hub = useHub();
  const path = `/questions/${part(plan)}`;
  const org = orgQuery(hub);
  const load = useLive<Question>(`question ${plan} ${hub.org}`, () => get<Question>(path, org));
  const [answer, setAnswer] = useState<Answer | ''>('');
  const [named, setNamed] = useState(false);
  const [damage, setDamage] = useState(false);
  const [text, setText] = useState('');
  const action = useAction();
  const q = load.data;
  if (load.error && !q) return <><Head title={t('hub.question')} /><ErrorPanel error={load.error} retry={load.reload} /></>;
  if (!q) return <><h1 class="sr">{t('hub.question')}</h1><Loading /></>;
  const isOver = q.state === 'yes' || q.state === 'no';
  const send = () => action.run(async () => {
    if (!answer) return;
    load.set({ ...q, ...(await post<Question>(`${path}/answer`, { answer, named: answer === 'yes' && named, damage: answer === 'yes' && damage, text: text.trim() || null }, org)) });
    hub.say(t('hub.answered'));
    hub.touched();
  });
  return (
    <>
      <Head title={t('hub.question')} over={<a href={hubTo('mine')}>{word('hub.page', 'mine')}</a>} />
      <Panel tone="warn" icon="question" title={fixed('consent')}>{!isOver && <p>{t('hub.answer_until', { time: formatTime(q.due, lang()) })}</p>}</Panel>
      {action.error && <ErrorPanel error={action.error} />}
      {q.answer && <Panel tone="good" icon="check" title={t('hub.our_answer_is', { answer: word('hub.answered', q.answer.answer) })}><p>{formatTime(q.answer.time, lang())} ・ {t(q.answer.named ? 'hub.named' : 'hub.nameless')}</p></Panel>}
      {!isOver && (
        <form class="card stack" onSubmit={(e) => { e.preventDefault(); void send(); }}>
          <Choices legend={t('hub.your_answer')} name="answer" value={answer} onInput={(v) => setAnswer(v as Answer)} options={[
            { id: 'yes', name: fixed('consent_yes'), note: t('hub.yes_note') }, { id: 'see', name: fixed('consent_see'), note: t('hub.see_note') }, { id: 'no', name: fixed('consent_no'), note: t('hub.no_note') },
          ]} />
          {answer === 'yes' && <CheckField label={t('hub.may_name')} value={named} onInput={setNamed} />}
          {answer === 'yes' && <CheckField label={t('hub.may_damage')} value={damage} onInput={setDamage} />}
          <TextField label={t('hub.answer_text')} value={text} onInput={setText} length={250} isOptional />
          <div class="row"><Button kind="primary" type="submit" isOff={!answer} isBusy={action.isBusy}>{t('hub.answer_send')}</Button></div>
        </form>
      )}
      <Section title={t('hub.would_leave')} icon="eye">
        <p class="soft">{t('hub.would_leave_lead')}</p>
        {(q.texts ?? []).map((x) => <Leaves x={x} />)}
      </Section>
    </>
  );
}

function Leaves({ x }: { x: PlanText }) {
  const rows = leaves(x.copy).filter(([path]) => !path.endsWith(lang() === 'ja' ? '.en' : '.ja'));
  return (
    <details class="compare card">
      <summary>{word('hub.audience', x.audience)} ・ {t(x.named ? 'hub.named' : 'hub.nameless')}</summary>
      {rows.length === 0 && <p>{t('hub.compare_refused', { why: word('hub.refusal', x.refusal) })}</p>}
      <dl class="dl">{rows.map(([path, value]) => <><dt>{known(path)}</dt><dd>{value}</dd></>)}</dl>
    </details>
  );
}

function known(path: string): string {
  return word('hub.notice', path.replace(/\[\d+\]/g, '').replace(/\.(en|ja)$/, ''));
}
