// SPDX-License-Identifier: Apache-2.0
// The official wording comes from a file of its publisher; official results are kept as a copy.
import { useState } from 'preact/hooks';
import { list, part, post, Problem, upload, UPLOAD_MAX } from '../api';
import { PageHead } from '../app';
import { lang, t } from '../i18n';
import { formatDay, formatSize, isDay, today } from '../lib/format';
import { to } from '../lib/route';
import type { OfficialReply, OfficialResult } from '../types';
import { Button, Chip, Empty, ErrorPanel, FileField, Loading, OutLink, Panel, Section, Table, TextField } from '../ui/basic';
import { asProblem, useAction, useApp, useHead, useLoad } from '../ui/hooks';
import { useUnsaved } from '../ui/leave';

const IDS_SHOWN = 60;

function Ids({ ids, link }: { ids: string[]; link?: (id: string) => string }) {
  return (
    <p class="ids">
      {ids.slice(0, IDS_SHOWN).map((id) => (link ? <a href={link(id)}>{id}</a> : <code>{id}</code>))}
      {ids.length > IDS_SHOWN && <span>{t('official.more_ids', { n: ids.length - IDS_SHOWN })}</span>}
    </p>
  );
}

function Import() {
  const head = useHead();
  const { reloadHead, say } = useApp();
  const [file, setFile] = useState<File | null>(null);
  const [isTried, setTried] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<Problem | null>(null);
  const [reply, setReply] = useState<OfficialReply | null>(null);
  const fault = !file ? t('form.file_needed') : file.size > UPLOAD_MAX ? t('form.file_large', { size: formatSize(file.size) }) : null;
  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (!file || fault || isBusy) return;
    setBusy(true);
    setError(null);
    setReply(null);
    try {
      setReply(await upload<OfficialReply>('POST', `/assessments/${part(head.id)}/official`, file));
      reloadHead();
      say(t('official.read'));
    } catch (e) {
      setError(asProblem(e));
    } finally {
      setBusy(false);
    }
  };
  const isWhole = reply !== null && reply.accepted && reply.missing.length === 0;
  return (
    <Section title={t('official.import')} icon="upload" class="card">
      <ol class="plain-list">
        <li>{t('official.step1')} <OutLink href={head.publisher_page}>{t('official.publisher')}</OutLink></li>
        <li>{t('official.step2')}</li>
        <li>{t('official.step3')}</li>
      </ol>
      <form onSubmit={submit} noValidate class="stack">
        <FileField label={t('official.file')} hint={t('official.file_hint')} accept=".csv,.yaml,.yml,.xlsx" file={file} onInput={setFile} isNeeded error={isTried ? fault : null} />
        {error && <ErrorPanel error={error} title={t('official.refused')} />}
        {reply && (
          <Panel tone={isWhole ? 'good' : 'warn'} icon={isWhole ? 'check' : 'warn'} title={isWhole ? t('official.whole', { n: reply.found }) : t('official.partial', { n: reply.missing.length })} role="status">
            <p>{t('official.found', { found: reply.found, all: reply.criteria })}</p>
            {reply.missing.length > 0 && <><p>{t('official.missing')}</p><Ids ids={reply.missing} link={(id) => to(head.id, 'criteria', id)} /></>}
            {reply.unknown.length > 0 && <><p>{t('official.unknown')}</p><Ids ids={reply.unknown} /></>}
            <p>{t(reply.matches_known_digest ? 'official.digest_known' : 'official.digest_other')}</p>
            <p class="digest small">SHA-256 {reply.sha256}</p>
          </Panel>
        )}
        <div class="row"><Button kind="primary" type="submit" icon="upload" isBusy={isBusy}>{t('official.take')}</Button></div>
      </form>
    </Section>
  );
}

function Results() {
  const head = useHead();
  const { say } = useApp();
  const path = `/assessments/${part(head.id)}/official-results`;
  const load = useLoad(`results ${head.id}`, async () => (await list<OfficialResult>(path)).items);
  const blank = { level: head.level.name, number: '', valid_from: '', valid_to: '', source: '', checked_on: today() };
  const [r, setR] = useState(blank);
  const [isOpen, setOpen] = useState(false);
  const [isTried, setTried] = useState(false);
  const action = useAction();
  useUnsaved(isOpen && JSON.stringify(r) !== JSON.stringify(blank));
  const set = (name: keyof typeof blank) => (value: string) => setR({ ...r, [name]: value });
  const faults = {
    number: r.number.trim() ? null : t('results.number_needed'),
    from: isDay(r.valid_from) ? null : t('form.date_form'),
    to: !isDay(r.valid_to) ? t('form.date_form') : r.valid_to < r.valid_from ? t('results.order') : null,
    source: r.source.trim() ? null : t('results.source_needed'),
    checked: !isDay(r.checked_on) ? t('form.date_form') : r.checked_on > today() ? t('form.date_future') : null,
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (Object.values(faults).some(Boolean)) return;
    await action.run(async () => {
      await post(path, r);
      setR(blank);
      setTried(false);
      setOpen(false);
      say(t('results.saved'));
      load.reload();
    });
  };
  return (
    <Section title={t('results.title')} icon="file" class="card" aside={isOpen ? undefined : <Button icon="plus" onClick={() => setOpen(true)}>{t('results.add')}</Button>}>
      <p>{t('results.text')}</p>
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {!load.data && !load.error && <Loading />}
      {load.data?.length === 0 && !isOpen && <Empty title={t('results.none')} icon="file" />}
      {load.data && load.data.length > 0 && (
        <Table caption={t('results.title')} rows={load.data} rowKey={(x) => x.id} columns={[
          { head: t('results.number'), isMain: true, cell: (x) => `${x.level} ${x.number}` },
          { head: t('results.valid'), cell: (x) => t('results.from_to', { from: formatDay(x.valid_from, lang()), to: formatDay(x.valid_to, lang()) }) },
          { head: t('results.left'), cell: (x) => (x.days_left === null ? '–' : x.days_left < 0 ? <Chip tone="not_met" icon="clock">{t('results.over')}</Chip> : <Chip tone={x.days_left < 90 ? 'partly' : 'declared'} icon="clock">{t('results.days', { n: x.days_left })}</Chip>) },
          { head: t('results.source'), cell: (x) => <OutLink href={x.source}>{x.source}</OutLink> },
          { head: t('results.checked'), cell: (x) => formatDay(x.checked_on, lang()) },
        ]} />
      )}
      {isOpen && (
        <form onSubmit={submit} noValidate class="stack">
          <div class="fields">
            <TextField label={t('results.level')} value={r.level} onInput={set('level')} isNeeded length={40} />
            <TextField label={t('results.number')} value={r.number} onInput={set('number')} isNeeded length={60} error={isTried ? faults.number : null} />
            <TextField label={t('results.valid_from')} type="date" value={r.valid_from} onInput={set('valid_from')} isNeeded error={isTried ? faults.from : null} />
            <TextField label={t('results.valid_to')} type="date" value={r.valid_to} onInput={set('valid_to')} isNeeded error={isTried ? faults.to : null} />
            <TextField label={t('results.source')} hint={t('results.source_hint')} value={r.source} onInput={set('source')} isNeeded length={500} error={isTried ? faults.source : null} />
            <TextField label={t('results.checked')} type="date" max={today()} value={r.checked_on} onInput={set('checked_on')} isNeeded error={isTried ? faults.checked : null} />
          </div>
          {action.error && <ErrorPanel error={action.error} title={t('error.not_saved')} />}
          <div class="row"><Button kind="primary" type="submit" isBusy={action.isBusy}>{t('common.save')}</Button><Button onClick={() => { setOpen(false); setR(blank); setTried(false); }}>{t('common.cancel')}</Button></div>
        </form>
      )}
    </Section>
  );
}

export function Official() {
  const head = useHead();
  const missing = head.official?.missing ?? [];
  return (
    <>
      <PageHead title={t('page.official')} lead={t('official.lead')} />
      <Panel tone={head.practice ? 'practice' : 'good'} icon={head.practice ? 'pen' : 'book'} title={t(head.practice ? 'official.is_practice' : 'official.is_whole')}>
        <p>{t(head.practice ? 'official.practice_text' : 'official.whole_text')}</p>
        {head.official && (
          <dl class="dl">
            <dt>{t('official.file')}</dt><dd>{head.official.file_name}</dd>
            <dt>{t('official.date')}</dt><dd>{formatDay(head.official.date, lang()) || head.official.date}</dd>
            <dt>SHA-256</dt><dd class="digest">{head.official.sha256}</dd>
          </dl>
        )}
        {missing.length > 0 && <><p>{t('official.missing')}</p><Ids ids={missing} link={(id) => to(head.id, 'criteria', id)} /></>}
      </Panel>
      <Import />
      <Results />
    </>
  );
}
