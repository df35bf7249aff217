// SPDX-License-Identifier: Apache-2.0
// Lists the firm already has (devices, updates, accounts): what is observed comes from them.
import { useState } from 'preact/hooks';
import { list, part, Problem, upload, UPLOAD_MAX } from '../api';
import { PageHead } from '../app';
import { lang, t, word } from '../i18n';
import { formatDay, formatSize, isDay, today } from '../lib/format';
import type { FactTable } from '../types';
import { Button, Chip, Empty, ErrorPanel, FileField, Loading, Section, TextField } from '../ui/basic';
import { asProblem, useApp, useHead, useLoad } from '../ui/hooks';
import { Icon } from '../ui/icons';

function tableName(table: FactTable): string {
  return table.title ?? word('table', table.table);
}

function Columns({ table }: { table: FactTable }) {
  return (
    <details class="fold">
      <summary>{t('facts.columns', { n: table.columns.length })}</summary>
      <dl class="dl">
        {table.columns.map((c) => {
          const name = typeof c === 'string' ? c : c.name;
          const help = typeof c === 'string' ? word('column', c) : [c.title, c.help].filter(Boolean).join(' – ') || word('column', name);
          return <><dt><code>{name}</code></dt><dd>{help === name ? '' : help}{typeof c !== 'string' && c.needed ? <span class="mark-needed">{t('common.needed')}</span> : null}</dd></>;
        })}
      </dl>
      <p class="small soft">{t('facts.encoding')}</p>
    </details>
  );
}

function Upload({ table, onDone }: { table: FactTable; onDone: (now: FactTable) => void }) {
  const head = useHead();
  const { say } = useApp();
  const [file, setFile] = useState<File | null>(null);
  const [date, setDate] = useState(today());
  const [source, setSource] = useState(table.source ?? '');
  const [isTried, setTried] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<Problem | null>(null);
  const fileFault = !file ? t('form.file_needed') : file.size > UPLOAD_MAX ? t('form.file_large', { size: formatSize(file.size) }) : null;
  const dateFault = !isDay(date) ? t('form.date_form') : date > today() ? t('form.date_future') : null;
  const sourceFault = source.trim() ? null : t('facts.source_needed');
  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (fileFault || dateFault || sourceFault || !file || isBusy) return;
    setBusy(true);
    setError(null);
    try {
      const now = await upload<FactTable>('PUT', `/assessments/${part(head.id)}/facts/${part(table.table)}`, file, { date, source: source.trim() });
      say(t('facts.done', { n: now.rows, table: tableName(table) }));
      setTried(false);
      onDone(now);
    } catch (fault) {
      setError(asProblem(fault));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={submit} noValidate class="fields upload">
      <FileField label={t('facts.file')} hint={t('facts.file_hint')} accept=".csv,text/csv" file={file} onInput={setFile} isNeeded error={isTried ? fileFault : null} />
      <TextField label={t('facts.date')} hint={t('facts.date_hint')} type="date" max={today()} value={date} onInput={setDate} isNeeded error={isTried ? dateFault : null} />
      <TextField label={t('facts.source')} hint={t('facts.source_hint')} value={source} onInput={setSource} isNeeded length={200} error={isTried ? sourceFault : null} />
      {error && <div class="wide"><ErrorPanel error={error} title={t('facts.refused')}><p class="soft small">{t('facts.unchanged')}</p></ErrorPanel></div>}
      <div class="row wide"><Button kind="primary" type="submit" icon="upload" isBusy={isBusy}>{t(table.rows > 0 ? 'facts.replace' : 'facts.take')}</Button></div>
    </form>
  );
}

export function Facts() {
  const head = useHead();
  const { reloadHead } = useApp();
  const load = useLoad(`facts ${head.id}`, async () => (await list<FactTable>(`/assessments/${part(head.id)}/facts`)).items);
  return (
    <>
      <PageHead title={t('page.facts')} lead={t('facts.lead')} />
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {!load.data && !load.error && <Loading />}
      {load.data?.length === 0 && <Empty title={t('facts.none')} icon="table" />}
      {load.data?.map((table) => (
        <Section key={table.table} title={tableName(table)} icon="table" class="card"
          aside={table.rows > 0 ? <Chip tone="evidenced" icon="check">{t('facts.rows', { n: table.rows })}</Chip> : <Chip tone="open" icon="ring">{t('facts.not_yet')}</Chip>}>
          {table.help && <p>{table.help}</p>}
          {table.rows > 0 && <p class="soft"><Icon name="clock" size={15} /> {t('facts.as_of', { day: formatDay(table.date, lang()), source: table.source ?? '' })}</p>}
          <Columns table={table} />
          <details class="fold">
            <summary>{t(table.rows > 0 ? 'facts.replace' : 'facts.take')}</summary>
            <Upload table={table} onDone={() => { load.reload(); reloadHead(); }} />
          </details>
        </Section>
      ))}
    </>
  );
}
