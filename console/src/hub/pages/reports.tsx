// SPDX-License-Identifier: Apache-2.0
// Reports about incidents: a near-miss in two minutes, what is missing for whom until when, each
// form as a file. One record fills them all (docs/forms.md).
import { useState } from 'preact/hooks';
import { address, get, list, part, post, put } from '../../api';
import { lang, t, word } from '../../i18n';
import { formatTime } from '../../lib/format';
import { AreaField, Button, CheckField, Chip, Empty, ErrorPanel, LinkButton, Loading, Section, SelectField, Table, TextField } from '../../ui/basic';
import { useAction, useLoad } from '../../ui/hooks';
import { orgName, useHub } from '../context';
import { Head } from '../head';
import { Reminders, ReportAids, Tell } from './report_aids';
import { dueSoon, fieldsOf, lacking, minuteOf, NEAR_MISS, toText, valueOf, wanted, withTexts, type Values } from '../reports';
import { hubTo } from '../route';
import type { DueState, FormState, Member, RecordField, Report, ReportBook, ReportForms, ReportLine, ReportVersion } from '../types';

const DUE_SHOWN = 5;
const FILES = ['html', 'xlsx', 'csv', 'json'] as const;
const DUE_TONE: Record<DueState, [string, 'warn' | 'clock' | 'check' | 'question']> = {
  over: ['not_met', 'warn'], today: ['partly', 'clock'], open: ['open', 'clock'], sent: ['evidenced', 'check'], unknown: ['na', 'question'],
};

const home = (org: string) => `/orgs/${part(org)}/reports`;

export function Reports({ item }: { item: string | null }) {
  const hub = useHub();
  if (!hub.org) return <Empty title={t('hub.no_org')} />;
  if (item === 'settings') return <ReportAids key={hub.org} org={hub.org} />;
  if (item === 'near-miss') return <NearMiss key={hub.org} org={hub.org} />;
  return item ? <One key={`${hub.org} ${item}`} org={hub.org} id={item} /> : <All key={hub.org} org={hub.org} />;
}

function Due({ form }: { form: FormState }) {
  const next = form.deadlines.find((d) => d.state !== 'sent') ?? form.deadlines.at(-1);
  if (!next) return <>{t('hub.report_no_deadline')}</>;
  const [tone, icon] = DUE_TONE[next.state];
  return <Chip tone={tone} icon={icon}>{`${next.stage_title}${t('common.colon')}${next.words}`}</Chip>;
}

// ---- the list ----

function All({ org }: { org: string }) {
  const load = useLoad<ReportLine[]>(`reports ${org}`, async () => (await list<ReportLine>(home(org))).items);
  const action = useAction();
  const make = () => action.run(async () => {
    const made = await post<Report>(home(org), {});
    location.hash = hubTo('reports', made.id);
  });
  return (
    <>
      <Head title={word('hub.page', 'reports')} lead={t('hub.reports_lead')}>
        <p class="row">
          <LinkButton kind="primary" icon="pen" href={hubTo('reports', 'near-miss')}>{t('hub.near_miss')}</LinkButton>
          <Button icon="plus" isBusy={action.isBusy} onClick={() => void make()}>{t('hub.report_new')}</Button>
          <LinkButton icon="team" href={hubTo('reports', 'settings')}>{t('hub.report_aids')}</LinkButton>
        </p>
      </Head>
      {action.error && <ErrorPanel error={action.error} />}
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {!load.data && !load.error && <Loading />}
      {load.data?.length === 0 && <Empty title={t('hub.reports_none')} icon="report"><p>{t('hub.reports_none_more')}</p></Empty>}
      {load.data && load.data.length > 0 && (
        <Table caption={word('hub.page', 'reports')} rows={load.data} rowKey={(r) => r.id} columns={[
          { head: t('hub.report_title'), isMain: true, cell: (r) => <a href={hubTo('reports', r.id)}>{r.title || r.id}</a> },
          { head: t('hub.report_changed'), cell: (r) => formatTime(r.changed, lang()) },
          {
            head: t('hub.report_todo'), cell: (r) => (
              <ul class="plain">
                {wanted(r.forms).map((f) => <li key={f.form}>{f.title}{t('common.colon')}{f.missing ? t('hub.report_missing', { n: f.missing }) : t('hub.report_whole')} <Due form={f} /></li>)}
              </ul>
            ),
          },
        ]} />
      )}
    </>
  );
}

/** On the member's own view: what is to be sent soon, or is late. Nothing where there is none. */
export function DueReports({ org }: { org: string }) {
  const load = useLoad<ReportLine[]>(`due ${org}`, async () => (await list<ReportLine>(home(org))).items);
  const due = dueSoon(load.data ?? []);
  if (load.error) return <ErrorPanel error={load.error} retry={load.reload} />;
  if (due.length === 0) return null;
  return (
    <Section title={t('hub.reports_due')} icon="clock" class="card">
      <ul class="plain">
        {due.slice(0, DUE_SHOWN).map((d) => (
          <li key={`${d.report.id} ${d.form.form} ${d.due.stage}`}>
            <a href={hubTo('reports', d.report.id)}>{`${d.form.title}${t('common.colon')}${d.report.title || d.report.id}`}</a>{' '}
            <Chip tone={DUE_TONE[d.due.state][0]} icon={DUE_TONE[d.due.state][1]}>{`${d.due.stage_title}${t('common.colon')}${d.due.words}`}</Chip>
          </li>
        ))}
      </ul>
      {due.length > DUE_SHOWN && <p><a href={hubTo('reports')}>{t('hub.reports_due_more', { n: due.length - DUE_SHOWN })}</a></p>}
    </Section>
  );
}

// ---- fields ----

type Texts = Record<string, string>;

function Control({ field, value, onInput, isNeeded }: { field: RecordField; value: string; onInput: (to: string) => void; isNeeded?: boolean }) {
  const told = { label: field.title, hint: field.help || undefined, isNeeded, value, onInput };
  switch (field.type) {
    case 'text': return <AreaField {...told} rows={4} />;
    case 'lines': return <AreaField {...told} hint={told.hint ?? t('hub.report_by_lines')} />;
    case 'indicators': return <AreaField {...told} hint={t('hub.report_indicators')} />;
    case 'day': return <TextField {...told} type="date" />;
    case 'time': return <TextField {...told} type="datetime-local" />;
    case 'count': return <TextField {...told} mode="numeric" />;
    case 'answer':
    case 'choice': return <SelectField {...told} options={[['', t('hub.report_choose')], ...field.choices.map((c): [string, string] => [c.key, c.title])]} />;
    case 'choices': {
      const on = value.split('\n').filter(Boolean);
      return (
        <fieldset class="choices">
          <legend>{field.title}{isNeeded && <span class="mark-needed">{t('common.needed')}</span>}</legend>
          {field.choices.map((c) => (
            <CheckField key={c.key} label={c.title} value={on.includes(c.key)} onInput={(is) => onInput((is ? [...on, c.key] : on.filter((k) => k !== c.key)).join('\n'))} />
          ))}
        </fieldset>
      );
    }
    default: return <TextField {...told} length={400} />;
  }
}

function Fields({ fields, texts, set, needed }: { fields: RecordField[]; texts: Texts; set: (to: Texts) => void; needed?: string[] }) {
  return (
    <div class="stack">
      {fields.map((f) => <Control key={f.path} field={f} value={texts[f.path] ?? ''} isNeeded={needed?.includes(f.path)} onInput={(to) => set({ ...texts, [f.path]: to })} />)}
    </div>
  );
}

function textsOf(record: Values, fields: RecordField[]): Texts {
  return Object.fromEntries(fields.map((f) => [f.path, toText(valueOf(record, f.path))]));
}

// ---- a near-miss ----

function NearMiss({ org }: { org: string }) {
  const hub = useHub();
  const load = useLoad<{ forms: ReportForms; member: Member | null }>(`near-miss ${org}`, async () => ({
    forms: await get<ReportForms>('/report-forms'),
    member: await get<Member>(`/orgs/${part(org)}/member`).catch(() => null),
  }));
  return (
    <>
      <Head title={t('hub.near_miss')} lead={t('hub.near_miss_lead')} />
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {!load.data && !load.error && <Loading />}
      {load.data && <NearMissForm org={org} forms={load.data.forms} known={{
        'event.detected': minuteOf(new Date()), 'damage.service_state': 'none', 'reporter.organisation': orgName(hub, org),
        'reporter.person': hub.session.person?.name ?? '', 'reporter.phone': load.data.member?.contact_phone ?? '',
      }} />}
    </>
  );
}

function NearMissForm({ org, forms, known }: { org: string; forms: ReportForms; known: Texts }) {
  const hub = useHub();
  const [texts, set] = useState<Texts>(known);
  const action = useAction();
  const all = fieldsOf(forms);
  const fields = NEAR_MISS.flatMap((path) => all.filter((f) => f.path === path));
  const send = () => action.run(async () => {
    const first: Values = { event: { type: 'near_miss', known: minuteOf(new Date()).slice(0, 10) } };
    const made = await post<Report>(home(org), withTexts(first, fields, texts));
    hub.say(t('hub.near_miss_kept'));
    location.hash = hubTo('reports', made.id);
  });
  return (
    <form class="stack card" onSubmit={(e) => { e.preventDefault(); void send(); }}>
      {action.error && <ErrorPanel error={action.error} />}
      <Fields fields={fields} texts={texts} set={set} needed={['damage.summary', 'event.detected']} />
      <div class="row"><Button kind="primary" type="submit" isBusy={action.isBusy}>{t('hub.near_miss_keep')}</Button></div>
    </form>
  );
}

// ---- one record ----

function One({ org, id }: { org: string; id: string }) {
  const load = useLoad<{ report: Report; forms: ReportForms; books: ReportBook[] }>(`report ${org} ${id}`, async () => ({
    report: await get<Report>(`${home(org)}/${part(id)}`), forms: await get<ReportForms>('/report-forms'),
    books: (await list<ReportBook>(`/orgs/${part(org)}/report-books`)).items,
  }));
  const [edited, setEdited] = useState<string | null>(null); // "form ID", "section NAME"
  if (load.error) return <><Head title={id} /><ErrorPanel error={load.error} retry={load.reload} /></>;
  if (!load.data) return <><Head title={id} /><Loading /></>;
  const { report, forms, books } = load.data;
  const all = fieldsOf(forms);
  const title = valueOf(report.record, 'damage.title');
  const done = (made: Report) => {
    setEdited(null);
    load.set({ report: made, forms, books });
  };
  const fields = edited?.startsWith('form ')
    ? lacking(report.forms.find((f) => `form ${f.form}` === edited) as FormState, all)
    : forms.sections.find((s) => `section ${s.section}` === edited)?.fields ?? [];
  return (
    <>
      <Head title={typeof title === 'string' ? title : id} lead={t('hub.report_version', { n: report.version, time: formatTime(report.changed, lang()) })} />
      {edited && <Editor key={`${edited} ${report.version}`} org={org} report={report} fields={fields} onDone={done} onClose={() => setEdited(null)} />}
      {wanted(report.forms).map((form) => <FormCard key={form.form} org={org} report={report} form={form} hasBook={books.some((b) => b.form === form.form)} onFill={() => setEdited(`form ${form.form}`)} onDone={done} />)}
      <Section title={t('hub.report_record')} icon="report" class="card">
        <p class="hint">{t('hub.report_record_hint')}</p>
        <div class="row">
          {forms.sections.map((s) => <Button key={s.section} icon="pen" onClick={() => setEdited(`section ${s.section}`)}>{s.title}</Button>)}
        </div>
      </Section>
      <Tell id={org} report={report} />
      <Reminders items={report.reminders} />
      <Versions org={org} id={id} version={report.version} fields={all} />
    </>
  );
}

function Editor({ org, report, fields, onDone, onClose }: { org: string; report: Report; fields: RecordField[]; onDone: (made: Report) => void; onClose: () => void }) {
  const hub = useHub();
  const [texts, set] = useState<Texts>(textsOf(report.record, fields));
  const action = useAction();
  const save = () => action.run(async () => {
    const made = await put<Report>(`${home(org)}/${part(report.id)}`, { version: report.version, record: withTexts(report.record, fields, texts) });
    hub.say(t('hub.report_saved', { n: made.version }));
    onDone(made);
  });
  return (
    <Section title={t('hub.report_fill')} icon="pen" class="card">
      <form class="stack" onSubmit={(e) => { e.preventDefault(); void save(); }}>
        {action.error && <ErrorPanel error={action.error} />}
        <Fields fields={fields} texts={texts} set={set} />
        <div class="row">
          <Button kind="primary" type="submit" isBusy={action.isBusy}>{t('common.save')}</Button>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
        </div>
      </form>
    </Section>
  );
}

function FormCard({ org, report, form, hasBook, onFill, onDone }: { org: string; report: Report; form: FormState; hasBook: boolean; onFill: () => void; onDone: (made: Report) => void }) {
  const hub = useHub();
  const action = useAction();
  const at = `${home(org)}/${part(report.id)}`;
  const missing = (form.items ?? []).filter((i) => i.missing);
  const isAllSent = form.deadlines.length > 0 && form.deadlines.every((d) => d.state === 'sent') && form.deadlines.some((d) => d.stage === form.stage);
  const sent = () => action.run(async () => {
    const made = await post<Report>(`${at}/sent`, { form: form.form, stage: form.stage });
    hub.say(t('hub.report_sent_said', { stage: form.stage_title }));
    onDone(made);
  });
  return (
    <Section title={form.title} icon="file" class="card">
      {action.error && <ErrorPanel error={action.error} />}
      <p>{t('hub.report_recipient', { name: form.recipient })}{form.note && <span class="hint"> {form.note}</span>}</p>
      {form.deadlines.map((d) => {
        const [tone, icon] = DUE_TONE[d.state];
        return <p key={d.stage}><Chip tone={tone} icon={icon}>{`${d.stage_title}${t('common.colon')}${d.words}`}</Chip></p>;
      })}
      <p>{`${form.stage_title}${t('common.colon')}${form.missing ? t('hub.report_missing', { n: form.missing }) : t('hub.report_whole')}`}</p>
      {missing.length > 0 && <ul>{missing.map((i) => <li key={i.path}>{i.label}</li>)}</ul>}
      <div class="row">
        {missing.length > 0 && <Button kind="primary" icon="pen" label={t('hub.report_fill_of', { form: form.title })} onClick={onFill}>{t('hub.report_fill_missing')}</Button>}
        {hasBook && <LinkButton icon="download" download href={address(`${at}/forms/${part(form.form)}`, { as: 'official', stage: form.stage })}>{t('hub.report_official')}</LinkButton>}
        {FILES.map((as) => <LinkButton key={as} icon="download" download href={address(`${at}/forms/${part(form.form)}`, { as, stage: form.stage })}>{word('hub.report_file', as)}</LinkButton>)}
        {form.audience === 'authority' && form.half === 'all' && <LinkButton icon="download" download href={address(`${at}/forms/${part(form.form)}`, { as: 'html', stage: form.stage, half: 'attack' })}>{t('hub.report_half')}</LinkButton>}
        {!isAllSent && <Button icon="check" isBusy={action.isBusy} label={t('hub.report_sent_of', { form: form.title })} onClick={() => void sent()}>{t('hub.report_sent')}</Button>}
      </div>
    </Section>
  );
}

// ---- versions ----

function Versions({ org, id, version, fields }: { org: string; id: string; version: number; fields: RecordField[] }) {
  const load = useLoad<ReportVersion[]>(`versions ${org} ${id} ${version}`, async () => (await list<ReportVersion>(`${home(org)}/${part(id)}/versions`)).items);
  const name = (path: string) => fields.find((f) => f.path === path)?.title ?? path;
  const words = (path: string, value: unknown) => {
    const field = fields.find((f) => f.path === path);
    if (value === null) return t('hub.report_nothing');
    const text = field ? toText(value as string) : String(value);
    return text.split('\n').map((one) => field?.choices.find((c) => c.key === one)?.title ?? one).join(t('common.comma'));
  };
  return (
    <Section title={t('hub.report_versions')} icon="history" class="card">
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {load.data && (
        <ol class="plain" reversed>
          {[...load.data].reverse().map((v) => (
            <li key={v.version}>
              <p><strong>{t('hub.report_version', { n: v.version, time: formatTime(v.changed, lang()) })}</strong></p>
              {v.version > 1 && v.changes.length > 0 && <ul>{v.changes.map((c) => <li key={c.path}>{`${name(c.path)}${t('common.colon')}${words(c.path, c.before)} → ${words(c.path, c.after)}`}</li>)}</ul>}
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}
