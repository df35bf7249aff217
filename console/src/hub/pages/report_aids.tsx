// SPDX-License-Identifier: Apache-2.0
// Beside reports: the official workbook of each form, whom to tell when a service is affected, when
// it is reminded of what is due (docs/forms.md).
import { useState } from 'preact/hooks';
import { drop, get, list, part, put } from '../../api';
import { lang, t, word } from '../../i18n';
import { formatTime } from '../../lib/format';
import { Button, CheckField, Empty, ErrorPanel, FileField, Loading, Section, SelectField, Table, TextField } from '../../ui/basic';
import { useAction, useLoad } from '../../ui/hooks';
import { useHub } from '../context';
import { Head } from '../head';
import { hoursOf, hoursText, servicesOf, tellFor } from '../reports';
import type { FormState, Report, ReportBook, ReportContact, ReportForms, ReportReminder, ReportTimes } from '../types';

const org = (id: string, what: string) => `/orgs/${part(id)}/${what}`;
const BLANK: ReportContact = { service: '', tell: '', form: '', phone: '', night: '', mail: '', deputy: '', note: '' };

export function ReportAids({ org: id }: { org: string }) {
  const load = useLoad<ReportForms>('report forms', () => get<ReportForms>('/report-forms'));
  return (
    <>
      <Head title={t('hub.report_aids')} lead={t('hub.report_aids_lead')} />
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {!load.data && !load.error && <Loading />}
      {load.data && (
        <>
          <Contacts id={id} forms={load.data} />
          <Times id={id} />
          <Books id={id} forms={load.data} />
        </>
      )}
    </>
  );
}

// ---- whom to tell ----

function Contacts({ id, forms }: { id: string; forms: ReportForms }) {
  const hub = useHub();
  const load = useLoad<ReportContact[]>(`contacts ${id}`, async () => (await list<ReportContact>(org(id, 'report-contacts'))).items);
  const [line, setLine] = useState<ReportContact>(BLANK);
  const action = useAction();
  const save = (items: ReportContact[]) => action.run(async () => {
    load.set((await put<{ items: ReportContact[] }>(org(id, 'report-contacts'), { items })).items);
    setLine(BLANK);
    hub.say(t('hub.tell_saved'));
  });
  const control = (name: keyof ReportContact, isNeeded = false, hint?: string) => (
    <TextField label={word('hub.tell', name)} hint={hint} isNeeded={isNeeded} value={line[name]} onInput={(to) => setLine({ ...line, [name]: to })} length={130} />
  );
  return (
    <Section title={t('hub.tell_title')} icon="team" class="card">
      <p class="hint">{t('hub.tell_lead')}</p>
      {action.error && <ErrorPanel error={action.error} />}
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {load.data?.length === 0 && <Empty title={t('hub.tell_none')} />}
      {load.data && load.data.length > 0 && <TellTable lines={load.data} forms={[]} names={forms} onRemove={(at) => void save(load.data!.filter((_, i) => i !== at))} />}
      {load.data && (
        <form class="stack" onSubmit={(e) => { e.preventDefault(); void save([...load.data!, line]); }}>
          {control('service', true, t('hub.tell_service_hint'))}
          {control('tell', true)}
          {control('phone')}
          {control('night')}
          {control('mail')}
          {control('deputy')}
          <SelectField label={word('hub.tell', 'form')} value={line.form} onInput={(to) => setLine({ ...line, form: to })} options={[['', t('hub.tell_no_form')], ...forms.forms.map((f): [string, string] => [f.form, f.title])]} />
          {control('note')}
          <div class="row"><Button kind="primary" type="submit" icon="plus" isBusy={action.isBusy}>{t('hub.tell_add')}</Button></div>
        </form>
      )}
    </Section>
  );
}

/** Lines with the deadline of the form they name, where the record has one. */
function TellTable({ lines, forms, names, onRemove }: { lines: ReportContact[]; forms: FormState[]; names?: ReportForms; onRemove?: (at: number) => void }) {
  const rows = lines.map((line, at) => ({ line, at }));
  const due = (form: string) => forms.find((f) => f.form === form)?.deadlines.find((d) => d.state !== 'sent')?.words;
  const title = (form: string) => forms.find((f) => f.form === form)?.title ?? names?.forms.find((f) => f.form === form)?.title ?? form;
  const call = (number: string) => (number ? <a href={`tel:${number.replace(/[^0-9+]/g, '')}`}>{number}</a> : null);
  return (
    <Table caption={t('hub.tell_title')} rows={rows} rowKey={(r) => String(r.at)} columns={[
      { head: word('hub.tell', 'service'), cell: (r) => (r.line.service === '*' ? t('hub.tell_all') : r.line.service) },
      { head: word('hub.tell', 'tell'), isMain: true, cell: (r) => r.line.tell },
      { head: word('hub.tell', 'phone'), cell: (r) => <>{call(r.line.phone)}{r.line.night && <> {t('hub.tell_at_night')}{call(r.line.night)}</>}</> },
      { head: t('hub.tell_more'), cell: (r) => [r.line.mail, r.line.deputy && `${word('hub.tell', 'deputy')}${t('common.colon')}${r.line.deputy}`, r.line.note].filter(Boolean).join(t('common.comma')) },
      { head: t('hub.tell_due'), cell: (r) => [r.line.form && title(r.line.form), due(r.line.form)].filter(Boolean).join(t('common.colon')) },
      ...(onRemove ? [{ head: t('hub.tell_change'), cell: (r: { line: ReportContact; at: number }) => <Button icon="cross" label={t('hub.tell_remove_of', { name: r.line.tell })} onClick={() => onRemove(r.at)}>{t('hub.tell_remove')}</Button> }] : []),
    ]} />
  );
}

/** On a record: the affected service is chosen, and those to tell stand there. */
export function Tell({ id, report }: { id: string; report: Report }) {
  const load = useLoad<ReportContact[]>(`contacts ${id}`, async () => (await list<ReportContact>(org(id, 'report-contacts'))).items);
  const [service, setService] = useState('');
  if (!load.data || load.data.length === 0) return null;
  const shown = service ? tellFor(load.data, [service]) : report.tell;
  return (
    <Section title={t('hub.tell_title')} icon="team" class="card">
      <SelectField label={t('hub.tell_choose')} value={service} onInput={setService} options={[['', t('hub.tell_of_record')], ...servicesOf(load.data).map((s): [string, string] => [s, s])]} />
      {shown.length === 0 ? <p>{t('hub.tell_nobody')}</p> : <TellTable lines={shown} forms={report.forms} />}
    </Section>
  );
}

// ---- reminders ----

function Times({ id }: { id: string }) {
  const load = useLoad<ReportTimes>(`times ${id}`, () => get<ReportTimes>(org(id, 'report-reminders')));
  return (
    <Section title={t('hub.remind_title')} icon="clock" class="card">
      <p class="hint">{t('hub.remind_lead')}</p>
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {load.data && <TimesForm key={JSON.stringify(load.data)} id={id} times={load.data} onDone={load.set} />}
    </Section>
  );
}

function TimesForm({ id, times, onDone }: { id: string; times: ReportTimes; onDone: (to: ReportTimes) => void }) {
  const hub = useHub();
  const [hours, setHours] = useState(hoursText(times.before_hours));
  const [from, setFrom] = useState(String(times.from_hour));
  const [onDay, setOnDay] = useState(times.on_day);
  const [over, setOver] = useState(times.over);
  const action = useAction();
  const save = () => action.run(async () => {
    onDone(await put<ReportTimes>(org(id, 'report-reminders'), { before_hours: hoursOf(hours), on_day: onDay, over, from_hour: Number(from) }));
    hub.say(t('hub.remind_saved'));
  });
  return (
    <form class="stack" onSubmit={(e) => { e.preventDefault(); void save(); }}>
      {action.error && <ErrorPanel error={action.error} />}
      <TextField label={t('hub.remind_before')} hint={t('hub.remind_before_hint')} value={hours} onInput={setHours} length={40} />
      <CheckField label={t('hub.remind_on_day')} value={onDay} onInput={setOnDay} />
      <CheckField label={t('hub.remind_over')} value={over} onInput={setOver} />
      <SelectField label={t('hub.remind_from')} value={from} onInput={setFrom} options={Array.from({ length: 24 }, (_, h): [string, string] => [String(h), `${h}:00`])} />
      <div class="row"><Button kind="primary" type="submit" isBusy={action.isBusy}>{t('common.save')}</Button></div>
    </form>
  );
}

/** On a record: what was sent of its deadlines. Nothing where there is none. */
export function Reminders({ items }: { items: ReportReminder[] }) {
  if (items.length === 0) return null;
  return (
    <Section title={t('hub.reminders')} icon="clock" class="card">
      <ul class="plain">
        {items.map((r) => (
          <li key={`${r.day} ${r.step} ${r.hours} ${r.to}`}>
            {`${formatTime(r.time ?? r.made, lang())} ${word('hub.reminder', r.step)}${t('common.colon')}${r.day} → ${word('hub.reminder_to', r.to)}${t('common.colon')}${word('hub.reminder_state', r.state)}`}
          </li>
        ))}
      </ul>
    </Section>
  );
}

// ---- official workbooks ----

function Books({ id, forms }: { id: string; forms: ReportForms }) {
  const load = useLoad<ReportBook[]>(`books ${id}`, async () => (await list<ReportBook>(org(id, 'report-books'))).items);
  return (
    <Section title={t('hub.book_title')} icon="file" class="card">
      <p class="hint">{t('hub.book_lead')}</p>
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {load.data && (
        <div class="stack">
          {forms.forms.filter((f) => f.audience === 'authority').map((f) => <Book key={f.form} id={id} form={f} book={load.data!.find((b) => b.form === f.form) ?? null} onDone={load.reload} />)}
        </div>
      )}
    </Section>
  );
}

async function base64(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = '';
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}

function Book({ id, form, book, onDone }: { id: string; form: { form: string; title: string }; book: ReportBook | null; onDone: () => void }) {
  const hub = useHub();
  const [file, setFile] = useState<File | null>(null);
  const [map, setMap] = useState<File | null>(null);
  const [told, setTold] = useState<ReportBook | null>(null);
  const action = useAction();
  const at = org(id, `report-books/${part(form.form)}`);
  const done = (made: ReportBook | null, words: string) => {
    setTold(made);
    hub.say(words);
    onDone();
  };
  const save = () => action.run(async () => {
    const body: Record<string, string> = {};
    if (file) Object.assign(body, { file: await base64(file), name: file.name });
    if (map) body['map'] = await map.text();
    done(await put<ReportBook>(at, body), t('hub.book_saved'));
  });
  const remove = () => action.run(async () => {
    await drop(at);
    done(null, t('hub.book_removed'));
  });
  return (
    <Section title={form.title} level={3}>
      {action.error && <ErrorPanel error={action.error} />}
      <p>{book ? t(book.map ? 'hub.book_is_mapped' : 'hub.book_is_there', { name: book.name, time: formatTime(book.changed, lang()) }) : t('hub.book_none')}</p>
      <form class="stack" onSubmit={(e) => { e.preventDefault(); void save(); }}>
        <FileField label={t('hub.book_file', { form: form.title })} accept=".xlsx" file={file} onInput={setFile} />
        {book && <FileField label={t('hub.book_map', { form: form.title })} hint={t('hub.book_map_hint')} accept=".yaml,.yml" file={map} onInput={setMap} />}
        <div class="row">
          <Button kind="primary" type="submit" isBusy={action.isBusy} isOff={!file && !map} label={t('hub.book_save_of', { form: form.title })}>{t('hub.book_save')}</Button>
          {book && <Button icon="cross" isBusy={action.isBusy} label={t('hub.book_remove_of', { form: form.title })} onClick={() => void remove()}>{t('hub.book_remove')}</Button>}
        </div>
      </form>
      {told?.proposed && (
        <>
          <p>{t('hub.book_found', { n: told.found ?? 0, of: told.fields ?? 0 })}</p>
          <details><summary>{t('hub.book_proposed')}</summary><pre>{told.proposed}</pre></details>
        </>
      )}
    </Section>
  );
}
