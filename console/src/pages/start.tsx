// SPDX-License-Identifier: Apache-2.0
import { useState } from 'preact/hooks';
import { get, list, part, post } from '../api';
import { PageHead } from '../app';
import { lang, t, word } from '../i18n';
import { corporateDigits, corporateFault } from '../lib/corporate';
import { formatTime } from '../lib/format';
import { to } from '../lib/route';
import type { Framework, Head } from '../types';
import { Button, Chip, Choices, Empty, ErrorPanel, Loading, OutLink, Panel, Section, SelectField, TextField } from '../ui/basic';
import { useAction, useLoad } from '../ui/hooks';
import { Icon } from '../ui/icons';
import { forgetEdits, navigate, useUnsaved } from '../ui/leave';
import { CountBar } from '../ui/pictures';

export function levelIcon(state: Head['level_state']): 'pen' | 'steps' | 'seal' {
  return state === 'practice' ? 'pen' : state === 'reached' ? 'seal' : 'steps';
}

function AssessmentCard({ head }: { head: Head }) {
  return (
    <li class="card assessment">
      <div class="card-top">
        <h3><a href={to(head.id)}>{head.organisation.name}</a></h3>
        {head.practice && <Chip tone="practice" icon="pen">{t('practice.word')}</Chip>}
      </div>
      <p class="soft">{head.framework.title} · {head.level.name}</p>
      <CountBar counts={head.counts} />
      <p class="soft small">{t('start.created', { time: formatTime(head.created, lang()) })}</p>
      <p class="card-go" aria-hidden="true">{t('start.open')} <Icon name="forward" size={16} /></p>
    </li>
  );
}

const WITHOUT = '';

function Create({ frameworks, heads, onMade }: { frameworks: Framework[]; heads: Head[]; onMade: (head: Head) => void }) {
  const [framework, setFramework] = useState(frameworks[0]?.name ?? '');
  const chosen = frameworks.find((f) => f.name === framework) ?? frameworks[0];
  const [level, setLevel] = useState('');
  const [name, setName] = useState('');
  const [number, setNumber] = useState('');
  const [from, setFrom] = useState(WITHOUT);
  const [isTried, setTried] = useState(false);
  const action = useAction();
  const levelId = chosen?.levels.some((l) => l.id === level) ? level : chosen?.levels[0]?.id ?? '';
  const nameFault = name.trim() ? null : t('start.name_needed');
  const fault = number.trim() ? corporateFault(number) : null;
  useUnsaved(Boolean(name || number));
  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (nameFault || fault || !chosen) {
      setTimeout(() => document.querySelector<HTMLElement>('.create [aria-invalid]')?.focus(), 0);
      return;
    }
    await action.run(async () => {
      const organisation = { name: name.trim(), corporate_number: number.trim() ? corporateDigits(number) : null };
      const body: Record<string, unknown> = { framework: chosen.name, level: levelId, organisation };
      if (from) body.from = from;
      onMade(await post<Head>('/assessments', body));
    });
  };
  return (
    <form class="create" onSubmit={submit} noValidate>
      {frameworks.length > 1 && (
        <SelectField label={t('start.framework')} value={chosen?.name ?? ''} onInput={setFramework}
          options={frameworks.map((f) => [f.name, f.title])} />
      )}
      {frameworks.length === 1 && <p><strong>{chosen?.title}</strong></p>}
      {chosen?.description && <p class="soft">{chosen.description}</p>}
      {chosen && chosen.levels.length > 0 && (
        <Choices legend={t('start.level')} name="level" value={levelId} onInput={setLevel} isInline
          options={chosen.levels.map((l) => ({ id: l.id, name: l.name, note: t('start.level_n', { n: l.criteria }) }))} />
      )}
      <div class="fields">
        <TextField label={t('start.name')} hint={t('start.name_hint')} value={name} onInput={setName} isNeeded length={200}
          error={isTried ? nameFault : null} complete="organization" />
        <TextField label={t('start.number')} hint={t('start.number_hint')} value={number} onInput={setNumber} isOptional mode="numeric" length={30}
          error={fault && (isTried || corporateDigits(number).length >= 13) ? t(fault === 'form' ? 'start.number_form' : 'start.number_check') : null} />
      </div>
      {heads.length > 0 && (
        <SelectField label={t('start.from')} hint={t('start.from_hint')} value={from} onInput={setFrom} isOptional
          options={[[WITHOUT, t('start.from_none')], ...heads.map((h): [string, string] => [h.id, `${h.organisation.name} · ${h.framework.title} · ${h.level.name}`])]} />
      )}
      {action.error && <ErrorPanel error={action.error} />}
      <div class="row"><Button kind="primary" type="submit" isBusy={action.isBusy}>{t('start.create')}</Button></div>
    </form>
  );
}

function Moved({ head }: { head: Head }) {
  const rest = head.not_moved ?? [];
  return (
    <Panel tone="info" icon="swap" title={t('start.moved', { n: head.moved?.length ?? 0 })}>
      {rest.length > 0 && (
        <>
          <p>{t('start.not_moved', { n: rest.length })}</p>
          <p class="ids">{rest.map((id) => <a href={to(head.id, 'criteria', id)}>{id}</a>)}</p>
        </>
      )}
      <p><a href={to(head.id)}>{t('start.open')}</a></p>
    </Panel>
  );
}

export function Start() {
  const load = useLoad('start', async () => {
    const [frameworks, heads] = await Promise.all([list<Framework>('/frameworks'), list<Head>('/assessments')]);
    // Lists may hold short heads; counts come with the head itself.
    const whole = await Promise.all(heads.items.map((h) => (h.counts ? Promise.resolve(h) : get<Head>(`/assessments/${part(h.id)}`))));
    return { frameworks: frameworks.items, heads: whole };
  });
  const [made, setMade] = useState<Head | null>(null);
  const onMade = (head: Head) => {
    if (head.moved || head.not_moved) {
      setMade(head);
      load.reload();
    } else {
      forgetEdits(); // they are in the assessment now
      navigate(to(head.id));
    }
  };
  const page = load.data?.frameworks.find((f) => f.wording === 'import' && f.publisher_page);
  return (
    <>
      <PageHead title={t('start.title')} lead={t('start.lead')} />
      {load.error && <ErrorPanel error={load.error} retry={load.reload} />}
      {!load.data && !load.error && <Loading />}
      {made && <Moved head={made} />}
      {load.data && (
        <div class="start">
          <div>
            <Section title={t('start.list')} icon="list">
              {load.data.heads.length === 0
                ? <Empty title={t('start.none')} icon="steps"><p>{t('start.none_text')}</p></Empty>
                : <ul class="cards">{load.data.heads.map((head) => <AssessmentCard key={head.id} head={head} />)}</ul>}
            </Section>
            <Section title={t('start.new')} icon="plus">
              <Create key={load.data.heads.length} frameworks={load.data.frameworks} heads={load.data.heads} onMade={onMade} />
            </Section>
          </div>
          <aside class="start-aside" aria-label={t('start.about')}>
            <Section title={t('start.is')} icon="check" level={2}>
              <ul class="plain-list">{(['1', '2', '3', '4'] as const).map((n) => <li>{word('start.is', n)}</li>)}</ul>
            </Section>
            <Section title={t('start.is_not')} icon="cross" level={2}>
              <ul class="plain-list">{(['1', '2', '3'] as const).map((n) => <li>{word('start.is_not', n)}</li>)}</ul>
            </Section>
            <Section title={t('start.practice')} icon="pen" level={2} class="is-practice">
              <p>{t('start.practice_text')}</p>
              <ol class="plain-list">{(['1', '2', '3'] as const).map((n) => <li>{word('start.practice', n)}</li>)}</ol>
              {page && <p><OutLink href={page.publisher_page}>{t('official.publisher')}</OutLink></p>}
            </Section>
          </aside>
        </div>
      )}
    </>
  );
}
